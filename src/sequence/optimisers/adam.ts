import { checkNumber } from "./check-number.js";
import type { UpdateRule } from "./update-rule.js";

/** Adam; "adamw" differs in nothing but that its decoupled weight decay is on where none is said. */
export interface AdamOptions {
  readonly type: "adam" | "adamw";
  /** Part of the gradient's mean that is kept a step, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Part of the squared gradient's mean that is kept a step, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Keeps the step finite where a gradient has always been zero. Default 1e-7, Keras' one. */
  readonly epsilon?: number;
}

/**
 * Adam (Kingma & Ba 2015, with the step size of the end of its section 2: α √(1 - β₂ᵗ) / (1 - β₁ᵗ)).
 *
 * @throws MuybridgeError ERR_USAGE naming the option that is out of range.
 */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: AdamOptions): UpdateRule {
  checkNumber("beta1", beta1, 0, 1);
  checkNumber("beta2", beta2, 0, 1);
  checkNumber("epsilon", epsilon, 0, Number.POSITIVE_INFINITY);
  return {
    slots: ["mean", "square"],
    update(kernels, { parameter, gradient, slots, count }, step, [scale, l2, kept, rate]) {
      const [mean, square] = slots as readonly [number, number];
      const corrected = (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
      kernels.adam(
        ...([parameter, gradient, mean, square, count] as const),
        ...([scale, l2, kept, corrected, beta1, beta2, epsilon] as const),
      );
    },
  };
}
