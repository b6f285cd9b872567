import fc from "fast-check";
import { expect, test } from "vitest";
import { extractDistinct } from "../../src/features/extract-distinct.js";

/** Frames of one pixel each; the features of a frame are its three levels. Counts what is computed. */
function counting() {
  let computed = 0;
  return {
    dimension: 3,
    extract: async (frames: Uint8Array, n: number) => {
      computed += n;
      return Float32Array.from(frames.subarray(0, n * 3));
    },
    computed: () => computed,
  };
}

test("frames equal to the one before are computed once, and all have their features", async () => {
  const levels = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(levels, async (numbers) => {
      const extractor = counting();
      const frames = Uint8Array.from(numbers.flatMap((level) => [level, 0, level]));
      const features = await extractDistinct(extractor, frames, numbers.length);
      expect([...features]).toEqual([...frames]);
      const changes = numbers.filter((level, i) => i === 0 || level !== numbers[i - 1]).length;
      expect(extractor.computed()).toBe(changes);
    }),
  );
});

test("the smallest difference makes another picture", async () => {
  const extractor = counting();
  await extractDistinct(extractor, Uint8Array.from([9, 9, 9, 9, 9, 8]), 2);
  expect(extractor.computed()).toBe(2);
});
