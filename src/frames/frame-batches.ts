import { MuybridgeError } from "../core/errors.js";
import type { DecodedBatch, FrameOutput } from "./decoder.js";
import { blit, type Placement } from "./frame-geometry.js";

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

/** Colours of a pixel, a byte each. */
export function channelsOf({ pixelFormat }: Pick<FrameOutput, "pixelFormat">): number {
  return pixelFormat === "rgb24" ? 3 : 1;
}

/** Gathers the scaled pictures of one output into batches. */
export interface FrameBatches {
  /**
   * Puts a scaled picture to its place in the output, as often as it is taken; gives back the batches that are full.
   *
   * @param scaled uint8, row-major [scaledHeight, scaledWidth, channels] of the placement
   * @param time seconds from the clip's first frame
   */
  add(scaled: Uint8Array, placement: Placement, time: number, times: number): DecodedBatch[];
  /** The batch begun but not full. */
  rest(): DecodedBatch | undefined;
}

/** Opens the batches of the output with this index. */
export function openFrameBatches(
  output: FrameOutput,
  index: number,
  batchSize: number,
): FrameBatches {
  const { width, height } = output;
  const channels = channelsOf(output);
  const size = width * height * channels;
  let frames: Uint8Array | undefined;
  let timestamps: number[] = [];

  const flush = (): DecodedBatch => {
    const n = timestamps.length;
    const batch = {
      output: index,
      frames: n === batchSize ? frames! : frames!.slice(0, n * size),
      timestamps: Float64Array.from(timestamps),
      n,
    };
    frames = undefined;
    timestamps = [];
    return batch;
  };

  return {
    add(scaled, placement, time, times) {
      const full: DecodedBatch[] = [];
      const { rotation, scaledWidth, scaledHeight } = placement;
      const asIs = rotation === 0 && scaledWidth === width && scaledHeight === height;
      for (let i = 0; i < times; i++) {
        frames ??= new Uint8Array(batchSize * size);
        const at = timestamps.length * size;
        const target = frames.subarray(at, at + size);
        if (asIs) target.set(scaled);
        else blit(scaled, placement, target, width, height, channels);
        timestamps.push(time);
        if (timestamps.length === batchSize) full.push(flush());
      }
      return full;
    },
    rest: () => (timestamps.length > 0 ? flush() : undefined),
  };
}
