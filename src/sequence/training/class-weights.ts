import { MuybridgeError } from "../../core/errors.js";
import { type NetworkShape, outputSize } from "../network-shape.js";
import type { Target } from "../targets.js";

/**
 * How much the items of each class weigh in the loss: a number above 0 for each, or "balanced", items / (classes ·
 * items of the class), so that all classes weigh the same together (King & Zeng 2001, as in scikit-learn).
 */
export type ClassWeights = "balanced" | readonly number[];

/**
 * Lays the weights out.
 *
 * @param y targets of the training sequences
 * @returns [classes]
 * @throws MuybridgeError ERR_USAGE where the network has no classes, or the numbers do not fit them.
 */
export function weightsOfClasses(
  weights: ClassWeights,
  shape: NetworkShape,
  y: readonly Target[],
): readonly number[] {
  const classes = outputSize(shape);
  const usage = (what: string): MuybridgeError =>
    new MuybridgeError("ERR_USAGE", `classWeights ${what}.`, { parameter: "classWeights" });
  if (shape.head?.type !== "classification") throw usage("are for a classification");
  if (weights !== "balanced") {
    const fits = weights.length === classes && weights.every((weight) => weight > 0);
    if (!fits || !weights.every(Number.isFinite)) {
      throw usage(`must be "balanced", or ${classes} numbers above 0, one for each class`);
    }
    return weights;
  }
  const counts = new Array<number>(classes).fill(0);
  let items = 0;
  for (const target of y) {
    for (const label of typeof target === "number" ? [target] : Array.from(target)) {
      counts[label]! += 1;
      items += 1;
    }
  }
  // A class without items weighs nothing in any case.
  return counts.map((count) => (count === 0 ? 1 : items / (classes * count)));
}
