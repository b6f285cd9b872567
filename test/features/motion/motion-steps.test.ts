import { expect, test } from "vitest";
import { stepSpans } from "../../../src/features/motion/motion-steps.js";

/** First and end of each step's moments. */
const spans = (timestamps: readonly number[], ...edges: readonly number[]) =>
  stepSpans(Float64Array.from(timestamps), Float64Array.from(edges)).map(({ first, end }) => [
    first,
    end,
  ]);

test("a step has the moments from its first edge until before its second", () => {
  expect(spans([0, 0.5, 1, 1.5, 2], 0, 1, 2)).toEqual([
    [0, 2],
    [2, 4],
  ]);
  // What lies before the first edge and from the last one on is of no step.
  expect(spans([0, 1, 2, 3, 4], 1, 3)).toEqual([[1, 3]]);
});

test("a step without any has the one that is nearest to its middle, the earlier of two as near", () => {
  expect(spans([0, 10], 1, 2, 7, 9, 11)).toEqual([
    [0, 1],
    [0, 1],
    [1, 2],
    [1, 2],
  ]);
  expect(spans([0, 10], 4, 6)).toEqual([[0, 1]]);
  expect(spans([5], 0, 1, 2)).toEqual([
    [0, 1],
    [0, 1],
  ]);
  expect(spans([5], 8, 9)).toEqual([[0, 1]]);
  // A step of no length, at a moment.
  expect(spans([1, 2, 3], 2, 2)).toEqual([[1, 2]]);
});

test("without moments each step is empty", () => {
  expect(spans([], 0, 1, 2)).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test("edges that are no ascending times are refused", () => {
  for (const edges of [[], [1], [1, 0], [0, Number.NaN], [0, Number.POSITIVE_INFINITY]]) {
    expect(() => spans([0.5], ...edges)).toThrow(RangeError);
  }
});
