import { createRandom } from "../core/random.js";
import { dot32, dot64, productsOf } from "./dot-product.js";

/** A block of vectors, and the directions that it is projected onto. */
interface ProjectedBlock {
  readonly dimension: number;
  readonly components: number;
  /** float32 [dimension, components]: projected = vector · kernel */
  readonly kernel: Float32Array;
}

/** A projection of vectors, block by block. */
export type BlockProjection = readonly ProjectedBlock[];

/** A block to be projected. */
export interface BlockToProject {
  readonly dimension: number;
  /** What it is multiplied by beside the others, all brought to the same energy. */
  readonly weight: number;
}

/** Vectors that the directions are measured on, at most: spread evenly over all. */
const mostVectors = 400;

/** Rounds of orthogonal iteration; it turns on the leading directions, whose exact angles are of no matter. */
const rounds = 8;

/** Energy below this is taken for none. */
const smallestEnergy = 1e-12;

/**
 * Finds each block's principal components (Pearson 1901), by the products of the vectors with each other, and scales
 * them so that a component has deviation `weight` on average; how they compare within a block stays as it is.
 *
 * @param sequences each float32 [T_i, D], row-major, D the sum of the blocks' dimensions, of mean 0
 * @param most components of a block, at most
 */
export function fitBlockProjection(
  sequences: readonly Float32Array[],
  blocks: readonly BlockToProject[],
  most: number,
): BlockProjection {
  const width = blocks.reduce((sum, { dimension }) => sum + dimension, 0);
  const all = sequences.flatMap((sequence) =>
    Array.from({ length: sequence.length / width }, (_, t) =>
      sequence.subarray(t * width, (t + 1) * width),
    ),
  );
  const stride = Math.max(1, all.length / mostVectors);
  const vectors = Array.from(
    { length: Math.floor(all.length / stride) },
    (_, i) => all[Math.floor(i * stride)]!,
  );
  let from = 0;
  return blocks.map(({ dimension, weight }) => {
    const start = from;
    from += dimension;
    const rows = vectors.map((vector) => vector.slice(start, start + dimension));
    const components = Math.min(most, dimension, rows.length);
    return { dimension, components, kernel: leading(rows, dimension, components, weight) };
  });
}

/** Values of a projected vector. */
export function projectedSize(projection: BlockProjection): number {
  return projection.reduce((sum, { components }) => sum + components, 0);
}

/**
 * Projects vectors.
 *
 * @param vectors float32 [T, D], row-major
 * @returns float32 [T, {@link projectedSize}]
 */
export function projectBlocks(vectors: Float32Array, projection: BlockProjection): Float32Array {
  const width = projection.reduce((sum, { dimension }) => sum + dimension, 0);
  const size = projectedSize(projection);
  const steps = vectors.length / width;
  const projected = new Float32Array(steps * size);
  for (let t = 0; t < steps; t++) {
    let from = t * width;
    let to = t * size;
    for (const { dimension, components, kernel } of projection) {
      // Four values at once: a sum is then read and written a quarter as often.
      let d = 0;
      for (; d + 3 < dimension; d += 4) {
        const row = d * components;
        const a = vectors[from + d]!;
        const b = vectors[from + d + 1]!;
        const c = vectors[from + d + 2]!;
        const e = vectors[from + d + 3]!;
        for (let k = 0; k < components; k++) {
          const i = row + k;
          projected[to + k]! +=
            a * kernel[i]! +
            b * kernel[i + components]! +
            c * kernel[i + 2 * components]! +
            e * kernel[i + 3 * components]!;
        }
      }
      for (; d < dimension; d++) {
        const value = vectors[from + d]!;
        const row = d * components;
        for (let k = 0; k < components; k++) projected[to + k]! += value * kernel[row + k]!;
      }
      from += dimension;
      to += components;
    }
  }
  return projected;
}

/**
 * A kernel over whole vectors that gives what one over projected vectors does: the two multiplied.
 *
 * @param rows float32 [{@link projectedSize}, width]
 * @returns float32 [D, width]
 */
export function unprojectBlocks(
  rows: Float32Array,
  projection: BlockProjection,
  width: number,
): Float32Array {
  const dimensions = projection.reduce((sum, { dimension }) => sum + dimension, 0);
  const whole = new Float32Array(dimensions * width);
  let from = 0;
  let to = 0;
  for (const { dimension, components, kernel } of projection) {
    for (let d = 0; d < dimension; d++) {
      for (let k = 0; k < components; k++) {
        const factor = kernel[d * components + k]!;
        const start = (from + k) * width;
        for (let w = 0; w < width; w++) whole[(to + d) * width + w]! += factor * rows[start + w]!;
      }
    }
    from += components;
    to += dimension;
  }
  return whole;
}

/** Directions of a block: eigenvectors of the products, brought back to the vectors' space. */
function leading(
  rows: readonly Float32Array[],
  dimension: number,
  components: number,
  weight: number,
): Float32Array {
  const n = rows.length;
  const products = productsOf(rows, dot32);
  const random = createRandom("block projection");
  let found = orthonormal(
    Array.from({ length: components }, () =>
      Float64Array.from({ length: n }, () => random.normal()),
    ),
  );
  for (let round = 0; round < rounds; round++) {
    found = orthonormal(found.map((vector) => times(products, vector)));
  }
  // A component's values over the rows have the square √eigenvalue²: what is left is to bring their mean to weight².
  const eigenvalues = found.map((vector) => dot64(vector, times(products, vector)));
  const energy = eigenvalues.reduce((a, b) => a + Math.max(b, 0), 0) / (n * components);
  const scale = energy < smallestEnergy ? 0 : weight / Math.sqrt(energy);
  const factors = eigenvalues.map((value) =>
    value < smallestEnergy * n ? 0 : scale / Math.sqrt(value),
  );
  const kernel = new Float32Array(dimension * components);
  for (const [i, row] of rows.entries()) {
    const weights = Float64Array.from(found, (vector, k) => vector[i]! * factors[k]!);
    for (let d = 0; d < dimension; d++) {
      const value = row[d]!;
      for (let k = 0; k < components; k++) kernel[d * components + k]! += weights[k]! * value;
    }
  }
  return kernel;
}

function times(products: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) result[i] = dot64(products.subarray(i * n, (i + 1) * n), vector);
  return result;
}

/** Gram-Schmidt, twice, so that rounding leaves nothing of one direction in another. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    for (const earlier of [...done, ...done]) {
      const along = dot64(vector, earlier);
      for (let i = 0; i < vector.length; i++) vector[i]! -= along * earlier[i]!;
    }
    const norm = Math.sqrt(dot64(vector, vector)) || 1;
    done.push(vector.map((value) => value / norm));
  }
  return done;
}
