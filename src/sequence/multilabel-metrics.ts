import { type DetectionScores, detectionScores, meanScore } from "./detection-scores.js";

/** How well predictions of any number of labels fit the truth. Everything is in [0, 1] but the counts. */
export interface MultilabelMetrics {
  /** Number of predictions. */
  readonly n: number;
  /** Part of which every label is told right. */
  readonly subsetAccuracy: number;
  /** Part of all single decisions, one a label and prediction, that is wrong. */
  readonly hammingLoss: number;
  /** From the decisions of all labels together, so that a frequent label counts for more. */
  readonly microPrecision: number;
  readonly microRecall: number;
  readonly microF1: number;
  /** Means over the labels that occur. */
  readonly macroPrecision: number;
  readonly macroRecall: number;
  readonly macroF1: number;
  /** Mean of the average precision over the labels that occur; it takes no threshold. */
  readonly meanAveragePrecision: number;
  readonly perLabel: readonly LabelMetrics[];
}

/** How well one label is told. */
export interface LabelMetrics extends DetectionScores {
  readonly label: string;
  /**
   * Area under the steps of precision over recall, as the threshold falls from the most likely to the least likely
   * prediction; 0 where nothing bears the label.
   */
  readonly averagePrecision: number;
}

/** Options of {@link multilabelMetrics}. */
export interface MultilabelOptions {
  /** Probability from which on a label is given, in [0, 1]. Default 0.5. */
  readonly threshold?: number;
}

/** Probability from which on a label is more likely than not. */
const evenChance = 0.5;

/**
 * Compares predictions of any number of labels with the truth.
 *
 * @param probabilities each float32 [labels]
 * @param truth each [labels]: above 0 where it bears the label, else 0
 * @param labels names, in the order of the probabilities
 * @throws RangeError where the lengths differ or are 0, or the threshold is not in [0, 1]
 */
export function multilabelMetrics(
  probabilities: readonly Float32Array[],
  truth: readonly ArrayLike<number>[],
  labels: readonly string[],
  { threshold = evenChance }: MultilabelOptions = {},
): MultilabelMetrics {
  const n = truth.length;
  const rightSize = (row: ArrayLike<number>): boolean => row.length === labels.length;
  if (n === 0 || probabilities.length !== n) {
    throw new RangeError("There must be as many predictions as true rows, and at least one.");
  }
  if (!probabilities.every(rightSize) || !truth.every(rightSize)) {
    throw new RangeError(`Every row must hold ${labels.length} values, one a label.`);
  }
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`threshold must be in [0, 1]; it is ${threshold}.`);
  }
  const rows = [...truth.keys()];
  const bears = (row: number, label: number): boolean => truth[row]![label]! > 0;
  const given = (row: number, label: number): boolean => probabilities[row]![label]! >= threshold;
  const wrongOf = (row: number): number =>
    labels.filter((_, label) => bears(row, label) !== given(row, label)).length;
  const sums = { hits: 0, given: 0, support: 0 };
  const perLabel = labels.map((name, label): LabelMetrics => {
    const counts = {
      hits: rows.filter((row) => bears(row, label) && given(row, label)).length,
      given: rows.filter((row) => given(row, label)).length,
      support: rows.filter((row) => bears(row, label)).length,
    };
    sums.hits += counts.hits;
    sums.given += counts.given;
    sums.support += counts.support;
    return {
      label: name,
      ...detectionScores(counts.hits, counts.given, counts.support),
      averagePrecision: averagePrecision(
        rows.map((row) => ({ score: probabilities[row]![label]!, bears: bears(row, label) })),
      ),
    };
  });
  const micro = detectionScores(sums.hits, sums.given, sums.support);
  const macro = (pick: (metrics: LabelMetrics) => number): number =>
    meanScore(perLabel, pick, ({ support }) => Math.sign(support));
  const wrong = rows.map(wrongOf);
  return {
    n,
    subsetAccuracy: wrong.filter((count) => count === 0).length / n,
    hammingLoss: wrong.reduce((a, b) => a + b, 0) / (n * labels.length),
    microPrecision: micro.precision,
    microRecall: micro.recall,
    microF1: micro.f1,
    macroPrecision: macro(({ precision }) => precision),
    macroRecall: macro(({ recall }) => recall),
    macroF1: macro(({ f1 }) => f1),
    meanAveragePrecision: macro((metrics) => metrics.averagePrecision),
    perLabel,
  };
}

interface ScoredRow {
  readonly score: number;
  readonly bears: boolean;
}

/** The sum over falling thresholds of the gain in recall times the precision there; equal scores come together. */
function averagePrecision(rows: readonly ScoredRow[]): number {
  const support = rows.filter(({ bears }) => bears).length;
  if (support === 0) return 0;
  const falling = rows.toSorted((a, b) => b.score - a.score);
  let hits = 0;
  let counted = 0;
  let area = 0;
  for (const [index, { score, bears }] of falling.entries()) {
    if (bears) hits += 1;
    if (falling[index + 1]?.score === score) continue;
    area += ((hits - counted) / support) * (hits / (index + 1));
    counted = hits;
  }
  return area;
}
