import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { dot64, productsOf } from "../../src/sequence/dot-product.js";
import {
  fitLinearHead,
  type LinearBlock,
  openLinearHeads,
} from "../../src/sequence/linear-head.js";
import { mostLikely } from "../../src/sequence/most-likely.js";
import { poolBlocks, pooledSize } from "../../src/sequence/pooled-blocks.js";
import { fitByProducts } from "../../src/sequence/softmax-by-products.js";
import { logMean, predictSoftmax } from "../../src/sequence/softmax-layer.js";

test("blocks are pooled one after the other, each by its own pools", () => {
  const sequence = Float32Array.of(1, 10, 3, 20, 5, 30, 7, 40);
  const pooled = poolBlocks(sequence, [
    { dimension: 1, pools: ["mean", "halves"] },
    { dimension: 1, pools: ["max", "quarters", "deviation"] },
  ]);
  expect([...pooled.subarray(0, 8)]).toEqual([4, 2, 6, 40, 10, 20, 30, 40]);
  expect(pooled[8]).toBeCloseTo(Math.sqrt(125), 5);
});

test("a clip of one step has all pools: its halves and quarters are that step", () => {
  const block = {
    dimension: 2,
    pools: ["mean", "max", "deviation", "halves", "quarters"],
  } as const;
  const pooled = poolBlocks(Float32Array.of(-3, 8), [block]);
  expect(pooled).toHaveLength(pooledSize(block));
  expect([...pooled]).toEqual([-3, 8, -3, 8, 0, 0, ...Array(6).fill([-3, 8]).flat()]);
});

/** Weight of the squared weights in the loss: what softmax-by-products.ts says. */
const l2 = 0.000003;

/** Vectors and their classes, to fit softmax regression to. */
interface Task {
  readonly vectors: readonly Float64Array[];
  readonly labels: readonly number[];
}

/** Vectors of three classes, each value of them on a scale of its own. */
function task(count: number, scales: readonly number[]): Task {
  const random = createRandom("softmax regression");
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const vectors = labels.map((label) =>
    Float64Array.from(scales, (scale, d) => scale * (random.normal() + (d % 3 === label ? 1 : 0))),
  );
  return { vectors, labels };
}

/** A classifier of three classes: float64 [size, 3] and [3]. */
interface Classifier {
  readonly kernel: Float64Array;
  readonly bias: Float64Array;
}

function fitted({ vectors, labels }: Task): Classifier {
  const { weights, bias } = fitByProducts(productsOf(vectors, dot64), labels, 3);
  const kernel = new Float64Array(vectors[0]!.length * 3);
  for (const [i, vector] of vectors.entries()) {
    for (let k = 0; k < kernel.length; k++) {
      kernel[k]! += vector[Math.floor(k / 3)]! * weights[i * 3 + (k % 3)]!;
    }
  }
  return { kernel, bias };
}

/** Loss, and its slopes in kernel and bias: written down as in the book. */
function lossOf({ vectors, labels }: Task, { kernel, bias }: Classifier) {
  let loss = (l2 / 2) * dot64(kernel, kernel);
  const slopes = { kernel: kernel.map((value) => l2 * value), bias: new Float64Array(3) };
  for (const [i, vector] of vectors.entries()) {
    const logits = [0, 1, 2].map((c) =>
      vector.reduce((sum, value, d) => sum + value * kernel[d * 3 + c]!, bias[c]!),
    );
    const largest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - largest));
    const total = powers[0]! + powers[1]! + powers[2]!;
    loss -= Math.log(powers[labels[i]!]! / total) / vectors.length;
    for (let c = 0; c < 3; c++) {
      const excess = (powers[c]! / total - (labels[i] === c ? 1 : 0)) / vectors.length;
      slopes.bias[c]! += excess;
      for (const [d, value] of vector.entries()) slopes.kernel[d * 3 + c]! += value * excess;
    }
  }
  return { loss, slopes, steepness: Math.hypot(...slopes.kernel, ...slopes.bias) };
}

/** Gradient descent without any haste. */
function descend(given: Task, steps: number): Classifier {
  const found = {
    kernel: new Float64Array(given.vectors[0]!.length * 3),
    bias: new Float64Array(3),
  };
  // No softmax curves more than this.
  const squares = given.vectors.reduce((sum, vector) => sum + dot64(vector, vector) + 1, 0);
  const rate = 2 / (squares / given.vectors.length);
  for (let step = 0; step < steps; step++) {
    const { slopes } = lossOf(given, found);
    for (const part of ["kernel", "bias"] as const) {
      for (let k = 0; k < found[part].length; k++) found[part][k]! -= rate * slopes[part][k]!;
    }
  }
  return found;
}

test("the regression over products is where its loss has no slope left", () => {
  const given = task(12, [1, 1, 1, 1, 1]);
  expect(lossOf(given, fitted(given)).steepness).toBeLessThan(1e-4);
  // Where one who stops too early would not be.
  expect(lossOf(given, descend(given, 400)).steepness).toBeGreaterThan(1e-3);
});

test("of values on very different scales the loss is as low as slow descent brings it, sooner or later", () => {
  const lossBy = (given: Task, by: Classifier): number => lossOf(given, by).loss;
  // Squares a hundred times as large as others.
  const easy = task(30, [3, 1, 0.3]);
  const lowest = lossBy(easy, descend(easy, 4000));
  expect(lossBy(easy, fitted(easy))).toBeLessThan(lowest + 1e-5);
  expect(lossBy(easy, descend(easy, 400))).toBeGreaterThan(lowest + 1e-3);
  // Here slow descent is still on its way.
  const hard = task(30, [3, 3, 3, 0.3, 0.3, 0.3]);
  expect(lossBy(hard, fitted(hard))).toBeLessThan(lossBy(hard, descend(hard, 4000)) - 0.1);
  expect(lossOf(hard, fitted(hard)).steepness).toBeLessThan(1e-3);
});

/**
 * Clips of two classes that differ in one value of the second block; the first block is noise on a large scale.
 *
 * @param blur deviation of that one value in a class, beside 1 from class to class
 */
function noisyClips(count: number, blur = 0) {
  const random = createRandom("noisy clips");
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const vectors = labels.map((label) =>
    Float32Array.from({ length: 6 }, (_, d) =>
      d < 4
        ? 1000 * random.normal()
        : 5 + (d === 4 ? label - 0.5 + blur * random.normal() : 0.1 * random.normal()),
    ),
  );
  return { labels, vectors };
}

const blocks = [
  { size: 4, weight: 1 },
  { size: 2, weight: 1 },
];

test("a block counts for what it tells, not for how large its values are", () => {
  const { labels, vectors } = noisyClips(60);
  const layer = fitLinearHead(vectors.slice(0, 40), labels.slice(0, 40), { blocks, classes: 2 });
  const told = vectors.slice(40).map((vector) => mostLikely(predictSoftmax(layer, vector)));
  expect(told).toEqual(labels.slice(40));
  expect([...layer.kernel.shape]).toEqual([6, 2]);
});

test("a block that counts twice is one of twice the weight, and one that counts nothing is left out", () => {
  const { labels, vectors } = noisyClips(40, 1);
  const fitHead = openLinearHeads(vectors, labels, { blocks, classes: 2 });
  const [first, second] = blocks as [LinearBlock, LinearBlock];
  const doubled = { blocks: [first, { ...second, weight: 2 }], classes: 2 };
  expect(fitHead((block) => (block === 1 ? 2 : 1))).toEqual(
    fitLinearHead(vectors, labels, doubled),
  );
  const { kernel } = fitHead((block) => (block === 1 ? 1 : 0));
  expect([...kernel.data.subarray(0, 8)]).toEqual(Array(8).fill(0));
  expect(kernel.data.subarray(8).every((value) => value !== 0)).toBe(true);
});

test("what is learned of a clip is learned of its mirror image, to the same probabilities", () => {
  // As no value tells for sure, the noise is learned too, and noise has another mirror image.
  const { labels, vectors } = noisyClips(40, 1);
  const mirror = Int32Array.of(1, 0, 2, 3, 4, 5);
  const turned = (vector: Float32Array): Float32Array => vector.map((_, d) => vector[mirror[d]!]!);
  const layer = fitLinearHead(vectors, labels, { blocks, classes: 2, mirror });
  const plain = fitLinearHead(vectors, labels, { blocks, classes: 2 });
  const gap = (of: typeof layer): number =>
    Math.max(
      ...vectors.map((vector) =>
        Math.abs(predictSoftmax(of, vector)[0]! - predictSoftmax(of, turned(vector))[0]!),
      ),
    );
  expect(gap(layer)).toBeLessThan(1e-5);
  expect(gap(plain)).toBeGreaterThan(0.05);
});

test("two classifiers together are as sure as their log probabilities are on average", () => {
  const both = logMean(Float32Array.of(0.9, 0.1), Float32Array.of(0.5, 0.5));
  expect(both[0]).toBeCloseTo(0.75, 6);
  const certain = logMean(Float32Array.of(1, 0), Float32Array.of(0, 1));
  expect([...certain]).toEqual([0.5, 0.5]);
  expect(logMean(Float32Array.of(0.9, 0.1), Float32Array.of(0.9, 0.1), 2)[0]).toBeCloseTo(0.75, 6);
});
