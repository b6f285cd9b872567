import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import {
  fitBlockProjection,
  projectBlocks,
  projectedSize,
  unprojectBlocks,
} from "../../src/sequence/block-projection.js";

/** 20 sequences of 4 steps: a block of two values, and one whose three values all go along (3, 4, 0). */
function sequences(): Float32Array[] {
  const random = createRandom("block projection test");
  const step = (): number[] => {
    const along = 10 * random.normal();
    return [random.normal(), random.normal(), 0.6 * along, 0.8 * along, 0];
  };
  return Array.from({ length: 20 }, () =>
    Float32Array.from(Array.from({ length: 4 }, step).flat()),
  );
}

const blocks = [
  { dimension: 2, weight: 1 },
  { dimension: 3, weight: 2 },
];

test("each block keeps its strongest directions, and has the energy of its weight whatever its scale", () => {
  const x = sequences();
  const projection = fitBlockProjection(x, blocks, 1);
  expect(projectedSize(projection)).toBe(2);
  const projected = x.map((each) => projectBlocks(each, projection));
  const energy = [0, 0];
  for (const rows of projected) {
    for (let i = 0; i < rows.length; i++) energy[i % 2]! += rows[i]! ** 2 / 80;
  }
  expect(energy[0]).toBeCloseTo(1, 4);
  expect(energy[1]).toBeCloseTo(4, 4);
  const [, second] = projection;
  expect(second!.kernel[1]! / second!.kernel[0]!).toBeCloseTo(4 / 3, 4);
  expect(second!.kernel[2]).toBe(0);
});

test("a kernel multiplied by the projection does to whole vectors what it did to projected ones", () => {
  const x = sequences();
  const projection = fitBlockProjection(x, blocks, 2);
  const kernel = Float32Array.of(1, -2, 0.5, 3, -1, 2, 0.25, 4);
  const whole = unprojectBlocks(kernel, projection, 2);
  expect(whole).toHaveLength(10);
  const times = (row: Float32Array, by: Float32Array): number[] =>
    [0, 1].map((w) => row.reduce((sum, value, d) => sum + value * by[d * 2 + w]!, 0));
  for (const vectors of x.slice(0, 3)) {
    const few = times(projectBlocks(vectors.subarray(0, 5), projection), kernel);
    const all = times(vectors.subarray(0, 5), whole);
    expect(all[0]).toBeCloseTo(few[0]!, 4);
    expect(all[1]).toBeCloseTo(few[1]!, 4);
  }
});

test("a block without any variation gives zeros, not NaN", () => {
  const still = sequences().map((each) => each.map((value, i) => (i % 5 < 2 ? 0 : value)));
  const projection = fitBlockProjection(still, blocks, 2);
  const projected = projectBlocks(still[0]!, projection);
  expect(projected.every(Number.isFinite)).toBe(true);
  expect(projected[0]).toBe(0);
});
