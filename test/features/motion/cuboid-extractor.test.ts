import { expect, test } from "vitest";
import { createCuboidExtractor } from "../../../src/features/motion/cuboid-extractor.js";
import { createMotionExtractor } from "../../../src/features/motion/motion-extractor.js";
import { linear, picture } from "./moving-pictures.js";

/** Seconds from frame to frame. */
const gap = 1 / 15;

/** The motion over fine cells of so many frames, which turn from a frame to the next by so much. */
function turning(n: number, by: number) {
  const frames = Buffer.concat(
    Array.from({ length: n }, (_, i) => picture(linear(0, by * i, -by * i, 0))),
  );
  const times = Float64Array.from({ length: n }, (_, i) => i * gap);
  return createMotionExtractor({ columns: 16, rows: 12 }).push(frames, times, n);
}

const turn = turning(8, 0.06);

test("steps have the cuboids whose middles lie in them, and one without any the nearest", () => {
  const { open } = createCuboidExtractor();
  const rowsOf = (...edges: readonly number[]): Float32Array[] => {
    const clip = open();
    clip.push(turn);
    const rows = clip.rows(Float64Array.from(edges, (edge) => edge * gap));
    return edges.slice(1).map((_, step) => rows.subarray(step * 1536, (step + 1) * 1536));
  };
  // Of 7 pairs, 5 in each cuboid: middles at 2.5, 3.5 and 4.5 frames.
  const [first, second, third, none] = rowsOf(2, 3, 4, 5, 9);
  expect(new Set([first, second, third].map(String)).size).toBe(3);
  expect(none).toEqual(third);
  // Values are signed roots: the squares of several moments are averaged.
  const [all] = rowsOf(0, 9);
  for (const [d, value] of all!.entries()) {
    const moments = [first!, second!, third!].map((row) => row[d]! * Math.abs(row[d]!));
    const mean = (moments[0]! + moments[1]! + moments[2]!) / 3;
    expect(Math.abs(value * Math.abs(value) - mean)).toBeLessThan(1e-3);
  }
});

test("clips that are open at once do not see each other's cuboids", () => {
  const other = turning(8, -0.04);
  const { open } = createCuboidExtractor();
  const edges = Float64Array.of(0, 0.3, 0.6);
  const alone = [turn, other].map((motion) => {
    const clip = open();
    clip.push(motion);
    return clip.rows(edges);
  });
  expect(alone[0]).not.toEqual(alone[1]);
  const clips = [turn, other].map((motion) => ({ motion, clip: open() }));
  for (let i = 0; i < turn.n; i++) {
    for (const { motion, clip } of clips) {
      const vectors = motion.vectors.subarray(i * 4800, (i + 1) * 4800);
      clip.push({ vectors, timestamps: motion.timestamps.subarray(i, i + 1), n: 1 });
    }
  }
  expect(clips.map(({ clip }) => clip.rows(edges))).toEqual(alone);
});

test("a video shorter than a cuboid has what it has, and one of a single frame nothing", () => {
  const { open } = createCuboidExtractor();
  const short = open();
  short.push(turning(3, 0.06));
  expect(short.rows(Float64Array.of(0, 0.2)).some((value) => value !== 0)).toBe(true);
  const single = open();
  single.push(turning(1, 0.06));
  expect(single.rows(Float64Array.of(0, 0.1, 0.2))).toEqual(new Float32Array(2 * 1536));
});

test("both engines tell the same of a film", () => {
  const [fast, plain] = (["webassembly", "javascript"] as const).map((engine) => {
    const clip = createCuboidExtractor(engine).open();
    clip.push(turn);
    return clip.rows(Float64Array.of(0, 0.5));
  }) as [Float32Array, Float32Array];
  const length = Math.hypot(...plain);
  expect(length).toBeGreaterThan(1);
  expect(Math.hypot(...fast.map((value, d) => value - plain[d]!)) / length).toBeLessThan(1e-3);
});
