import { type DetectionScores, detectionScores, meanScore } from "./detection-scores.js";
import { mostLikely } from "./most-likely.js";
import { calibrationError, logLoss } from "./probability-scores.js";

export { mostLikely } from "./most-likely.js";

/** How well predictions fit the truth. Everything is in [0, 1] but the counts and `logLoss`. */
export interface ClassificationMetrics {
  /** Number of predictions. */
  readonly n: number;
  /** Part that is told right. */
  readonly accuracy: number;
  /** Mean recall over the classes that occur, so that a frequent class counts no more than a rare one. */
  readonly balancedAccuracy: number;
  /** Part whose class is among the three most likely ones. */
  readonly top3: number;
  /** Means over the classes that occur. */
  readonly macroPrecision: number;
  /** Mean recall over the classes that occur: the same as `balancedAccuracy`. */
  readonly macroRecall: number;
  readonly macroF1: number;
  /** Means over the classes, weighted by how many bear each; the weighted recall would be the accuracy. */
  readonly weightedPrecision: number;
  readonly weightedF1: number;
  /** Mean negative log-likelihood of the true class, in nats. */
  readonly logLoss: number;
  /** Expected calibration error over 15 bins of equal width (Guo et al. 2017). */
  readonly ece: number;
  /** confusion[true][predicted], in the order of the classes */
  readonly confusion: readonly (readonly number[])[];
  readonly perClass: readonly ClassMetrics[];
}

/** How well one class is told. */
export interface ClassMetrics extends DetectionScores {
  readonly label: string;
}

/**
 * Compares predictions with the truth.
 *
 * @param probabilities each float32 [classes]
 * @param truth the index of each one's class
 * @param classes names, in the order of the probabilities
 * @throws RangeError where the lengths differ or are 0
 */
export function classificationMetrics(
  probabilities: readonly Float32Array[],
  truth: readonly number[],
  classes: readonly string[],
): ClassificationMetrics {
  const n = checkedLength(probabilities, truth);
  const confusion = classes.map(() => classes.map(() => 0));
  for (const [index, row] of probabilities.entries())
    confusion[truth[index]!]![mostLikely(row)]! += 1;
  const perClass = classes.map((label, index): ClassMetrics => {
    const given = confusion.reduce((sum, row) => sum + row[index]!, 0);
    const support = confusion[index]!.reduce((a, b) => a + b, 0);
    return { label, ...detectionScores(confusion[index]![index]!, given, support) };
  });
  const macro = (pick: (metrics: ClassMetrics) => number): number =>
    meanScore(perClass, pick, ({ support }) => Math.sign(support));
  const weighted = (pick: (metrics: ClassMetrics) => number): number =>
    meanScore(perClass, pick, ({ support }) => support);
  const macroRecall = macro(({ recall }) => recall);
  return {
    n,
    accuracy: topKAccuracy(probabilities, truth, 1),
    balancedAccuracy: macroRecall,
    top3: topKAccuracy(probabilities, truth, 3),
    macroPrecision: macro(({ precision }) => precision),
    macroRecall,
    macroF1: macro(({ f1 }) => f1),
    weightedPrecision: weighted(({ precision }) => precision),
    weightedF1: weighted(({ f1 }) => f1),
    logLoss: logLoss(probabilities, truth),
    ece: calibrationError(probabilities, truth),
    confusion,
    perClass,
  };
}

/**
 * Part whose class is among the k most likely ones, in [0, 1]; of equally likely classes the first ones are.
 *
 * @param probabilities each float32 [classes]
 * @param truth the index of each one's class
 * @param k at least 1; with as many as there are classes, or more, it is 1
 * @throws RangeError where the lengths differ or are 0, or k is no whole number of at least 1
 */
export function topKAccuracy(
  probabilities: readonly Float32Array[],
  truth: readonly number[],
  k: number,
): number {
  const n = checkedLength(probabilities, truth);
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(`k must be a whole number of at least 1; it is ${k}.`);
  }
  return probabilities.filter((row, index) => rankOf(row, truth[index]!) < k).length / n;
}

/** How many classes come before one. */
function rankOf(row: Float32Array, label: number): number {
  const own = row[label]!;
  return row.filter((value, index) => value > own || (value === own && index < label)).length;
}

function checkedLength(probabilities: readonly Float32Array[], truth: readonly number[]): number {
  if (truth.length === 0 || probabilities.length !== truth.length) {
    throw new RangeError("There must be as many predictions as true classes, and at least one.");
  }
  return truth.length;
}
