import { expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import type { Codebook } from "../../../src/features/motion/cuboid-codebook.js";
import { createFisherEncoder } from "../../../src/features/motion/fisher-vector.js";

const [size, components, words] = [6, 3, 4];

const random = createRandom("fisher vectors");
const normals = (length: number): Float32Array =>
  Float32Array.from({ length }, () => random.normal());

const codebook: Codebook = {
  mean: normals(size),
  axes: normals(size * components),
  weights: Float32Array.of(0.4, 0.3, 0.2, 0.1),
  means: normals(words * components),
  deviations: normals(words * components).map((value) => 0.5 + Math.abs(value)),
};
const descriptors = Array.from({ length: 20 }, () => normals(size));

/** Sums of descriptors about the words of a codebook. */
function encoded(all: readonly Float32Array[], book = codebook): Float32Array {
  const encoder = createFisherEncoder(book);
  const sum = new Float32Array(words * components);
  for (const descriptor of all) encoder.add(descriptor, sum);
  return sum;
}

/** A descriptor's principal components. */
const project = (descriptor: Float32Array): number[] =>
  Array.from({ length: components }, (_, d) =>
    descriptor.reduce(
      (sum, value, i) => sum + (value - codebook.mean[i]!) * codebook.axes[i * components + d]!,
      0,
    ),
  );

/** The weighted density of each word at principal components, by its definition. */
const densities = (z: readonly number[], means: ArrayLike<number>): number[] =>
  [...codebook.weights].map((weight, k) =>
    z.reduce((product, value, d) => {
      const deviation = codebook.deviations[k * components + d]!;
      const distance = (value - means[k * components + d]!) / deviation;
      return (product * Math.exp(-(distance ** 2) / 2)) / (deviation * Math.sqrt(2 * Math.PI));
    }, weight),
  );

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

test("a descriptor counts for each word by how likely it is its, and how far away", () => {
  for (const descriptor of descriptors) {
    const z = project(descriptor);
    const likely = densities(z, codebook.means);
    const expected = likely.flatMap((density, k) =>
      z.map((value, d) => {
        const i = k * components + d;
        const away = (value - codebook.means[i]!) / codebook.deviations[i]!;
        return ((density / total(likely)) * away) / Math.sqrt(codebook.weights[k]!);
      }),
    );
    for (const [i, value] of encoded([descriptor]).entries()) {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
    }
  }
});

test("it is the slope of the mixture's log likelihood along the means, in deviations, each word by the root of its weight", () => {
  const logLikelihood = (means: ArrayLike<number>): number =>
    total(descriptors.map((descriptor) => Math.log(total(densities(project(descriptor), means)))));
  const sum = encoded(descriptors);
  expect(Math.max(...sum.map(Math.abs))).toBeGreaterThan(1);
  const step = 1e-4;
  for (const [i, value] of sum.entries()) {
    const shifted = (by: number): Float64Array => {
      const means = Float64Array.from(codebook.means);
      means[i]! += by;
      return means;
    };
    const slope = (logLikelihood(shifted(step)) - logLikelihood(shifted(-step))) / (2 * step);
    const k = Math.floor(i / components);
    const unit = codebook.deviations[i]! / Math.sqrt(codebook.weights[k]!);
    expect(Math.abs(value - slope * unit)).toBeLessThan(1e-4);
  }
});

test("a descriptor far from all words has a sum, of the nearest; one on a lone word has none", () => {
  const far = encoded([new Float32Array(size).fill(1e4)]);
  expect(far.every(Number.isFinite)).toBe(true);
  const near = [...Array(words).keys()].filter((k) =>
    far.subarray(k * components, (k + 1) * components).some((value) => value !== 0),
  );
  expect(near).toHaveLength(1);
  const lone = {
    ...codebook,
    weights: Float32Array.of(1, 0, 0, 0),
    means: new Float32Array(words * components),
  };
  expect(encoded([codebook.mean], lone).every((value) => value === 0)).toBe(true);
});
