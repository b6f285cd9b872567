import { beforeAll, expect, test } from "vitest";
import { equalSteps } from "../../../src/features/motion/motion-steps.js";
import type {
  StreamFrames,
  StreamInput,
  StreamSource,
} from "../../../src/features/streams/feature-stream.js";

/** A film: its brightness at a place and a time, all from 0 to 1. */
export type Film = (x: number, y: number, time: number) => number;

/** Waves of which a patch goes to and fro and up and down, before others that stand. */
export const moving: Film = (x, y, time) => {
  const left = x - 0.3 - 0.2 * Math.sin(4 * time);
  const top = y - 0.4 - 0.15 * Math.sin(7 * time);
  return left >= 0 && left < 0.35 && top >= 0 && top < 0.4
    ? 0.5 + 0.25 * Math.sin(20 * left) + 0.2 * Math.sin(17 * top + 9 * left)
    : 0.5 + 0.2 * Math.sin(31 * x + 23 * y);
};

/** The first picture of it. */
export const still: Film = (x, y) => moving(x, y, 0);

/** Seconds of the films. */
const duration = 2;

/** The frames that an input wants of a film, at steps in the middles of equal parts. */
function framesOf(
  film: Film,
  { when, width, height, pixelFormat }: StreamInput,
  steps: number,
): StreamFrames {
  const times =
    "rate" in when
      ? Array.from({ length: Math.ceil(duration * when.rate) }, (_, i) => i / when.rate)
      : Array.from({ length: steps }, (_, i) => ((i + 0.5) * duration) / steps + when.shift);
  const channels = pixelFormat === "rgb24" ? 3 : 1;
  const frames = new Uint8Array(times.length * width * height * channels);
  let at = 0;
  for (const time of times) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const level = 255 * film(x / width, y / height, time);
        for (let c = 0; c < channels; c++) frames[at++] = level;
      }
    }
  }
  return { frames, timestamps: Float64Array.from(times), n: times.length };
}

/** What a source tells of a film, stream by stream, when its frames come in batches of so many, the inputs in turn. */
export async function tellAll(
  source: StreamSource,
  film: Film,
  { steps = 8, batch = 16 } = {},
): Promise<Float32Array[]> {
  const clip = source.open();
  const all = source.inputs.map((input) => framesOf(film, input, steps));
  const most = Math.max(...all.map(({ n }) => n));
  for (let from = 0; from < most; from += batch) {
    for (const [input, { frames, timestamps, n }] of all.entries()) {
      const to = Math.min(from + batch, n);
      if (to <= from) continue;
      const size = frames.length / n;
      await clip.push(input, {
        frames: frames.subarray(from * size, to * size),
        timestamps: timestamps.subarray(from, to),
        n: to - from,
      });
    }
  }
  return clip.rows(equalSteps(0, duration, steps)).map((rows) => rows.slice());
}

/** The same of a source of one stream. */
export async function tell(
  source: StreamSource,
  film: Film,
  options: Parameters<typeof tellAll>[2] = {},
): Promise<Float32Array> {
  const rows = await tellAll(source, film, options);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

/** The vector of a step, of a source of one stream. */
export function stepOf(rows: Float32Array, step: number, { streams }: StreamSource): number[] {
  const { dimension } = streams[0]!;
  return [...rows.subarray(step * dimension, (step + 1) * dimension)];
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

/** What every stream must do, opened alone. To be called inside a `describe`. */
export function testStream(open: () => StreamSource): void {
  let source: StreamSource;
  let rows: Float32Array;
  beforeAll(async () => {
    source = open();
    rows = await tell(source, moving);
  });

  test("a clip gives as many vectors as steps, of finite numbers that are not all the same", () => {
    expect(rows).toBeInstanceOf(Float32Array);
    expect(rows).toHaveLength(8 * source.streams[0]!.dimension);
    expect(rows.every(Number.isFinite)).toBe(true);
    expect(new Set(stepOf(rows, 3, source)).size).toBeGreaterThan(5);
  });

  test("it sees frames of one size each input, one a step or at a rate", () => {
    expect(source.inputs.length).toBeGreaterThan(0);
    for (const { width, height, when } of source.inputs) {
      expect(Number.isInteger(width) && Number.isInteger(height)).toBe(true);
      expect("rate" in when ? when.rate > 0 : Number.isFinite(when.shift)).toBe(true);
    }
  });

  test("the same clip gives the same bits again, also while another is open", async () => {
    const other = source.open();
    const [input] = source.inputs;
    await other.push(0, framesOf(still, input!, 8));
    expect(await tell(source, moving)).toEqual(rows);
    expect(await tell(open(), moving)).toEqual(rows);
  });

  test.each([1, 3, 100])("batches of %i frames give the same", async (batch) => {
    const found = await tell(source, moving, { batch });
    expect(found).toHaveLength(rows.length);
    expect(distance([...found], [...rows])).toBeLessThan(1e-4);
  });

  test("vectors stand where their steps are in time", async () => {
    // Waves for the first half, and then the last picture of them for good.
    const halting: Film = (x, y, time) => moving(x, y, Math.min(time, duration / 2));
    const found = await tell(source, halting);
    expect(distance(stepOf(found, 1, source), stepOf(rows, 1, source))).toBeLessThan(1e-4);
    expect(distance(stepOf(found, 7, source), stepOf(rows, 7, source))).toBeGreaterThan(0.01);
  });

  test("a still picture gives the same vector at every step", async () => {
    const found = await tell(source, still);
    for (let step = 1; step < 8; step++) {
      expect(stepOf(found, step, source)).toEqual(stepOf(found, 0, source));
    }
  });

  test("a clip of one frame has its vector", async () => {
    const clip = source.open();
    for (const [index, input] of source.inputs.entries()) {
      const { frames } = framesOf(still, { ...input, when: { shift: 0 } }, 1);
      await clip.push(index, { frames, timestamps: Float64Array.of(0), n: 1 });
    }
    const found = clip.rows(equalSteps(0, 0.04, 1))[0]!;
    expect(found).toHaveLength(source.streams[0]!.dimension);
    expect(found.every(Number.isFinite)).toBe(true);
  });

  test("frames of another size are refused", async () => {
    for (const index of source.inputs.keys()) {
      const wrong = { frames: new Uint8Array(1001), timestamps: Float64Array.of(0), n: 1 };
      await expect(source.open().push(index, wrong)).rejects.toThrow(RangeError);
    }
  });
}
