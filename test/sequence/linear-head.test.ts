import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { fitLinearHead } from "../../src/sequence/linear-head.js";
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

test("the regression over products is where its loss has no slope left", () => {
  const random = createRandom("products");
  const vectors = Array.from({ length: 12 }, () =>
    Float64Array.from({ length: 5 }, () => random.normal()),
  );
  const labels = vectors.map((_, i) => i % 3);
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((s, v, d) => s + v * b[d]!, 0);
  const products = Float64Array.from(vectors.flatMap((a) => vectors.map((b) => dot(a, b))));
  const { weights, bias } = fitByProducts(products, labels, 3);
  // The slope in the kernel is Xᵀ(p - y)/n + l2 · Xᵀw, which is none where (p - y)/n is -l2 · w.
  let largest = 0;
  for (let i = 0; i < 12; i++) {
    const logits = Array.from({ length: 3 }, (_, c) =>
      vectors.reduce((s, _v, j) => s + products[i * 12 + j]! * weights[j * 3 + c]!, bias[c]!),
    );
    const sum = logits.reduce((s, v) => s + Math.exp(v), 0);
    for (let c = 0; c < 3; c++) {
      const excess = (Math.exp(logits[c]!) / sum - (labels[i] === c ? 1 : 0)) / 12;
      largest = Math.max(largest, Math.abs(excess + 0.0005 * weights[i * 3 + c]!));
    }
  }
  expect(largest).toBeLessThan(0.003);
});

/** Clips of two classes that differ in one value of the second block; the first block is noise on a large scale. */
function noisyClips(count: number) {
  const random = createRandom("noisy clips");
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const vectors = labels.map((label) =>
    Float32Array.from({ length: 6 }, (_, d) =>
      d < 4 ? 1000 * random.normal() : 5 + (d === 4 ? label - 0.5 : 0.1 * random.normal()),
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

test("what is learned of a clip is learned of its mirror image, to the same probabilities", () => {
  const { labels, vectors } = noisyClips(40);
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
  expect(gap(plain)).toBeGreaterThan(1e-3);
});

test("two classifiers together are as sure as their log probabilities are on average", () => {
  const both = logMean(Float32Array.of(0.9, 0.1), Float32Array.of(0.5, 0.5));
  expect(both[0]).toBeCloseTo(0.75, 6);
  const certain = logMean(Float32Array.of(1, 0), Float32Array.of(0, 1));
  expect([...certain]).toEqual([0.5, 0.5]);
  expect(logMean(Float32Array.of(0.9, 0.1), Float32Array.of(0.9, 0.1), 2)[0]).toBeCloseTo(0.75, 6);
});
