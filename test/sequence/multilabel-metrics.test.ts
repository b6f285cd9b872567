import fc from "fast-check";
import { expect, test } from "vitest";
import { multilabelMetrics } from "../../src/sequence/multilabel-metrics.js";

const labels = ["a", "b", "c"];
const truth = [
  [1, 0, 0],
  [1, 1, 0],
  [0, 1, 0],
  [0, 0, 0],
];
const rows = [
  Float32Array.of(0.9, 0.6, 0.1),
  Float32Array.of(0.4, 0.7, 0.2),
  Float32Array.of(0.8, 0.5, 0.3),
  Float32Array.of(0.1, 0.2, 0.4),
];

test("figures are those worked out by hand", () => {
  const metrics = multilabelMetrics(rows, truth, labels);
  expect(metrics.n).toBe(4);
  // Only the last row has every label right; wrong are b of the first, a of the second and of the third.
  expect(metrics.subsetAccuracy).toBe(0.25);
  expect(metrics.hammingLoss).toBeCloseTo(3 / 12, 12);
  const [a, b, c] = metrics.perLabel;
  expect(a).toMatchObject({ label: "a", precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
  expect(b).toMatchObject({ precision: 2 / 3, recall: 1, support: 2 });
  expect(c).toMatchObject({ precision: 0, recall: 0, f1: 0, support: 0, averagePrecision: 0 });
  // 5 labels given, 3 of them rightly, of 4 that are borne.
  expect(metrics.microPrecision).toBeCloseTo(3 / 5, 12);
  expect(metrics.microRecall).toBeCloseTo(3 / 4, 12);
  expect(metrics.microF1).toBeCloseTo(6 / 9, 12);
  // Over the two labels that occur.
  expect(metrics.macroPrecision).toBeCloseTo((0.5 + 2 / 3) / 2, 12);
  expect(metrics.macroRecall).toBe(0.75);
  // a falls 0.9 yes, 0.8 no, 0.4 yes, 0.1 no; b falls 0.7 yes, 0.6 no, 0.5 yes, 0.2 no.
  expect(a!.averagePrecision).toBeCloseTo((1 + 2 / 3) / 2, 12);
  expect(metrics.meanAveragePrecision).toBeCloseTo((1 + 2 / 3) / 2, 12);
});

test("the threshold decides what is given, but not the average precision", () => {
  const strict = multilabelMetrics(rows, truth, labels, { threshold: 0.65 });
  expect(strict.perLabel[1]).toMatchObject({ precision: 1, recall: 0.5 });
  expect(strict.meanAveragePrecision).toBe(
    multilabelMetrics(rows, truth, labels).meanAveragePrecision,
  );
  const none = multilabelMetrics(rows, truth, labels, { threshold: 1 });
  expect(none).toMatchObject({ microPrecision: 0, microRecall: 0, microF1: 0 });
});

test("equal scores count as one step: a constant prediction is worth the label's frequency", () => {
  const constant = Array.from({ length: 4 }, () => Float32Array.of(0.5));
  const metrics = multilabelMetrics(constant, [[1], [0], [0], [0]], ["a"]);
  expect(metrics.meanAveragePrecision).toBe(0.25);
});

test("the truth itself is perfect, and its opposite all wrong", () => {
  const row = fc.array(fc.constantFrom(0, 1), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (bits) => {
      fc.pre(bits.some((each) => each.includes(1)));
      const same = multilabelMetrics(
        bits.map((each) => Float32Array.from(each)),
        bits,
        labels,
      );
      const ones = { microF1: 1, macroF1: 1, subsetAccuracy: 1, meanAveragePrecision: 1 };
      expect(same).toMatchObject({ ...ones, hammingLoss: 0 });
      const opposite = multilabelMetrics(
        bits.map((each) => Float32Array.from(each, (bit) => 1 - bit)),
        bits,
        labels,
      );
      expect(opposite).toMatchObject({ hammingLoss: 1, subsetAccuracy: 0, microF1: 0 });
    }),
  );
});

test("rows of another size, none at all, and a threshold out of range are errors", () => {
  expect(() => multilabelMetrics([], [], labels)).toThrow(RangeError);
  expect(() => multilabelMetrics([Float32Array.of(1)], [[1, 0, 0]], labels)).toThrow(/3 values/);
  expect(() => multilabelMetrics(rows, truth, labels, { threshold: 2 })).toThrow(/threshold/);
});
