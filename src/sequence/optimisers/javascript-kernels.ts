import type { KernelMemory } from "./update-kernels.js";

/** The kernels in plain JavaScript, for where there is no WebAssembly with SIMD, or no memory of the size for it. */
export function openJavaScriptKernels(bytes: number): KernelMemory {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 4) * 4);
  const all = new Float32Array(buffer);
  const view = (pointer: number, count: number): Float32Array =>
    all.subarray(pointer / 4, pointer / 4 + count);
  return {
    buffer,
    kernels: {
      sumOfSquares(pointer, count) {
        const x = view(pointer, count);
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let i = 0; i < count; i += 4) {
          a += x[i]! * x[i]!;
          b += x[i + 1]! * x[i + 1]!;
          c += x[i + 2]! * x[i + 2]!;
          d += x[i + 3]! * x[i + 3]!;
        }
        return a + c + (b + d);
      },
      clampValues(pointer, count, limit) {
        const x = view(pointer, count);
        const highest = Math.fround(limit);
        for (let i = 0; i < count; i++) x[i] = Math.max(-highest, Math.min(highest, x[i]!));
      },
      adam(parameterAt, gradientAt, meanAt, squareAt, count, ...update) {
        const [scale, l2, kept, rate, beta1, beta2, epsilon] = update;
        const parameter = view(parameterAt, count);
        const gradient = view(gradientAt, count);
        const mean = view(meanAt, count);
        const square = view(squareAt, count);
        for (let i = 0; i < count; i++) {
          const value = parameter[i]!;
          const g = l2 * value + scale * gradient[i]!;
          const m = beta1 * mean[i]! + (1 - beta1) * g;
          const v = beta2 * square[i]! + (1 - beta2) * g * g;
          mean[i] = m;
          square[i] = v;
          parameter[i] = kept * value - (rate * m) / (Math.sqrt(v) + epsilon);
        }
      },
      momentum(parameterAt, gradientAt, velocityAt, count, ...update) {
        const [scale, l2, kept, rate, momentum, alongVelocity, alongGradient] = update;
        const parameter = view(parameterAt, count);
        const gradient = view(gradientAt, count);
        const velocity = view(velocityAt, count);
        for (let i = 0; i < count; i++) {
          const value = parameter[i]!;
          const g = l2 * value + scale * gradient[i]!;
          const v = momentum * velocity[i]! - rate * g;
          velocity[i] = v;
          parameter[i] = kept * value + (alongVelocity * v - alongGradient * g);
        }
      },
      rmsprop(parameterAt, gradientAt, squareAt, count, ...update) {
        const [scale, l2, kept, rate, rho, epsilon] = update;
        const parameter = view(parameterAt, count);
        const gradient = view(gradientAt, count);
        const square = view(squareAt, count);
        for (let i = 0; i < count; i++) {
          const value = parameter[i]!;
          const g = l2 * value + scale * gradient[i]!;
          const s = rho * square[i]! + (1 - rho) * g * g;
          square[i] = s;
          parameter[i] = kept * value - (rate * g) / (Math.sqrt(s) + epsilon);
        }
      },
    },
  };
}
