/**
 * Mean of rows, each weighing the same.
 *
 * @param rows float32 [n, width], n at least 1
 */
export function meanOfRows(rows: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) sums[i % width]! += rows[i]!;
  return Float32Array.from(sums, (sum) => (sum * width) / rows.length);
}
