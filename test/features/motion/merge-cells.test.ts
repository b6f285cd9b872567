import { expect, test } from "vitest";
import { type Cells, mergeCells, motionSize } from "../../../src/features/motion/merge-cells.js";
import { createMotionExtractor } from "../../../src/features/motion/motion-extractor.js";
import { linear, picture } from "./moving-pictures.js";

const cells = (columns: number, rows: number): Cells => ({ columns, rows });

function merged(vector: Float32Array, fine: Cells, coarse: Cells): Float32Array {
  // What is there already is written over.
  const into = new Float32Array(motionSize(coarse)).fill(9);
  mergeCells(vector, fine, coarse, into);
  return into;
}

test("a larger cell has the mean of those that it is made of, in each of the three histograms", () => {
  const fine = cells(4, 2);
  const vector = new Float32Array(motionSize(fine));
  expect(vector).toHaveLength(8 * 25);
  // The flow to the right of all cells: 1 to 4 above, 5 to 8 below.
  for (let cell = 0; cell < 8; cell++) vector[cell * 9] = cell + 1;
  // Standing still: the cell at the lower right alone.
  vector[7 * 9 + 8] = 1;
  // The first boundaries' last direction in the second cell, the other boundaries' first direction in the last one.
  vector[8 * 9 + 1 * 8 + 7] = 12;
  vector[8 * 17 + 7 * 8] = 20;
  const halves = merged(vector, fine, cells(2, 1));
  const expected = new Float32Array(2 * 25);
  expected[0] = (1 + 2 + 5 + 6) / 4;
  expected[9] = (3 + 4 + 7 + 8) / 4;
  expected[9 + 8] = 1 / 4;
  expected[2 * 9 + 7] = 12 / 4;
  expected[2 * 17 + 8] = 20 / 4;
  expect(halves).toEqual(expected);
  expect(merged(vector, fine, fine)).toEqual(vector);
  expect(merged(vector, fine, cells(1, 1))[0]).toBe(4.5);
});

test("motion over fine cells, merged, is motion over large ones", () => {
  const frames = Buffer.concat(
    [0, 1, 2].map((i) => picture(linear(0.03 * i, 0.05 * i, -0.04 * i, 0))),
  );
  const times = Float64Array.of(0, 1 / 15, 2 / 15);
  const fine = createMotionExtractor({ columns: 16, rows: 12 }).push(frames, times, 3);
  const coarse = createMotionExtractor({ columns: 4, rows: 4 }).push(frames, times, 3);
  expect(fine.n).toBe(2);
  for (let i = 0; i < fine.n; i++) {
    const own = merged(fine.vectors.subarray(i * 4800, (i + 1) * 4800), cells(16, 12), cells(4, 4));
    const whole = coarse.vectors.subarray(i * 400, (i + 1) * 400);
    expect(Math.max(...whole)).toBeGreaterThan(0.5);
    for (const [d, value] of whole.entries()) expect(Math.abs(own[d]! - value)).toBeLessThan(2e-6);
  }
});
