/** How well predictions fit the truth. Everything is in [0, 1] but the counts and `logLoss`. */
export interface ClassificationMetrics {
  /** Number of predictions. */
  readonly n: number;
  /** Part that is told right. */
  readonly accuracy: number;
  /** Part whose class is among the three most likely ones. */
  readonly top3: number;
  /** Means over the classes that occur. */
  readonly macroPrecision: number;
  /** Mean recall over the classes that occur; also known as balanced accuracy. */
  readonly macroRecall: number;
  readonly macroF1: number;
  /** Mean negative log-likelihood of the true class, in nats. */
  readonly logLoss: number;
  /** Expected calibration error over 15 bins of equal width (Guo et al. 2017). */
  readonly ece: number;
  /** confusion[true][predicted], in the order of the classes */
  readonly confusion: readonly (readonly number[])[];
  readonly perClass: readonly ClassMetrics[];
}

/** How well one class is told. */
export interface ClassMetrics {
  readonly label: string;
  /** Part of what was given this label that bears it; 0 where nothing was given it. */
  readonly precision: number;
  /** Part of what bears this label that was given it; 0 where nothing bears it. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
  /** How many bear it. */
  readonly support: number;
}

/** Bins of the calibration error. */
const calibrationBins = 15;

/** Probabilities below this count as this much in the log loss, so that one certain error is not infinite. */
const smallestProbability = 1e-12;

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
  const n = truth.length;
  if (n === 0 || probabilities.length !== n) {
    throw new RangeError("There must be as many predictions as true classes, and at least one.");
  }
  const confusion = classes.map(() => classes.map(() => 0));
  for (const [index, row] of probabilities.entries())
    confusion[truth[index]!]![mostLikely(row)]! += 1;
  const perClass = classes.map((label, index) => classMetrics(label, index, confusion));
  const present = perClass.filter(({ support }) => support > 0);
  const mean = (pick: (metrics: ClassMetrics) => number): number =>
    present.reduce((sum, metrics) => sum + pick(metrics), 0) / present.length;
  const share = (holds: (row: Float32Array, label: number) => boolean): number =>
    probabilities.filter((row, index) => holds(row, truth[index]!)).length / n;
  return {
    n,
    accuracy: share((row, label) => mostLikely(row) === label),
    top3: share((row, label) => row.filter((value) => value > row[label]!).length < 3),
    macroPrecision: mean(({ precision }) => precision),
    macroRecall: mean(({ recall }) => recall),
    macroF1: mean(({ f1 }) => f1),
    logLoss:
      probabilities.reduce(
        (sum, row, index) => sum - Math.log(Math.max(row[truth[index]!]!, smallestProbability)),
        0,
      ) / n,
    ece: calibrationError(probabilities, truth),
    confusion,
    perClass,
  };
}

/** Index of the largest value; the first of equal ones. */
export function mostLikely(probabilities: Float32Array): number {
  let best = 0;
  for (let i = 1; i < probabilities.length; i++)
    if (probabilities[i]! > probabilities[best]!) best = i;
  return best;
}

function classMetrics(
  label: string,
  index: number,
  confusion: readonly (readonly number[])[],
): ClassMetrics {
  const hits = confusion[index]![index]!;
  const support = confusion[index]!.reduce((a, b) => a + b, 0);
  const given = confusion.reduce((sum, row) => sum + row[index]!, 0);
  const precision = given > 0 ? hits / given : 0;
  const recall = support > 0 ? hits / support : 0;
  const f1 = hits > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  return { label, precision, recall, f1, support };
}

function calibrationError(
  probabilities: readonly Float32Array[],
  truth: readonly number[],
): number {
  const bins = Array.from({ length: calibrationBins }, () => ({ confidence: 0, right: 0 }));
  for (const [index, row] of probabilities.entries()) {
    const best = mostLikely(row);
    const bin = bins[Math.min(calibrationBins - 1, Math.floor(row[best]! * calibrationBins))]!;
    bin.confidence += row[best]!;
    bin.right += best === truth[index] ? 1 : 0;
  }
  // |bin| / n · |accuracy - confidence| is the difference of the two sums over n.
  return bins.reduce((sum, bin) => sum + Math.abs(bin.right - bin.confidence), 0) / truth.length;
}
