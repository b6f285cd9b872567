import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DecodeSummary } from "../../src/frames/decoder.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";
import { topBoxes, withHeaderFirst } from "./mp4-boxes.js";
import { writeNoiseClip } from "./noise-clip.js";
import { sampleNumbers, writeNumberedClip } from "./numbered-clip.js";
import { remux } from "./remux.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const noise = join(directory, "noise.mp4");
await writeNoiseClip(noise, 40);

interface Outcome {
  readonly summary: DecodeSummary;
  readonly timestamps: readonly number[];
  /** How many frames decode. */
  readonly frames: number;
}

async function decodeAll(path: string): Promise<Outcome> {
  const timestamps: number[] = [];
  const told: DecodeSummary[] = [];
  const onEnd = (summary: DecodeSummary): void => void told.push(summary);
  for await (const batch of sampleFrames(path, { count: 8, size: 16, onEnd })) {
    timestamps.push(...batch.timestamps);
  }
  expect(told).toHaveLength(1);
  // A frame that does not decode is stood in for by another one.
  const times = new Set<number>();
  for await (const batch of sampleFrames(path, { fps: 10, size: 16 })) {
    for (const time of batch.timestamps) times.add(time);
  }
  return { summary: told[0]!, timestamps, frames: times.size };
}

async function write(name: string, content: Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

test.each(["avi", "matroska", "flv"])(
  "of a truncated %s what is there is decoded, and it is said",
  async (container) => {
    const whole = join(directory, `whole.${container}`);
    await remux(noise, whole, { container });
    expect(await decodeAll(whole)).toMatchObject({ frames: 40, summary: { truncated: false } });

    const bytes = await readFile(whole);
    const path = await write(`cut.${container}`, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const { summary, timestamps, frames } = await decodeAll(path);
    expect(summary.truncated).toBe(true);
    expect(frames).toBeGreaterThan(15);
    expect(frames).toBeLessThan(30);
    expect(summary.duration).toBeGreaterThan(1.5);
    expect(summary.duration).toBeLessThan(3);
    expect(timestamps).toHaveLength(8);
    expect(timestamps).toEqual([...timestamps].sort((a, b) => a - b));
    expect(timestamps.at(-1)).toBeLessThan(summary.duration);
  },
);

test("a transport stream that ends within a packet is noticed, though nothing in it tells its length", async () => {
  const whole = join(directory, "whole.ts");
  await remux(noise, whole, { container: "mpegts" });
  expect(await decodeAll(whole)).toMatchObject({ frames: 40, summary: { truncated: false } });

  const bytes = await readFile(whole);
  const packets = Math.floor((bytes.length * 0.6) / 188);
  const path = await write("cut.ts", bytes.subarray(0, packets * 188 + 100));
  const { summary, frames } = await decodeAll(path);
  expect(summary.truncated).toBe(true);
  expect(frames).toBeGreaterThan(15);
  expect(frames).toBeLessThan(30);
  // What some recorders put behind the last packet is no part of one.
  const padded = await write("padded.ts", Buffer.concat([bytes, Buffer.alloc(100)]));
  expect((await decodeAll(padded)).summary.truncated).toBe(false);
});

test("an .mp4 with its header first, cut within the pictures", async () => {
  const streamable = withHeaderFirst(await readFile(noise));
  const whole = await write("streamable.mp4", streamable);
  expect(await decodeAll(whole)).toMatchObject({ frames: 40, summary: { truncated: false } });

  const { start } = topBoxes(streamable).find(({ type }) => type === "mdat")!;
  const half = start + Math.floor((streamable.length - start) / 2);
  const { summary, frames } = await decodeAll(
    await write("half.mp4", streamable.subarray(0, half)),
  );
  expect(summary.truncated).toBe(true);
  expect(frames).toBeGreaterThan(10);
  expect(frames).toBeLessThan(30);
});

test("the frames before a cut are the ones they were", async () => {
  const streamable = withHeaderFirst(
    await readFile(await writeNumberedClip(directory, { frames: 60 })),
  );
  const { start } = topBoxes(streamable).find(({ type }) => type === "mdat")!;
  const half = start + Math.floor((streamable.length - start) / 2);
  const path = await write("numbered-half.mp4", streamable.subarray(0, half));
  const { numbers } = await sampleNumbers(path, { fps: 10 });
  expect(numbers.length).toBeGreaterThan(5);
  expect(numbers.length).toBeLessThan(60);
  // The last frames before the cut may lack what they refer to.
  const sound = numbers.slice(0, -4);
  expect(sound).toEqual(sound.map((_, i) => i));
});

test("damage in the middle costs some frames, not the video, and it is said", async () => {
  const bytes = await readFile(noise);
  const { start, end } = topBoxes(bytes).find(({ type }) => type === "mdat")!;
  const middle = (start + end) >> 1;
  bytes.fill(0, middle, middle + Math.floor((end - start) / 10));
  const { summary, timestamps, frames } = await decodeAll(await write("hole.mp4", bytes));
  expect(summary.truncated).toBe(true);
  expect(frames).toBeGreaterThan(32);
  expect(frames).toBeLessThan(40);
  expect(timestamps).toHaveLength(8);
  expect(timestamps.at(-1)).toBeGreaterThan(3);
});

test("bytes after the end do no harm", async () => {
  const path = await write("tail.mp4", Buffer.concat([await readFile(noise), Buffer.alloc(5000)]));
  expect((await decodeAll(path)).frames).toBe(40);
});
