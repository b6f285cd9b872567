import type { GraphParameters } from "./parameters.js";

/** Options of {@link createAdam}. */
export interface AdamOptions {
  readonly learningRate: number;
  /** Part of each weight, times the learning rate, that is taken off every step (decoupled, Loshchilov & Hutter 2019). Biases keep theirs. */
  readonly weightDecay: number;
  /** Largest norm of all gradients together; longer ones are shortened to it (Pascanu et al. 2013). */
  readonly clipNorm: number;
}

/** Moves parameters against their gradients. */
export interface Optimiser {
  /** Changes the parameters in place; the gradients are [parameter name] → values. */
  step(parameters: GraphParameters, gradients: Readonly<Record<string, Float32Array>>): void;
}

const beta1 = 0.9;
const beta2 = 0.999;
/** Keeps the step finite where a gradient has always been zero. */
const epsilon = 1e-7;

/** Adam (Kingma & Ba 2015) with gradient clipping by global norm and decoupled weight decay. */
export function createAdam({ learningRate, weightDecay, clipNorm }: AdamOptions): Optimiser {
  const means: Record<string, Float32Array> = {};
  const squares: Record<string, Float32Array> = {};
  let steps = 0;
  return {
    step(parameters, gradients) {
      steps += 1;
      const norm = globalNorm(Object.values(gradients));
      const scale = norm > clipNorm ? clipNorm / norm : 1;
      const rate = (learningRate * Math.sqrt(1 - beta2 ** steps)) / (1 - beta1 ** steps);
      for (const [name, { data, shape }] of Object.entries(parameters)) {
        const gradient = gradients[name]!;
        const mean = (means[name] ??= new Float32Array(data.length));
        const square = (squares[name] ??= new Float32Array(data.length));
        const kept = shape.length > 1 ? 1 - learningRate * weightDecay : 1;
        for (let i = 0; i < data.length; i++) {
          const g = gradient[i]! * scale;
          const m = beta1 * mean[i]! + (1 - beta1) * g;
          const v = beta2 * square[i]! + (1 - beta2) * g * g;
          mean[i] = m;
          square[i] = v;
          data[i] = kept * data[i]! - (rate * m) / (Math.sqrt(v) + epsilon);
        }
      }
    },
  };
}

/** √ of the sum of all squares. */
export function globalNorm(gradients: readonly Float32Array[]): number {
  let sum = 0;
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!;
  }
  return Math.sqrt(sum);
}
