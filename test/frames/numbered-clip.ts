import { join } from "node:path";
import type { FrameBatch } from "../../src/frames/decoder.js";
import { type SampleOptions, sampleFrames } from "../../src/frames/sample-frames.js";
import { writeVideo } from "../../src/frames/video-writer.js";

/** Grey levels from one frame to the next: more than encoding and colour conversion blur together. */
const step = 4;

/** Grey level of the first frame, in steps. */
const offset = 3;

/** Options of {@link writeNumberedClip}. */
export interface NumberedClipOptions {
  /** Frames, 60 at most. */
  readonly frames: number;
  /** Hertz. */
  readonly frameRate?: number;
  /** Frames from one keyframe to the next, at most. */
  readonly keyframeInterval?: number;
}

/** Writes a clip of 64 x 48 pixels in which the i-th frame is plain grey and tells i by its brightness. */
export async function writeNumberedClip(
  directory: string,
  { frames, frameRate = 10, keyframeInterval = 250 }: NumberedClipOptions,
): Promise<string> {
  const [width, height] = [64, 48];
  const path = join(directory, `numbered-${frames}-${frameRate}-${keyframeInterval}.mp4`);
  const pictures = Array.from({ length: frames }, (_, i) =>
    new Uint8Array(width * height * 3).fill(step * (offset + i)),
  );
  await writeVideo(path, pictures, { width, height, frameRate, keyframeInterval });
  return path;
}

/** The numbers that the frames of a batch tell. */
export function numbersOf({ frames, n }: FrameBatch): number[] {
  const size = frames.length / n;
  return Array.from({ length: n }, (_, i) => Math.floor(frames[i * size]! / step - offset + 0.5));
}

/** What sampling a numbered clip gives: the numbers of the frames, and their times in seconds. */
export async function sampleNumbers(
  path: string,
  options: SampleOptions,
): Promise<{ numbers: number[]; timestamps: number[] }> {
  const numbers: number[] = [];
  const timestamps: number[] = [];
  for await (const batch of sampleFrames(path, { size: 8, ...options })) {
    numbers.push(...numbersOf(batch));
    timestamps.push(...batch.timestamps);
  }
  return { numbers, timestamps };
}

/** The frames that a plan of `count` is to take: the middles of `count` equal parts. */
export function middles(frames: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * frames) / count));
}
