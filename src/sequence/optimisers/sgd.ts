import { checkNumber } from "./check-number.js";
import type { UpdateRule } from "./update-rule.js";

/** Gradient descent. */
export interface SgdOptions {
  readonly type: "sgd";
  /** Part of the last step that is added to the next one, in [0, 1). Default 0.9. */
  readonly momentum?: number;
  /** Take the gradient as if the momentum's step were already done. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent with momentum (Polyak 1964): velocity = momentum · velocity - rate · gradient, as in
 * Keras and MATLAB. Nesterov's accelerated gradient (1983) is in the form of Sutskever et al. 2013, moved to where
 * the gradient is taken: parameter += momentum · velocity - rate · gradient.
 *
 * @throws MuybridgeError ERR_USAGE naming the option that is out of range.
 */
export function sgd({ momentum = 0.9, nesterov = false }: SgdOptions): UpdateRule {
  checkNumber("momentum", momentum, 0, 1);
  return {
    slots: ["velocity"],
    update(kernels, { parameter, gradient, slots, count }, _step, update) {
      const [velocity] = slots as readonly [number];
      const rate = update[3];
      const along = nesterov ? ([momentum, rate] as const) : ([1, 0] as const);
      kernels.momentum(parameter, gradient, velocity, count, ...update, momentum, ...along);
    },
  };
}
