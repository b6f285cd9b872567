import fc from "fast-check";
import { expect, test } from "vitest";
import {
  classificationMetrics,
  mostLikely,
  topKAccuracy,
} from "../../src/sequence/classification-metrics.js";
import { predictions } from "./arbitrary-predictions.js";

const classes = ["a", "b", "c", "d"];
const rows = [
  Float32Array.of(0.7, 0.1, 0.1, 0.1),
  Float32Array.of(0.6, 0.3, 0.05, 0.05),
  Float32Array.of(0.1, 0.8, 0.05, 0.05),
  Float32Array.of(0.4, 0.3, 0.2, 0.1),
];

test("accuracy, confusion, precision, recall and F1 are those worked out by hand", () => {
  const metrics = classificationMetrics(rows, [0, 1, 1, 3], classes);
  expect(metrics.n).toBe(4);
  expect(metrics.accuracy).toBe(0.5);
  // The fourth clip's own class is the least likely of four.
  expect(metrics.top3).toBe(0.75);
  expect(metrics.confusion).toEqual([
    [1, 0, 0, 0],
    [1, 1, 0, 0],
    [0, 0, 0, 0],
    [1, 0, 0, 0],
  ]);
  const [a, b, c, d] = metrics.perClass;
  expect(a).toEqual({ label: "a", precision: 1 / 3, recall: 1, f1: 0.5, support: 1 });
  expect(b).toMatchObject({ precision: 1, recall: 0.5, support: 2 });
  expect(b!.f1).toBeCloseTo(2 / 3, 12);
  expect(c).toMatchObject({ precision: 0, recall: 0, f1: 0, support: 0 });
  expect(d).toMatchObject({ precision: 0, recall: 0, f1: 0, support: 1 });
  // Means over the three classes that occur.
  expect(metrics.macroRecall).toBeCloseTo(1.5 / 3, 12);
  expect(metrics.balancedAccuracy).toBe(metrics.macroRecall);
  expect(metrics.macroPrecision).toBeCloseTo((1 / 3 + 1) / 3, 12);
  // Weighted by 1, 2 and 1 clips.
  expect(metrics.weightedPrecision).toBeCloseTo((1 / 3 + 2 * 1) / 4, 12);
  expect(metrics.weightedF1).toBeCloseTo((0.5 + 2 * (2 / 3)) / 4, 12);
  const loss = -(Math.log(0.7) + Math.log(0.3) + Math.log(0.8) + Math.log(0.1)) / 4;
  expect(metrics.logLoss).toBeCloseTo(loss, 6);
});

test("certain and right is perfectly calibrated, certain and wrong is not", () => {
  const certain = [Float32Array.of(1, 0), Float32Array.of(1, 0)];
  expect(classificationMetrics(certain, [0, 0], ["x", "y"]).ece).toBe(0);
  const wrong = classificationMetrics(certain, [1, 1], ["x", "y"]);
  expect(wrong.ece).toBe(1);
  expect(Number.isFinite(wrong.logLoss)).toBe(true);
});

test("equal probabilities go to the first class, and no predictions are an error", () => {
  expect(mostLikely(Float32Array.of(0.5, 0.5))).toBe(0);
  expect(() => classificationMetrics([], [], ["x"])).toThrow(RangeError);
});

test("confidence is compared with accuracy bin by bin", () => {
  // Two of a confidence of 0.6, one of them right, and two of 0.9, both right: (|1 - 1.2| + |2 - 1.8|) / 4.
  const rows = [0.6, 0.6, 0.9, 0.9].map((p) => Float32Array.of(p, 1 - p));
  expect(classificationMetrics(rows, [0, 1, 0, 0], ["x", "y"]).ece).toBeCloseTo(0.1, 6);
});

test("top k looks k classes deep; of equal ones the first come first", () => {
  const truth = [0, 1, 1, 3];
  expect([1, 2, 3, 4, 9].map((k) => topKAccuracy(rows, truth, k))).toEqual([0.5, 0.75, 0.75, 1, 1]);
  const even = [Float32Array.of(0.25, 0.25, 0.25, 0.25)];
  expect([1, 2, 3].map((k) => topKAccuracy(even, [2], k))).toEqual([0, 0, 1]);
  expect(() => topKAccuracy(rows, truth, 0)).toThrow(RangeError);
});

test("figures of any predictions are fractions that fit together", () => {
  fc.assert(
    fc.property(predictions(), ({ probabilities, truth, classes }) => {
      const metrics = classificationMetrics(probabilities, truth, classes);
      const { n, confusion, perClass, accuracy } = metrics;
      const trace = confusion.reduce((sum, row, index) => sum + row[index]!, 0);
      expect(accuracy).toBeCloseTo(trace / n, 12);
      expect(perClass.reduce((sum, { support }) => sum + support, 0)).toBe(n);
      expect(metrics.top3).toBeGreaterThanOrEqual(accuracy);
      expect(topKAccuracy(probabilities, truth, classes.length)).toBe(1);
      for (const name of ["balancedAccuracy", "macroF1", "weightedF1", "ece"] as const) {
        expect(metrics[name]).toBeGreaterThanOrEqual(0);
        expect(metrics[name]).toBeLessThanOrEqual(1);
      }
      // The recalls weighted by how many bear each class are the accuracy.
      const recalls = perClass.reduce((sum, { recall, support }) => sum + recall * support, 0);
      expect(recalls / n).toBeCloseTo(accuracy, 12);
    }),
  );
});
