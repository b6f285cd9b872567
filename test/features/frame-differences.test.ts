import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameDifferences } from "../../src/features/frame-differences.js";

test("a difference is 128 and twice the change, within a byte", () => {
  const before = Uint8Array.of(100, 100, 100, 0, 255, 7);
  const after = Uint8Array.of(100, 110, 95, 255, 0, 8);
  const differences = createFrameDifferences(6).push(Buffer.concat([before, after]), 2);
  expect([...differences]).toEqual([128, 148, 118, 255, 0, 130]);
});

test("frames are compared with the one a gap before, however they are handed over", () => {
  const video = fc.record({
    frames: fc.array(fc.uint8Array({ minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 9 }),
    gap: fc.integer({ min: 1, max: 4 }),
    batch: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(video, ({ frames, gap, batch }) => {
      const differences = createFrameDifferences(3, { gap, gain: 0.5 });
      const found: number[] = [];
      // One buffer for all, as a decoder may have it.
      const buffer = new Uint8Array(batch * 3);
      for (let i = 0; i < frames.length; i += batch) {
        const part = frames.slice(i, i + batch);
        buffer.set(Buffer.concat(part));
        found.push(...differences.push(buffer.subarray(0, part.length * 3), part.length));
      }
      const expected = frames
        .slice(gap)
        .flatMap((frame, i) => [...frame].map((level, k) => 128 + 0.5 * (level - frames[i]![k]!)));
      expect(found).toHaveLength(expected.length);
      for (const [i, value] of found.entries()) {
        expect(Math.abs(value - Math.min(Math.max(expected[i]!, 0), 255))).toBeLessThanOrEqual(0.5);
      }
    }),
  );
});

test("what does not fit is refused by name", () => {
  expect(() => createFrameDifferences(3, { gap: 0 })).toThrow(/gap .* 1 to 256; it is 0/);
  expect(() => createFrameDifferences(3, { gain: Number.NaN })).toThrow(/gain .* above 0/);
  expect(() => createFrameDifferences(3).push(new Uint8Array(4), 1)).toThrow(/n \* 3 bytes/);
});
