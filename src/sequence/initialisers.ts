import type { Random } from "../core/random.js";

/** Fills [rows, columns] uniformly in ±√(6 / (rows + columns)) (Glorot & Bengio 2010). */
export function glorotUniform(
  data: Float32Array,
  rows: number,
  columns: number,
  random: Random,
): void {
  const limit = Math.sqrt(6 / (rows + columns));
  for (let i = 0; i < data.length; i++) data[i] = random.uniform(-limit, limit);
}

/**
 * Fills [rows, columns], rows ≤ columns, with orthonormal rows: the rows of a normal matrix made orthonormal by
 * the modified Gram-Schmidt process (Saxe et al. 2014).
 */
export function orthogonal(
  data: Float32Array,
  rows: number,
  columns: number,
  random: Random,
): void {
  for (let i = 0; i < data.length; i++) data[i] = random.normal();
  const row = (r: number): Float32Array => data.subarray(r * columns, (r + 1) * columns);
  for (let r = 0; r < rows; r++) {
    const current = row(r);
    for (let before = 0; before < r; before++) {
      const other = row(before);
      const along = dot(current, other);
      for (let c = 0; c < columns; c++) current[c]! -= along * other[c]!;
    }
    const norm = Math.sqrt(dot(current, current));
    for (let c = 0; c < columns; c++) current[c]! /= norm;
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
