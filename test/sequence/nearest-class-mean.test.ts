import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { predictMeanPool } from "../../src/sequence/mean-pool-baseline.js";
import { nearestClassMean } from "../../src/sequence/nearest-class-mean.js";

const dimension = 6;

function draw(seed: number, classes: number, each: number) {
  const random = createRandom(seed);
  const labels = Array.from({ length: classes * each }, (_, i) => i % classes);
  const contexts = labels.map((label) =>
    Float32Array.from({ length: dimension }, (_, d) => (d === label ? 2 : 0) + random.normal()),
  );
  return { labels, contexts, random };
}

test("the class with the nearest mean is the most likely one", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 2, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      (seed, classes, each) => {
        const { labels, contexts, random } = draw(seed, classes, each);
        const classifier = nearestClassMean(contexts, labels, { classes, dimension });
        const means = Array.from({ length: classes }, (_, label) =>
          Array.from({ length: dimension }, (_, d) => {
            const own = contexts.filter((_, i) => labels[i] === label);
            return own.reduce((sum, context) => sum + context[d]!, 0) / own.length;
          }),
        );
        const video = Float32Array.from({ length: dimension }, () => 2 * random.normal());
        const distances = means.map((mean) =>
          mean.reduce((sum, value, d) => sum + (value - video[d]!) ** 2, 0),
        );
        const probabilities = predictMeanPool(classifier, video);
        const order = [...distances.keys()].sort((a, b) => distances[a]! - distances[b]!);
        for (let place = 1; place < order.length; place++) {
          expect(probabilities[order[place]!]).toBeLessThanOrEqual(
            probabilities[order[place - 1]!]! + 1e-6,
          );
        }
        expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      },
    ),
    { numRuns: 100 },
  );
});

test("where all examples are the same nothing can be told", () => {
  const same = Array.from({ length: 4 }, () => new Float32Array(dimension));
  const classifier = nearestClassMean(same, [0, 1, 0, 1], { classes: 2, dimension });
  expect([...predictMeanPool(classifier, new Float32Array(dimension))]).toEqual([0.5, 0.5]);
});

test("a class without an example is refused", () => {
  expect(() => nearestClassMean([new Float32Array(2)], [0], { classes: 2, dimension: 2 })).toThrow(
    RangeError,
  );
});
