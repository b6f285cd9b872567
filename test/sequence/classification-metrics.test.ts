import { expect, test } from "vitest";
import { classificationMetrics, mostLikely } from "../../src/sequence/classification-metrics.js";

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
  expect(metrics.macroPrecision).toBeCloseTo((1 / 3 + 1) / 3, 12);
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
