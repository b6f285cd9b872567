import { expect } from "vitest";
import { createRandom } from "../../src/core/random.js";

/** Bytes of a frame of 224 x 224 pixels. */
export const frameSize = 224 * 224 * 3;

/** Seven pictures that nobody would mistake for one another. */
const pictures: readonly ((x: number, y: number, c: number) => number)[] = [
  () => 0,
  () => 255,
  (x) => x,
  (_, y) => y,
  (x, y) => (((x >> 4) + (y >> 4)) % 2) * 255,
  (x, y, c) => (Math.hypot(x - 112, y - 112) < 60 ? [230, 40, 20][c]! : [20, 60, 90][c]!),
  noise(),
];

/** Number of the pictures. */
export const n: number = pictures.length;

function noise(): () => number {
  const random = createRandom("noise");
  return () => random.integer(0, 255);
}

/** The pictures as frames, uint8 RGB [n, 224, 224, 3]. */
export const frames: Uint8Array = new Uint8Array(n * frameSize);
for (const [i, levelAt] of pictures.entries()) {
  for (let p = 0; p < 224 * 224; p++) {
    for (let c = 0; c < 3; c++) {
      frames[i * frameSize + p * 3 + c] = levelAt(p % 224, Math.floor(p / 224), c);
    }
  }
}

/** One of the pictures. */
export function frame(i: number): Uint8Array {
  return frames.subarray(i * frameSize, (i + 1) * frameSize);
}

/** The features of one frame of several. */
export function row(features: Float32Array, i: number, dimension = 1280): number[] {
  return [...features.subarray(i * dimension, (i + 1) * dimension)];
}

/** The largest difference between two vectors. */
export function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

/** The cosine of the angle between two vectors. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (u: readonly number[], v: readonly number[]): number =>
    u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
