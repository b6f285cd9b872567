import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import {
  bootstrapInterval,
  mcNemar,
  wilsonInterval,
} from "../../src/sequence/paired-comparison.js";

test.each([
  // 2 · Σ C(n, k) / 2ⁿ in whole numbers
  [0, 0, 1],
  [5, 5, 1],
  [0, 5, 0.0625],
  [1, 9, 0.021484375],
  [3, 15, 0.0075378],
  [40, 60, 0.05688793],
  [120, 121, 1],
])("McNemar's exact test of %i against %i is %f", (one, other, p) => {
  expect(mcNemar(one, other)).toBeCloseTo(p, 6);
  expect(mcNemar(other, one)).toBe(mcNemar(one, other));
});

test("McNemar's test stays finite for millions", () => {
  expect(mcNemar(500_000, 501_000)).toBeGreaterThan(0.3);
  expect(mcNemar(500_000, 510_000)).toBeLessThan(1e-20);
});

test.each([
  // where (p̂ - p)² = z² · p(1 - p)/n, found by halving
  [67, 70, 0.881403, 0.985318],
  [70, 70, 0.947977, 1],
  [0, 10, 0, 0.277533],
])("Wilson's interval of %i of %i is %f to %f", (right, n, low, high) => {
  const interval = wilsonInterval(right, n);
  expect(interval.low).toBeCloseTo(low, 5);
  expect(interval.high).toBeCloseTo(high, 5);
});

test("the bootstrap's interval holds the mean, and is wider where items of a group are alike", () => {
  const random = createRandom(1);
  const values = Array.from({ length: 200 }, (_, i) => (Math.floor(i / 20) % 2 ? 1 : 0));
  const alone = bootstrapInterval(
    values,
    values.map(() => undefined),
    random,
  );
  const grouped = bootstrapInterval(
    values,
    values.map((_, i) => `scene ${Math.floor(i / 20)}`),
    random,
  );
  expect(alone.low).toBeLessThan(0.5);
  expect(alone.high).toBeGreaterThan(0.5);
  // √(p(1 - p)/n): 0.035 of 200 items, 0.158 of 10 groups
  expect(alone.high - alone.low).toBeCloseTo(4 * 0.0354, 1);
  expect(grouped.high - grouped.low).toBeGreaterThan(3 * (alone.high - alone.low));
});

test("a mean that is the same in every group has no width", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1, max: 1 }), fc.integer({ min: 1, max: 20 }), (value, n) => {
      const values = Array<number>(n).fill(value);
      const { low, high } = bootstrapInterval(
        values,
        values.map(() => "one"),
        createRandom(n),
      );
      expect([low, high]).toEqual([value, value]);
    }),
    { numRuns: 5 },
  );
});
