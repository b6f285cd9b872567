import { expect, test } from "vitest";
import { float16ToFloat32 } from "../../src/features/tflite/float16.js";

/** The number that these bits stand for. */
function numberOf(bits: number): number {
  return float16ToFloat32(Uint8Array.of(bits & 0xff, bits >> 8))[0]!;
}

// From the table of examples in https://en.wikipedia.org/wiki/Half-precision_floating-point_format
test.each([
  [0x0000, 0],
  [0x8000, -0],
  [0x3c00, 1],
  [0x3c01, 1.0009765625],
  [0x3bff, 0.99951171875],
  [0xc000, -2],
  [0x3555, 0.333251953125],
  [0x7bff, 65504],
  [0xfbff, -65504],
  [0x0400, 2 ** -14],
  [0x03ff, 1023 * 2 ** -24],
  [0x0001, 2 ** -24],
  [0x8001, -(2 ** -24)],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
  [0xfe01, Number.NaN],
])("the bits %i stand for %d", (bits, value) => {
  expect(numberOf(bits)).toBe(value);
});

test("larger bits are larger numbers, over all positive ones", () => {
  let before = -1;
  for (let bits = 0; bits <= 0x7c00; bits++) {
    const value = numberOf(bits);
    expect(value > before).toBe(true);
    before = value;
  }
});

test("bytes are read in pairs, from wherever they lie", () => {
  const bytes = Uint8Array.of(0xff, 0x00, 0x3c, 0x00, 0xc0, 0x7f);
  expect([...float16ToFloat32(bytes.subarray(1, 5))]).toEqual([1, -2]);
  expect(float16ToFloat32(new Uint8Array())).toHaveLength(0);
});
