import fc from "fast-check";
import { expect, test } from "vitest";
import {
  blit,
  displaySize,
  type Placement,
  place,
  type StoredPicture,
} from "../../src/frames/frame-geometry.js";

const plain = { sampleAspectRatio: 1, rotation: 0 };

/** A placement that neither scales nor moves, with a turn. */
function turned(scaledWidth: number, scaledHeight: number, rotation: number): Placement {
  return { scaledWidth, scaledHeight, rotation, left: 0, top: 0 };
}

function blitted(
  source: readonly number[],
  placement: Placement,
  [width, height]: readonly [number, number],
): number[] {
  const target = new Uint8Array(width * height);
  blit(Uint8Array.from(source), placement, target, width, height, 1);
  return [...target];
}

test("a picture is shown turned, and with square pixels", () => {
  const picture = { width: 720, height: 576, sampleAspectRatio: 16 / 15, rotation: 0 };
  expect(displaySize(picture)).toEqual({ width: 768, height: 576 });
  expect(displaySize({ ...picture, rotation: 90 })).toEqual({ width: 576, height: 768 });
  expect(displaySize({ ...picture, rotation: 180 })).toEqual({ width: 768, height: 576 });
  // Neither side shrinks: tall pixels make the picture higher.
  expect(displaySize({ ...picture, sampleAspectRatio: 0.5 })).toEqual({ width: 720, height: 1152 });
});

test("stretch scales to the output, sides exchanged where the picture is turned", () => {
  const picture = { width: 320, height: 240, ...plain };
  expect(place(picture, 100, 50, "stretch")).toEqual(turned(100, 50, 0));
  expect(place({ ...picture, rotation: 90 }, 100, 50, "stretch")).toEqual(turned(50, 100, 90));
});

test("crop fills the output and cuts the same from both sides", () => {
  expect(place({ width: 320, height: 240, ...plain }, 120, 120, "crop")).toEqual({
    ...turned(160, 120, 0),
    left: -20,
  });
  expect(place({ width: 240, height: 320, ...plain }, 120, 120, "crop")).toEqual({
    ...turned(120, 160, 0),
    top: -20,
  });
});

test("pad leaves the same on both sides", () => {
  expect(place({ width: 320, height: 240, ...plain }, 160, 160, "pad")).toEqual({
    ...turned(160, 120, 0),
    top: 20,
  });
  expect(place({ width: 320, height: 240, ...plain, rotation: 270 }, 160, 160, "pad")).toEqual({
    ...turned(160, 120, 270),
    left: 20,
  });
});

test("a picture a thousand times as wide as high does not ask for gigabytes", () => {
  const { scaledWidth, scaledHeight } = place(
    { width: 10_000, height: 10, ...plain },
    224,
    224,
    "crop",
  );
  expect(scaledWidth * scaledHeight).toBeLessThan(1_000_000);
  expect(scaledHeight).toBe(224);
});

test("cropping covers the output, padding stays within it, both touch it on one axis", () => {
  const picture: fc.Arbitrary<StoredPicture> = fc.record({
    width: fc.integer({ min: 1, max: 4000 }),
    height: fc.integer({ min: 1, max: 4000 }),
    sampleAspectRatio: fc.constantFrom(1, 0.5, 12 / 11, 2),
    rotation: fc.constantFrom(0, 90, 180, 270),
  });
  const side = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(picture, side, side, (stored, width, height) => {
      for (const fit of ["crop", "pad"] as const) {
        const { scaledWidth, scaledHeight, left, top } = place(stored, width, height, fit);
        const upright = stored.rotation % 180 === 0;
        const [w, h] = upright ? [scaledWidth, scaledHeight] : [scaledHeight, scaledWidth];
        expect(w === width || h === height).toBe(true);
        if (fit === "crop") expect(w >= width && h >= height).toBe(true);
        else expect(w <= width && h <= height).toBe(true);
        // In the middle, to half a pixel.
        expect(Math.abs(2 * left + w - width)).toBeLessThanOrEqual(1);
        expect(Math.abs(2 * top + h - height)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("a picture is turned clockwise", () => {
  // 1 2 3
  // 4 5 6
  const source = [1, 2, 3, 4, 5, 6];
  expect(blitted(source, turned(3, 2, 0), [3, 2])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(blitted(source, turned(3, 2, 90), [2, 3])).toEqual([4, 1, 5, 2, 6, 3]);
  expect(blitted(source, turned(3, 2, 180), [3, 2])).toEqual([6, 5, 4, 3, 2, 1]);
  expect(blitted(source, turned(3, 2, 270), [2, 3])).toEqual([3, 6, 2, 5, 1, 4]);
});

test("what stands over is cut off, what is not covered stays", () => {
  const source = [1, 2, 3, 4, 5, 6];
  expect(blitted(source, { ...turned(3, 2, 0), left: -1 }, [1, 2])).toEqual([2, 5]);
  expect(blitted(source, { ...turned(3, 2, 0), top: -1 }, [3, 1])).toEqual([4, 5, 6]);
  expect(blitted(source, { ...turned(3, 2, 0), left: 1, top: 1 }, [5, 4])).toEqual([
    0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0,
  ]);
  expect(blitted(source, { ...turned(3, 2, 90), left: -1, top: 1 }, [1, 3])).toEqual([0, 1, 2]);
});

test("the channels of a pixel stay together", () => {
  const target = new Uint8Array(6);
  blit(Uint8Array.from([1, 2, 3, 4, 5, 6]), turned(2, 1, 90), target, 1, 2, 3);
  expect([...target]).toEqual([1, 2, 3, 4, 5, 6]);
  blit(Uint8Array.from([1, 2, 3, 4, 5, 6]), turned(2, 1, 180), target, 2, 1, 3);
  expect([...target]).toEqual([4, 5, 6, 1, 2, 3]);
});

test("a turn and its opposite give the picture back", () => {
  const side = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(0, 90, 180, 270), (width, height, rotation) => {
      const source = Array.from({ length: width * height }, (_, i) => i);
      const [w, h] = rotation % 180 === 0 ? [width, height] : [height, width];
      const there = blitted(source, turned(width, height, rotation), [w, h]);
      expect([...there].sort((a, b) => a - b)).toEqual(source);
      const back = blitted(there, turned(w, h, (360 - rotation) % 360), [width, height]);
      expect(back).toEqual(source);
    }),
  );
});
