import { createRandom } from "../core/random.js";

/** A projection of vectors onto a few directions, each scaled to deviation 1. */
export interface Projection {
  /** Values of a vector. */
  readonly dimension: number;
  /** Values of a projected one. */
  readonly components: number;
  /** float32 [dimension, components], row-major: projected = vector · kernel */
  readonly kernel: Float32Array;
}

/** Rounds of orthogonal iteration; it turns on the leading directions, whose exact angles are of no matter. */
const rounds = 12;

/** Directions with less deviation than this are left unscaled. */
const smallestDeviation = 1e-6;

/**
 * Finds the directions in which vectors of mean 0 differ most (principal components, Pearson 1901), by orthogonal
 * iteration, and scales each to deviation 1 over these vectors.
 *
 * @param sequences each float32 [T_i, dimension], row-major
 * @param components at most dimension
 */
export function fitPrincipalComponents(
  sequences: readonly Float32Array[],
  dimension: number,
  components: number,
): Projection {
  const random = createRandom("principal components");
  const directions = Array.from({ length: components }, () =>
    Float64Array.from({ length: dimension }, () => random.normal()),
  );
  orthonormalise(directions);
  let vectors = 0;
  for (const { length } of sequences) vectors += length / dimension;
  let spreads: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    // Each direction becomes (mean of v vᵀ) · direction; how far it was stretched is the variance along it.
    const images = directions.map(() => new Float64Array(dimension));
    spreads = directions.map(() => 0);
    for (const sequence of sequences) {
      for (let start = 0; start < sequence.length; start += dimension) {
        for (let k = 0; k < components; k++) {
          const direction = directions[k]!;
          const image = images[k]!;
          let along = 0;
          for (let d = 0; d < dimension; d++) along += sequence[start + d]! * direction[d]!;
          spreads[k]! += along ** 2 / vectors;
          for (let d = 0; d < dimension; d++) image[d]! += along * sequence[start + d]!;
        }
      }
    }
    if (round === rounds) break;
    for (let k = 0; k < components; k++) directions[k]!.set(images[k]!);
    orthonormalise(directions);
  }
  const kernel = new Float32Array(dimension * components);
  for (let k = 0; k < components; k++) {
    const deviation = Math.sqrt(spreads[k]!);
    const scale = deviation < smallestDeviation ? 1 : 1 / deviation;
    for (let d = 0; d < dimension; d++) kernel[d * components + k] = directions[k]![d]! * scale;
  }
  return { dimension, components, kernel };
}

/**
 * Projects vectors.
 *
 * @param vectors float32 [T, dimension], row-major
 * @returns float32 [T, components]
 */
export function project(
  vectors: Float32Array,
  { dimension, components, kernel }: Projection,
): Float32Array {
  const projected = new Float32Array((vectors.length / dimension) * components);
  for (let t = 0; t * dimension < vectors.length; t++) {
    for (let d = 0; d < dimension; d++) {
      const value = vectors[t * dimension + d]!;
      for (let k = 0; k < components; k++) {
        projected[t * components + k]! += value * kernel[d * components + k]!;
      }
    }
  }
  return projected;
}

/**
 * A kernel over whole vectors that gives what one over projected vectors does: the two multiplied.
 *
 * @param rows float32 [components, width]
 * @returns float32 [dimension, width]
 */
export function unproject(
  rows: Float32Array,
  { dimension, components, kernel }: Projection,
): Float32Array {
  const width = rows.length / components;
  const product = new Float32Array(dimension * width);
  for (let d = 0; d < dimension; d++) {
    for (let k = 0; k < components; k++) {
      const factor = kernel[d * components + k]!;
      for (let w = 0; w < width; w++) product[d * width + w]! += factor * rows[k * width + w]!;
    }
  }
  return product;
}

/** Gram-Schmidt, twice, so that rounding leaves nothing of one direction in another. */
function orthonormalise(directions: readonly Float64Array[]): void {
  for (const [k, direction] of directions.entries()) {
    for (const earlier of [...directions.slice(0, k), ...directions.slice(0, k)]) {
      const along = dot(direction, earlier);
      for (let d = 0; d < direction.length; d++) direction[d]! -= along * earlier[d]!;
    }
    const norm = Math.sqrt(dot(direction, direction)) || 1;
    for (let d = 0; d < direction.length; d++) direction[d]! /= norm;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}
