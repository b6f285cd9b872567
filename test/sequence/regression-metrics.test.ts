import fc from "fast-check";
import { expect, test } from "vitest";
import { regressionMetrics } from "../../src/sequence/regression-metrics.js";

test("figures are those worked out by hand, for each output and for all", () => {
  const truth = [
    [1, 10],
    [2, 10],
    [3, 40],
  ];
  const predictions = [Float32Array.of(1, 20), Float32Array.of(2, 10), Float32Array.of(6, 40)];
  const metrics = regressionMetrics(predictions, truth, 2);
  expect(metrics.n).toBe(3);
  const [first, second] = metrics.perOutput;
  expect(first!.rmse).toBeCloseTo(Math.sqrt(9 / 3), 12);
  expect(first!.mae).toBeCloseTo(1, 12);
  // 9 of squared error against the 2 of 1, 2, 3 about their mean; 100 against the 600 of 10, 10, 40.
  expect(first!.r2).toBeCloseTo(1 - 9 / 2, 12);
  expect(second!.r2).toBeCloseTo(1 - 100 / 600, 12);
  expect(metrics.rmse).toBeCloseTo(Math.sqrt(109 / 6), 12);
  expect(metrics.mae).toBeCloseTo(13 / 6, 12);
  expect(metrics.r2).toBeCloseTo(1 - 109 / 602, 12);
});

test("a result for each step counts like so many vectors", () => {
  const steps = regressionMetrics([[1, 2, 3, 5], [4]], [[1, 2, 3, 4], [5]], 1);
  const vectors = regressionMetrics([[1], [2], [3], [5], [4]], [[1], [2], [3], [4], [5]], 1);
  expect(steps).toEqual(vectors);
});

test("true values that do not vary are met or not", () => {
  expect(regressionMetrics([[2], [2]], [[2], [2]], 1).r2).toBe(1);
  expect(regressionMetrics([[2], [3]], [[2], [2]], 1).r2).toBe(0);
});

test("the mean explains nothing, wherever the values lie, and the truth everything", () => {
  const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
    minLength: 2,
    maxLength: 20,
  });
  fc.assert(
    fc.property(values, fc.constantFrom(0, 1e6), (numbers, offset) => {
      const truth = numbers.map((value) => [value + offset]);
      const mean = truth.reduce((sum, [value = 0]) => sum + value, 0) / truth.length;
      fc.pre(truth.some(([value = 0]) => Math.abs(value - mean) > 0.01));
      const constant = truth.map(() => [mean]);
      expect(regressionMetrics(constant, truth, 1).r2).toBeCloseTo(0, 6);
      expect(regressionMetrics(truth, truth, 1)).toMatchObject({ rmse: 0, mae: 0, r2: 1 });
      const { rmse, mae } = regressionMetrics(constant, truth, 1);
      expect(rmse).toBeGreaterThanOrEqual(mae * (1 - 1e-12));
    }),
  );
});

test("rows of other lengths and no rows are errors", () => {
  expect(() => regressionMetrics([], [], 1)).toThrow(RangeError);
  expect(() => regressionMetrics([[1, 2]], [[1]], 1)).toThrow(/Row 0 has 2 predicted and 1 true/);
  expect(() => regressionMetrics([[1, 2, 3]], [[1, 2, 3]], 2)).toThrow(/multiple of 2/);
  expect(() => regressionMetrics([[1]], [[1]], 0)).toThrow(/size/);
});
