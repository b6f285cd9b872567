/** Mean and deviation of each value of a vector, by which sequences are brought to mean 0 and deviation 1. */
export interface Standardisation {
  /** float32 [dimension] */
  readonly mean: Float32Array;
  /** float32 [dimension], above 0 */
  readonly deviation: Float32Array;
}

/** A value whose deviation is below this is taken for constant, and left unscaled. */
const smallestDeviation = 1e-6;

/**
 * Measures mean and deviation over all vectors of the training sequences, and of those only.
 *
 * @param sequences each float32 [T_i, dimension], row-major
 */
export function fitStandardisation(
  sequences: readonly Float32Array[],
  dimension: number,
): Standardisation {
  const sum = new Float64Array(dimension);
  const squares = new Float64Array(dimension);
  let vectors = 0;
  for (const sequence of sequences) {
    for (let start = 0; start < sequence.length; start += dimension) {
      for (let d = 0; d < dimension; d++) sum[d]! += sequence[start + d]!;
      vectors += 1;
    }
  }
  const mean = Float32Array.from(sum, (value) => value / Math.max(vectors, 1));
  for (const sequence of sequences) {
    for (let start = 0; start < sequence.length; start += dimension) {
      for (let d = 0; d < dimension; d++) squares[d]! += (sequence[start + d]! - mean[d]!) ** 2;
    }
  }
  const deviation = Float32Array.from(squares, (value) => {
    const found = Math.sqrt(value / Math.max(vectors, 1));
    return found < smallestDeviation ? 1 : found;
  });
  return { mean, deviation };
}

/**
 * (x - mean) / deviation, for every vector.
 *
 * @param sequence float32 [T, dimension], row-major
 */
export function standardise(
  sequence: Float32Array,
  { mean, deviation }: Standardisation,
): Float32Array {
  const dimension = mean.length;
  return sequence.map((value, index) => {
    const d = index % dimension;
    return (value - mean[d]!) / deviation[d]!;
  });
}
