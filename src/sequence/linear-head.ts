import { dot64, productsOf } from "./dot-product.js";
import type { Parameter } from "./parameters.js";
import { fitByProducts } from "./softmax-by-products.js";
import type { SoftmaxLayer } from "./temperature-scaling.js";

/** A part of the vectors that a linear head sees, and how much it counts. */
export interface LinearBlock {
  /** Values of it. */
  readonly size: number;
  /** What it is multiplied by beside the others, all brought to the same energy. */
  readonly weight: number;
}

/** Options of {@link fitLinearHead}. */
export interface LinearHeadOptions {
  readonly blocks: readonly LinearBlock[];
  readonly classes: number;
  /**
   * For each value of a vector, the one that it becomes when the picture is mirrored; undefined where none changes.
   * What is learned of a clip is then learned of its mirror image too.
   */
  readonly mirror?: Int32Array;
}

/** A variance below this is taken for none, and its value left out. */
const smallestVariance = 1e-10;

/**
 * Fits a linear classifier of vectors of several blocks: each block is brought to mean 0, deviation 1 and the energy of its
 * weight, and softmax regression is fitted to all of them together. Its standardisation and its mirror image are linear, too:
 * what comes out is one kernel over the vectors as they are.
 *
 * @param vectors each float32 [the blocks' sizes together], of the training clips alone
 * @param labels the index of each one's class
 * @returns kernel [size, classes] and bias [classes]
 */
export function fitLinearHead(
  vectors: readonly Float32Array[],
  labels: readonly number[],
  options: LinearHeadOptions,
): SoftmaxLayer {
  return openLinearHeads(vectors, labels, options)(() => 1);
}

/**
 * Prepares what classifiers have in common that count the blocks differently.
 *
 * @returns fits one in which each block, by its index, counts what it does times a factor: 0 leaves it out
 */
export function openLinearHeads(
  vectors: readonly Float32Array[],
  labels: readonly number[],
  { blocks, classes, mirror }: LinearHeadOptions,
): (factor: (block: number) => number) => SoftmaxLayer {
  const size = blocks.reduce((sum, block) => sum + block.size, 0);
  const seen = mirror ? vectors.map((vector) => withMirror(vector, mirror)) : vectors;
  let end = 0;
  const parts = blocks.map(({ size: own, weight }) => {
    const start = end;
    end += own;
    const part = standardiseBlock(seen, start, own);
    return { ...part, start, energy: weight ** 2, products: productsOf(part.rows, dot64) };
  });
  return (factor) => {
    const counted = parts
      .map((part, index) => ({ ...part, energy: part.energy * factor(index) ** 2 }))
      .filter(({ energy }) => energy > 0);
    const products = new Float64Array(vectors.length ** 2);
    for (const part of counted) {
      for (let i = 0; i < products.length; i++) products[i]! += part.energy * part.products[i]!;
    }
    const { weights, bias } = fitByProducts(products, labels, classes);
    const kernel = new Float64Array(size * classes);
    for (const { rows, mean, scale, start, energy } of counted) {
      const dual = weights.map((weight) => energy * weight);
      addKernel(rows, dual, scale, kernel.subarray(start * classes), classes);
      for (let d = 0; d < mean.length; d++) {
        for (let c = 0; c < classes; c++) {
          bias[c]! -= mean[d]! * kernel[(start + d) * classes + c]!;
        }
      }
    }
    const parameter = (shape: readonly number[], data: Float64Array): Parameter => ({
      shape,
      data: Float32Array.from(data),
    });
    return {
      kernel: parameter([size, classes], mirror ? mirrorKernel(kernel, mirror, classes) : kernel),
      bias: parameter([classes], bias),
    };
  };
}

/** The mean of a vector and its mirror image. */
function withMirror(vector: Float32Array, mirror: Int32Array): Float32Array {
  return vector.map((value, i) => (value + vector[mirror[i]!]!) / 2);
}

/** The kernel that gives for a vector what this one gives for the mean of it and its mirror image. */
function mirrorKernel(kernel: Float64Array, mirror: Int32Array, classes: number): Float64Array {
  return kernel.map((value, i) => {
    const row = Math.floor(i / classes);
    return (value + kernel[mirror[row]! * classes + (i - row * classes)]!) / 2;
  });
}

/** A block of all vectors: rows float64 [n, size] of energy 1 on average, and what made them so. */
interface StandardisedBlock {
  readonly rows: readonly Float64Array[];
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

function standardiseBlock(
  vectors: readonly Float32Array[],
  start: number,
  size: number,
): StandardisedBlock {
  const n = vectors.length;
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  for (const vector of vectors) {
    for (let d = 0; d < size; d++) mean[d]! += vector[start + d]! / n;
  }
  for (const vector of vectors) {
    for (let d = 0; d < size; d++) variance[d]! += (vector[start + d]! - mean[d]!) ** 2 / n;
  }
  const scale = variance.map((v) => (v > smallestVariance ? 1 / Math.sqrt(v * size) : 0));
  const rows = vectors.map((vector) =>
    Float64Array.from(mean, (m, d) => (vector[start + d]! - m) * scale[d]!),
  );
  return { rows, mean, scale };
}

/** Adds rowsᵀ · dual, each row scaled, to the front of a kernel. */
function addKernel(
  rows: readonly Float64Array[],
  dual: Float64Array,
  scale: Float64Array,
  kernel: Float64Array,
  classes: number,
): void {
  for (const [i, row] of rows.entries()) {
    const weights = dual.subarray(i * classes, (i + 1) * classes);
    for (let d = 0; d < row.length; d++) {
      const value = row[d]! * scale[d]!;
      for (let c = 0; c < classes; c++) kernel[d * classes + c]! += value * weights[c]!;
    }
  }
}
