/** How far predicted values are from the true ones. */
export interface RegressionScores {
  /** Root of the mean squared error, in the unit of the values. */
  readonly rmse: number;
  /** Mean absolute error, in the unit of the values. */
  readonly mae: number;
  /**
   * Coefficient of determination: 1 less the squared error over that of the true values' own mean. 1 is perfect, 0 no
   * better than that mean, below 0 worse. Where the true values do not vary, 1 if all are met and 0 if not.
   */
  readonly r2: number;
}

/** The scores over all values, and of each output by itself. */
export interface RegressionMetrics extends RegressionScores {
  /** Number of predicted vectors. */
  readonly n: number;
  /** In the order of the outputs. The overall `r2` weighs each by how much its true values vary. */
  readonly perOutput: readonly RegressionScores[];
}

/** Sums over values, from which the scores come. */
interface ErrorSums {
  readonly count: number;
  readonly squared: number;
  readonly absolute: number;
  /** Squared differences of the true values from their mean. */
  readonly variation: number;
}

/**
 * Compares predicted values with the true ones.
 *
 * @param predictions each float32 [size], or [T_i, size] for a result a step, row-major
 * @param truth of the same lengths
 * @param size values of a vector
 * @throws RangeError where lengths differ, are no multiple of `size`, or there is no vector at all
 */
export function regressionMetrics(
  predictions: readonly ArrayLike<number>[],
  truth: readonly ArrayLike<number>[],
  size: number,
): RegressionMetrics {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`size must be a whole number of at least 1; it is ${size}.`);
  }
  if (predictions.length !== truth.length) {
    throw new RangeError("There must be as many predictions as true rows.");
  }
  for (const [index, { length }] of truth.entries()) {
    if (predictions[index]!.length !== length || length % size !== 0) {
      throw new RangeError(
        `Row ${index} has ${predictions[index]!.length} predicted and ${length} true values; both must be the same multiple of ${size}.`,
      );
    }
  }
  const n = truth.reduce((sum, { length }) => sum + length / size, 0);
  if (n === 0) throw new RangeError("There must be at least one prediction.");
  const sums = Array.from({ length: size }, (_, output) =>
    sumErrors(predictions, truth, size, output),
  );
  const add = (pick: (of: ErrorSums) => number): number =>
    sums.reduce((sum, each) => sum + pick(each), 0);
  return {
    n,
    ...scoresOf({
      count: add(({ count }) => count),
      squared: add(({ squared }) => squared),
      absolute: add(({ absolute }) => absolute),
      variation: add(({ variation }) => variation),
    }),
    perOutput: sums.map(scoresOf),
  };
}

function sumErrors(
  predictions: readonly ArrayLike<number>[],
  truth: readonly ArrayLike<number>[],
  size: number,
  output: number,
): ErrorSums {
  let count = 0;
  let total = 0;
  let squared = 0;
  let absolute = 0;
  for (const [index, row] of truth.entries()) {
    for (let i = output; i < row.length; i += size) {
      const error = predictions[index]![i]! - row[i]!;
      count += 1;
      total += row[i]!;
      squared += error * error;
      absolute += Math.abs(error);
    }
  }
  // A second pass, since the difference of sums of squares loses all digits of values far from 0.
  const mean = total / count;
  let variation = 0;
  for (const row of truth) {
    for (let i = output; i < row.length; i += size) variation += (row[i]! - mean) ** 2;
  }
  return { count, squared, absolute, variation };
}

function scoresOf({ count, squared, absolute, variation }: ErrorSums): RegressionScores {
  const r2 = variation > 0 ? 1 - squared / variation : squared === 0 ? 1 : 0;
  return { rmse: Math.sqrt(squared / count), mae: absolute / count, r2 };
}
