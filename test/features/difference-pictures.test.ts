import fc from "fast-check";
import { expect, test } from "vitest";
import { createDifferencePictures } from "../../src/features/difference-pictures.js";

test("a difference is 128 and twice the change, within a byte", () => {
  const before = Uint8Array.of(100, 100, 100, 0, 255, 7);
  const after = Uint8Array.of(100, 110, 95, 255, 0, 8);
  expect([...createDifferencePictures(2).between(before, after)]).toEqual([
    128, 148, 118, 255, 0, 130,
  ]);
});

test("any two frames give the change at each value, rounded", () => {
  const pair = fc.array(fc.tuple(fc.nat(255), fc.nat(255)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(pair, fc.constantFrom(0.5, 1, 3), (levels, gain) => {
      const [before, after] = [0, 1].map((k) => Uint8Array.from(levels, (each) => each[k]!));
      const found = createDifferencePictures(gain).between(before!, after!);
      for (const [i, [from, to]] of levels.entries()) {
        const expected = Math.min(Math.max(128 + gain * (to - from), 0), 255);
        expect(Math.abs(found[i]! - expected)).toBeLessThanOrEqual(0.5);
      }
    }),
  );
});

test("what does not fit is refused by name", () => {
  expect(() => createDifferencePictures(Number.NaN)).toThrow(/gain .* above 0/);
  expect(() => createDifferencePictures(0)).toThrow(/gain .* above 0; it is 0/);
  const pictures = createDifferencePictures(2);
  expect(() => pictures.between(new Uint8Array(4), new Uint8Array(3))).toThrow(
    /hold 4 and 3 bytes/,
  );
});
