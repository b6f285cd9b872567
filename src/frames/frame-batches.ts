import { MuybridgeError } from "../core/errors.js";
import type { DecodedBatch } from "./decoder.js";

/** Frames a batch holds where the caller does not say. */
const defaultBatchSize = 16;

/** Most frames of a batch: at 224 x 224 it holds 0.6 GB. */
const maxBatchSize = 4096;

/**
 * Checks the batch size that a caller asks for, and fills in the usual one.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function chooseBatchSize(batchSize: number = defaultBatchSize): number {
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= maxBatchSize) return batchSize;
  throw new MuybridgeError(
    "ERR_USAGE",
    `batchSize must be a whole number from 1 to ${maxBatchSize}; it is ${batchSize}.`,
    { parameter: "batchSize" },
  );
}

/** Collects the frames of one output into batches. */
export interface FrameBatches {
  /** Adds a frame: `draw` fills its place, which is zero. Gives back the batch where it is full. */
  add(draw: (target: Uint8Array) => void, time: number): DecodedBatch | undefined;
  /** The batch begun but not full. */
  rest(): DecodedBatch | undefined;
}

/**
 * Opens a collection.
 *
 * @param output index of the output
 * @param frameBytes bytes of one frame
 * @param batchSize frames of a full batch
 */
export function openFrameBatches(
  output: number,
  frameBytes: number,
  batchSize: number,
): FrameBatches {
  let frames = new Uint8Array(batchSize * frameBytes);
  let timestamps: number[] = [];
  const flush = (): DecodedBatch => {
    const n = timestamps.length;
    const batch = {
      output,
      frames: n === batchSize ? frames : frames.slice(0, n * frameBytes),
      timestamps: Float64Array.from(timestamps),
      n,
    };
    frames = new Uint8Array(batchSize * frameBytes);
    timestamps = [];
    return batch;
  };
  return {
    add(draw, time) {
      const at = timestamps.length * frameBytes;
      draw(frames.subarray(at, at + frameBytes));
      timestamps.push(time);
      return timestamps.length === batchSize ? flush() : undefined;
    },
    rest: () => (timestamps.length > 0 ? flush() : undefined),
  };
}
