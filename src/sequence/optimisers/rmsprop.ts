import { checkNumber } from "./check-number.js";
import type { UpdateRule } from "./update-rule.js";

/** RMSprop. */
export interface RmspropOptions {
  readonly type: "rmsprop";
  /** Part of the squared gradient's mean that is kept a step, in [0, 1). Default 0.9. */
  readonly rho?: number;
  /** Keeps the step finite where a gradient has always been zero. Default 1e-7. */
  readonly epsilon?: number;
}

/**
 * RMSprop (Tieleman & Hinton 2012, lecture 6.5 of "Neural networks for machine learning"): each gradient is divided
 * by the root of its running mean square, ε outside the root as in PyTorch and MATLAB.
 *
 * @throws MuybridgeError ERR_USAGE naming the option that is out of range.
 */
export function rmsprop({ rho = 0.9, epsilon = 1e-7 }: RmspropOptions): UpdateRule {
  checkNumber("rho", rho, 0, 1);
  checkNumber("epsilon", epsilon, 0, Number.POSITIVE_INFINITY);
  return {
    slots: ["square"],
    update(kernels, { parameter, gradient, slots, count }, _step, update) {
      const [square] = slots as readonly [number];
      kernels.rmsprop(parameter, gradient, square, count, ...update, rho, epsilon);
    },
  };
}
