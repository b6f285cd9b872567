import { expect } from "vitest";
import type {
  DecodeOptions,
  Decoder,
  DecodeSummary,
  FrameOutput,
} from "../../src/frames/decoder.js";

/** The frames of one output, each by itself, and their times in seconds. */
export interface OutputFrames {
  readonly frames: readonly Uint8Array[];
  readonly timestamps: readonly number[];
}

/** All that a decoder gives of a video. */
export interface Decoded {
  readonly outputs: readonly OutputFrames[];
  readonly summary: DecodeSummary;
}

/** Decodes a video and takes the batches apart; checks what holds for every decoder and every video. */
export async function decodeAll(
  decoder: Decoder,
  path: string,
  outputs: readonly FrameOutput[],
  options: DecodeOptions = {},
): Promise<Decoded> {
  const { batchSize = 16 } = options;
  const collected = outputs.map(() => ({
    frames: [] as Uint8Array[],
    timestamps: [] as number[],
  }));
  const told: DecodeSummary[] = [];
  const onEnd = (summary: DecodeSummary): void => void told.push(summary);
  for await (const batch of decoder.decode(path, outputs, { ...options, onEnd })) {
    const { width, height, pixelFormat } = outputs[batch.output]!;
    const size = width * height * (pixelFormat === "rgb24" ? 3 : 1);
    expect(batch.n).toBeGreaterThan(0);
    expect(batch.n).toBeLessThanOrEqual(batchSize);
    expect(batch.frames).toHaveLength(batch.n * size);
    expect(batch.timestamps).toHaveLength(batch.n);
    for (let i = 0; i < batch.n; i++) {
      collected[batch.output]!.frames.push(batch.frames.slice(i * size, (i + 1) * size));
    }
    collected[batch.output]!.timestamps.push(...batch.timestamps);
  }
  expect(told).toHaveLength(1);
  for (const { timestamps } of collected) {
    expect(timestamps).toEqual([...timestamps].sort((a, b) => a - b));
  }
  return { outputs: collected, summary: told[0]! };
}

/** Mean absolute difference of two frames, in levels of 255. */
export function difference(one: Uint8Array, other: Uint8Array): number {
  expect(one).toHaveLength(other.length);
  let sum = 0;
  for (const [i, level] of one.entries()) sum += Math.abs(level - other[i]!);
  return sum / one.length;
}

/** Expects the same frames at the same times. */
export function expectSame(one: Decoded, other: Decoded, what: string): void {
  for (const [index, expected] of one.outputs.entries()) {
    const actual = other.outputs[index]!;
    expect(actual.timestamps.length, `${what}: number of frames`).toBe(expected.timestamps.length);
    for (const [i, time] of expected.timestamps.entries()) {
      expect(Math.abs(actual.timestamps[i]! - time), `${what}: time of frame ${i}`).toBeLessThan(
        0.001,
      );
      const distance = difference(actual.frames[i]!, expected.frames[i]!);
      expect(distance, `${what}: levels of frame ${i} of output ${index}`).toBeLessThan(2);
    }
  }
}
