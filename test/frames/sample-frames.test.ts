import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DecodeSummary, FrameBatch } from "../../src/frames/decoder.js";
import { createLibavDecoder } from "../../src/frames/libav-decoder.js";
import { type SampleOptions, sampleFrames } from "../../src/frames/sample-frames.js";
import { withStartCut } from "./mp4-boxes.js";
import { writeNoiseClip } from "./noise-clip.js";
import { middles, numbersOf, sampleNumbers, writeNumberedClip } from "./numbered-clip.js";
import { remux } from "./remux.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const sixSeconds = await writeNumberedClip(directory, { frames: 60 });

async function collect(path: string, options: SampleOptions): Promise<FrameBatch[]> {
  const batches: FrameBatch[] = [];
  for await (const batch of sampleFrames(path, options)) batches.push(batch);
  return batches;
}

function expectTimes(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((time, i) => {
    expect(time).toBeCloseTo(expected[i]!, 6);
  });
}

test.each([1, 2, 7, 16, 59, 60])("count %i spreads over the whole clip", async (count) => {
  const { numbers, timestamps } = await sampleNumbers(sixSeconds, { count });
  const expected = middles(60, count);
  expect(numbers).toEqual(expected);
  expectTimes(
    timestamps,
    expected.map((number) => number / 10),
  );
});

test("more frames asked for than there are repeats some", async () => {
  const short = await writeNumberedClip(directory, { frames: 3 });
  const { numbers, timestamps } = await sampleNumbers(short, { count: 8 });
  expect(numbers).toEqual([0, 0, 0, 1, 1, 2, 2, 2]);
  expectTimes(timestamps, [0, 0, 0, 0.1, 0.1, 0.2, 0.2, 0.2]);
});

test("a clip of one frame gives it as often as asked", async () => {
  const single = await writeNumberedClip(directory, { frames: 1 });
  expect(await sampleNumbers(single, { count: 3 })).toEqual({
    numbers: [0, 0, 0],
    timestamps: [0, 0, 0],
  });
});

test("fps takes the frame on screen at each of its times", async () => {
  const { numbers, timestamps } = await sampleNumbers(sixSeconds, { fps: 4 });
  const expected = Array.from({ length: 24 }, (_, k) => Math.floor((k / 4) * 10));
  expect(numbers).toEqual(expected);
  expectTimes(
    timestamps,
    expected.map((number) => number / 10),
  );
});

test("fps of the clip itself takes every frame once, twice that every frame twice", async () => {
  const all = Array.from({ length: 60 }, (_, i) => i);
  expect((await sampleNumbers(sixSeconds, { fps: 10 })).numbers).toEqual(all);
  const twice = all.flatMap((i) => [i, i]);
  expect((await sampleNumbers(sixSeconds, { fps: 20 })).numbers).toEqual(twice);
});

test("fps below one a clip takes its first frame", async () => {
  expect((await sampleNumbers(sixSeconds, { fps: 0.01 })).numbers).toEqual([0]);
});

test.each(["avi", "matroska", "mpegts", "flv", "nut"])(
  "the same frames come out of %s",
  async (container) => {
    const path = join(directory, `copy.${container}`);
    await remux(sixSeconds, path, { container });
    const { numbers, timestamps } = await sampleNumbers(path, { count: 12 });
    expect(numbers).toEqual(middles(60, 12));
    timestamps.forEach((time, i) => {
      // NUT and Matroska round times to their own clock.
      expect(time).toBeCloseTo(numbers[i]! / 10, 2);
    });
  },
);

test("what an edit list cuts off is neither counted nor taken", async () => {
  const path = join(directory, "trimmed.mp4");
  await writeFile(path, withStartCut(await readFile(sixSeconds), 4));
  const { numbers, timestamps } = await sampleNumbers(path, { count: 5 });
  expect(numbers).toEqual(middles(20, 5).map((i) => 40 + i));
  expectTimes(
    timestamps,
    middles(20, 5).map((i) => i / 10),
  );
  expect((await sampleNumbers(path, { fps: 1 })).numbers).toEqual([40, 50]);
});

test("batches are full but for the last", async () => {
  const sizes = (batches: FrameBatch[]): number[] => batches.map(({ n }) => n);
  expect(sizes(await collect(sixSeconds, { count: 10, batchSize: 4 }))).toEqual([4, 4, 2]);
  expect(sizes(await collect(sixSeconds, { count: 8, batchSize: 4 }))).toEqual([4, 4]);
  expect(sizes(await collect(sixSeconds, { count: 3, batchSize: 1 }))).toEqual([1, 1, 1]);
  expect(sizes(await collect(sixSeconds, { count: 20 }))).toEqual([16, 4]);
  // One frame that is taken more often than a batch holds fills several.
  const single = await writeNumberedClip(directory, { frames: 1 });
  expect(sizes(await collect(single, { count: 5, batchSize: 2 }))).toEqual([2, 2, 1]);
});

test("batches stay as they were when the next ones are read", async () => {
  const batches = await collect(sixSeconds, { count: 9, size: 8, batchSize: 3 });
  expect(batches.flatMap(numbersOf)).toEqual(middles(60, 9));
});

test("a batch's arrays have the lengths that are promised", async () => {
  const [batch] = await collect(sixSeconds, { count: 5, size: 33 });
  expect(batch?.frames).toBeInstanceOf(Uint8Array);
  expect(batch?.frames).toHaveLength(5 * 33 * 33 * 3);
  expect(batch?.timestamps).toBeInstanceOf(Float64Array);
  expect(batch?.timestamps).toHaveLength(5);
  const [usual] = await collect(sixSeconds, { count: 1 });
  expect(usual?.frames).toHaveLength(224 * 224 * 3);
});

test("two runs give the same bytes", async () => {
  const path = join(directory, "noise.mp4");
  await writeNoiseClip(path, 20);
  const [one, two] = [await collect(path, { count: 8 }), await collect(path, { count: 8 })];
  expect(one).toHaveLength(1);
  expect(Buffer.compare(one[0]!.frames, two[0]!.frames)).toBe(0);
  expect(one[0]!.timestamps).toEqual(two[0]!.timestamps);
});

test("the end is told once, with what was decoded", async () => {
  const told: DecodeSummary[] = [];
  await collect(sixSeconds, { count: 4, onEnd: (summary) => told.push(summary) });
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ truncated: false, info: { width: 64 } });
  expect(told[0]!.duration).toBeCloseTo(6, 6);
});

test("one pass serves several outputs, each with its plan, size and colour", async () => {
  const outputs = [
    { plan: { count: 3 }, width: 16, height: 8, pixelFormat: "rgb24", fit: "stretch" },
    { plan: { fps: 1 }, width: 5, height: 7, pixelFormat: "gray8", fit: "stretch" },
  ] as const;
  const sizes = [16 * 8 * 3, 5 * 7];
  const numbers: number[][] = [[], []];
  for await (const batch of createLibavDecoder().decode(sixSeconds, outputs, { batchSize: 4 })) {
    expect(batch.frames).toHaveLength(batch.n * sizes[batch.output]!);
    numbers[batch.output]!.push(...numbersOf(batch));
  }
  expect(numbers).toEqual([middles(60, 3), [0, 10, 20, 30, 40, 50]]);
});

test("a signal aborted beforehand stops it before the first frame", async () => {
  const reason = new Error("not wanted any more");
  const signal = AbortSignal.abort(reason);
  await expect(collect(sixSeconds, { count: 4, signal })).rejects.toBe(reason);
});

test("aborting within the loop ends it with the signal's reason, without another batch", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  let batches = 0;
  const reading = (async () => {
    for await (const _ of sampleFrames(sixSeconds, {
      fps: 10,
      size: 8,
      batchSize: 4,
      signal: controller.signal,
    })) {
      batches += 1;
      controller.abort(reason);
    }
  })();
  await expect(reading).rejects.toBe(reason);
  expect(batches).toBe(1);
});

test("aborting from outside ends it", async () => {
  const controller = new AbortController();
  const reading = collect(sixSeconds, { count: 60, signal: controller.signal });
  setImmediate(() => controller.abort());
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
});

test("leaving the loop early, again and again, leaves no file open", async () => {
  const openFiles = (): number =>
    process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  await collect(sixSeconds, { count: 1 });
  const before = openFiles();
  for (let i = 0; i < 50; i++) {
    for await (const batch of sampleFrames(sixSeconds, { count: 16, size: 32, batchSize: 2 })) {
      expect(batch.n).toBe(2);
      break;
    }
  }
  expect(openFiles()).toBeLessThanOrEqual(before);
  expect((await sampleNumbers(sixSeconds, { count: 4 })).numbers).toEqual(middles(60, 4));
});

test.each([
  ["count", { count: 0 }],
  ["count", { count: -3 }],
  ["count", { count: 2.5 }],
  ["count", { count: Number.NaN }],
  ["count", { count: 100_001 }],
  ["count", {}],
  ["count", { count: 4, fps: 2 }],
  ["fps", { fps: 0 }],
  ["fps", { fps: -1 }],
  ["fps", { fps: 1001 }],
  ["fps", { fps: Number.POSITIVE_INFINITY }],
  ["fps", { fps: Number.NaN }],
  ["size", { count: 1, size: 0 }],
  ["size", { count: 1, size: 4097 }],
  ["size", { count: 1, size: 22.4 }],
  ["size", { count: 1, size: Number.NaN }],
  ["fit", { count: 1, fit: "squeeze" }],
  ["batchSize", { count: 1, batchSize: 0 }],
  ["batchSize", { count: 1, batchSize: -1 }],
  ["batchSize", { count: 1, batchSize: 1.5 }],
  ["batchSize", { count: 1, batchSize: 1e9 }],
])("%s out of range is refused: %o", async (parameter, options) => {
  await expect(collect(sixSeconds, options as SampleOptions)).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter,
  });
});
