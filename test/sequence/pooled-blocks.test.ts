import { describe, expect, test } from "vitest";
import { poolBlocks, pooledSize } from "../../src/sequence/pooled-blocks.js";

/** What one block of two values is pooled to. */
function pool(sequence: readonly number[], ...pools: Parameters<typeof pooledSize>[0]["pools"]) {
  const block = { dimension: 2, pools };
  const pooled = poolBlocks(Float32Array.from(sequence), [block]);
  expect(pooled).toHaveLength(pooledSize(block));
  return [...pooled];
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));

describe("power, of signed roots", () => {
  test("is the signed root of the mean of what they are roots of, brought to length 1", () => {
    // Roots of 4 and -9, and of 16 and 1: together 20 and -8, whose roots have a length of the root of 28.
    const pooled = pool([2, -3, 4, 1], "power");
    expect(pooled).toEqual(near([Math.sqrt(20 / 28), -Math.sqrt(8 / 28)]));
    expect(Math.hypot(...pooled)).toBeCloseTo(1, 6);
  });

  test("of opposite steps is what is left of them", () => {
    expect(pool([3, 1, -3, 1], "power")).toEqual(near([0, 1]));
  });

  test("is the same of a motion seen for longer, and of one that is fainter throughout", () => {
    const once = pool([2, -3, 4, 1], "power");
    expect(pool([2, -3, 2, -3, 4, 1, 4, 1], "power")).toEqual(near(once));
    expect(pool([0.2, -0.3, 0.4, 0.1], "power")).toEqual(near(once));
  });

  test("by halves is of each half alone, each of length 1", () => {
    // The middle step of five is in the second half.
    const steps = [3, 4, 3, 4, 0, -1, 2, 0, -2, 0];
    expect(pool(steps, "power-halves")).toEqual(near([0.6, 0.8, 0, -1]));
  });

  test("of a clip of one step is that step, of length 1, in both halves", () => {
    expect(pool([6, -8], "power", "power-halves")).toEqual(near([0.6, -0.8, 0.6, -0.8, 0.6, -0.8]));
  });

  test("of nothing stays nothing, also where only one half is", () => {
    expect(pool([0, 0, 0, 0], "power", "power-halves")).toEqual([0, 0, 0, 0, 0, 0]);
    expect(pool([0, 0, 0, 5], "power", "power-halves")).toEqual([0, 1, 0, 0, 0, 1]);
  });
});

test("blocks beside it do not come into its length", () => {
  // A step is one value to take the mean of, and two signed roots.
  const sequence = Float32Array.of(100, 3, 0, 300, 0, 4);
  const pooled = poolBlocks(sequence, [
    { dimension: 1, pools: ["mean"] },
    { dimension: 2, pools: ["power"] },
  ]);
  expect([...pooled]).toEqual(near([200, 0.6, 0.8]));
});
