/**
 * The sum of products of two vectors of one length, in four sums that do not wait for each other. There is one function
 * for each kind of number: one for both would be compiled to code for neither.
 */
export function dot32(a: Float32Array, b: Float32Array): number {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  let i = 0;
  for (; i + 3 < a.length; i += 4) {
    s += a[i]! * b[i]!;
    t += a[i + 1]! * b[i + 1]!;
    u += a[i + 2]! * b[i + 2]!;
    v += a[i + 3]! * b[i + 3]!;
  }
  for (; i < a.length; i++) s += a[i]! * b[i]!;
  return s + t + (u + v);
}

/** The same in double precision. */
export function dot64(a: Float64Array, b: Float64Array): number {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  let i = 0;
  for (; i + 3 < a.length; i += 4) {
    s += a[i]! * b[i]!;
    t += a[i + 1]! * b[i + 1]!;
    u += a[i + 2]! * b[i + 2]!;
    v += a[i + 3]! * b[i + 3]!;
  }
  for (; i < a.length; i++) s += a[i]! * b[i]!;
  return s + t + (u + v);
}

/**
 * The products of vectors with each other.
 *
 * @param dot of the vectors' kind of number
 * @returns float64 [n, n], symmetric
 */
export function productsOf<Vector>(
  rows: readonly Vector[],
  dot: (a: Vector, b: Vector) => number,
): Float64Array {
  const n = rows.length;
  const products = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(rows[i]!, rows[j]!);
      products[i * n + j] = product;
      products[j * n + i] = product;
    }
  }
  return products;
}
