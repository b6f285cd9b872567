/**
 * A sequence as the networks take it, in two parts: what it is like on the whole, and how it changes.
 *
 * The scene of a clip is in all its frames and outweighs what moves in it; a recurrent network that is given the
 * frames as they are learns scenes by heart. So the mean over time goes to the head directly, and the recurrent
 * layers see each vector's difference from it.
 */
export interface StandardisedSequence {
  /** The mean over time, standardised over the training sequences: float32 [dimension]. */
  readonly context: Float32Array;
  /** The vectors less their mean over time, scaled to deviation 1: float32 [T, dimension], row-major. */
  readonly changes: Float32Array;
}

/** What brings both parts to deviation 1, measured on the training sequences. */
export interface Standardisation {
  /** Mean of the sequences' means, float32 [dimension] */
  readonly mean: Float32Array;
  /** Deviation of the sequences' means, float32 [dimension], above 0 */
  readonly deviation: Float32Array;
  /** Deviation of the vectors from the mean of their own sequence, float32 [dimension], above 0 */
  readonly changeDeviation: Float32Array;
}

/** A value whose deviation is below this is taken for constant, and left unscaled. */
const smallestDeviation = 1e-6;

/**
 * Measures the training sequences, and those only.
 *
 * @param sequences each float32 [T_i, dimension], row-major, T_i at least 1
 */
export function fitStandardisation(
  sequences: readonly Float32Array[],
  dimension: number,
): Standardisation {
  const means = sequences.map((sequence) => meanOverTime(sequence, dimension));
  const mean = new Float64Array(dimension);
  for (const own of means) {
    for (let d = 0; d < dimension; d++) mean[d]! += own[d]! / means.length;
  }
  const between = new Float64Array(dimension);
  for (const own of means) {
    for (let d = 0; d < dimension; d++) between[d]! += (own[d]! - mean[d]!) ** 2 / means.length;
  }
  const within = new Float64Array(dimension);
  let vectors = 0;
  for (const [index, sequence] of sequences.entries()) {
    const own = means[index]!;
    for (let start = 0; start < sequence.length; start += dimension) {
      for (let d = 0; d < dimension; d++) within[d]! += (sequence[start + d]! - own[d]!) ** 2;
      vectors += 1;
    }
  }
  const deviationOf = (variance: number): number => {
    const deviation = Math.sqrt(variance);
    return deviation < smallestDeviation ? 1 : deviation;
  };
  return {
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(between, deviationOf),
    changeDeviation: Float32Array.from(within, (sum) => deviationOf(sum / Math.max(vectors, 1))),
  };
}

/**
 * Splits and scales a sequence.
 *
 * @param sequence float32 [T, dimension], row-major, T at least 1
 */
export function standardise(
  sequence: Float32Array,
  { mean, deviation, changeDeviation }: Standardisation,
): StandardisedSequence {
  const dimension = mean.length;
  const own = meanOverTime(sequence, dimension);
  const changes = new Float32Array(sequence.length);
  for (let start = 0; start < sequence.length; start += dimension) {
    for (let d = 0; d < dimension; d++) {
      changes[start + d] = (sequence[start + d]! - own[d]!) / changeDeviation[d]!;
    }
  }
  const context = Float32Array.from(own, (value, d) => (value - mean[d]!) / deviation[d]!);
  return { context, changes };
}

/**
 * Brings each vector to mean 0 and deviation 1 by itself, so that it does not depend on the others of its sequence: for
 * networks that have a result for each step, whose sequences may be of any length.
 *
 * @param sequence float32 [T, dimension], row-major
 * @returns float32 [T, dimension]
 */
export function standardiseSteps(
  sequence: Float32Array,
  standardisation: Standardisation,
): Float32Array {
  const { mean } = standardisation;
  const deviation = stepDeviation(standardisation);
  const dimension = mean.length;
  return Float32Array.from(sequence, (value, index) => {
    const d = index % dimension;
    return (value - mean[d]!) / deviation[d]!;
  });
}

/** Deviation of single vectors: of the means of sequences, and of the vectors around them, together. */
export function stepDeviation({ deviation, changeDeviation }: Standardisation): Float32Array {
  return deviation.map((between, d) => Math.hypot(between, changeDeviation[d]!));
}

function meanOverTime(sequence: Float32Array, dimension: number): Float64Array {
  const mean = new Float64Array(dimension);
  for (let start = 0; start < sequence.length; start += dimension) {
    for (let d = 0; d < dimension; d++) mean[d]! += sequence[start + d]!;
  }
  const vectors = sequence.length / dimension;
  return mean.map((value) => value / vectors);
}
