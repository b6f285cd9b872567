/** Pictures whose motion is known at every pixel. bench/peer/flow_reference.py makes the same ones. */
import type { Flow } from "../../../src/features/motion/lucas-kanade.js";

export const width = 80;
export const height = 60;

/** Pixels that the point at (x, y) moves, to the right and down. */
export type Motion = (x: number, y: number) => readonly [number, number];

/** Everything moves alike. */
export const shift =
  (u: number, v: number): Motion =>
  () => [u, v];

/** [[a, b], [c, d]] times the place, from the middle of the picture. */
export const linear =
  (a: number, b: number, c: number, d: number): Motion =>
  (x, y) => [a * (x - 39.5) + b * (y - 29.5), c * (x - 39.5) + d * (y - 29.5)];

/** What the reference has figures of. */
export const motions: Readonly<Record<string, Motion>> = {
  still: shift(0, 0),
  "part of a pixel": shift(0.4, -0.3),
  "a pixel and a half": shift(1.5, -0.75),
  "four pixels": shift(4, 2),
  turn: linear(0, -0.05, 0.05, 0),
  zoom: linear(0.04, 0, 0, 0.04),
};

/** Brightness of the texture at a place: twelve waves, around 0. */
export function texture(x: number, y: number): number {
  let total = 0;
  for (let i = 0; i < 12; i++) {
    const angle = 2.399963 * i;
    const wave = (2 * Math.PI) / (8 + 2 * ((5 * i) % 13));
    total += Math.sin(wave * (Math.cos(angle) * x + Math.sin(angle) * y) + i * i);
  }
  return total;
}

/**
 * A grey picture, uint8 [60, 80], of the texture where each pixel goes to. Before the picture of no motion, it is the
 * picture that moves so.
 *
 * @param noise levels added to each pixel, of its index
 */
export function picture(motion: Motion, noise: (index: number) => number = () => 0): Uint8Array {
  const levels = Uint8ClampedArray.from({ length: width * height }, (_, index) => {
    const x = index % width;
    const y = Math.floor(index / width);
    const [u, v] = motion(x, y);
    return Math.floor(128.5 + 24 * texture(x + u, y + v) + noise(index));
  });
  return new Uint8Array(levels.buffer);
}

/** The mean distance, in pixels, of a flow from what it should be; `margin` pixels at the border are left out. */
export function meanError(flow: Flow, motion: Motion, margin: number): number {
  let sum = 0;
  let n = 0;
  for (let y = margin; y < height - margin; y++) {
    for (let x = margin; x < width - margin; x++) {
      const [u, v] = motion(x, y);
      sum += Math.hypot(flow.u[y * width + x]! - u, flow.v[y * width + x]! - v);
      n += 1;
    }
  }
  return sum / n;
}
