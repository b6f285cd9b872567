import type { Frame } from "node-av/lib";
import type { DecodedBatch, FrameOutput } from "./decoder.js";
import { channelsOf, openFrameBatches } from "./frame-batches.js";
import { place, type StoredPicture } from "./frame-geometry.js";
import type { Libav } from "./libav.js";
import { openPictureScaler } from "./picture-scaler.js";

/** Collects the frames taken for one output into batches. */
export interface FrameSink {
  /** Scales a decoded frame and adds it, as often as it is taken; gives back the batches that are full. */
  add(frame: Frame, picture: StoredPicture, time: number, times: number): DecodedBatch[];
  /** The batch begun but not full. */
  rest(): DecodedBatch | undefined;
  close(): void;
}

/** Opens the sink of the output with this index. */
export function openFrameSink(
  libav: Libav,
  output: FrameOutput,
  index: number,
  batchSize: number,
): FrameSink {
  const scaler = openPictureScaler(libav, channelsOf(output) === 1);
  const batches = openFrameBatches(output, index, batchSize);
  return {
    add(frame, picture, time, times) {
      const placement = place(picture, output.width, output.height, output.fit);
      const pixels = scaler.scale(frame, placement.scaledWidth, placement.scaledHeight);
      return batches.add(pixels, placement, time, times);
    },
    rest: () => batches.rest(),
    close: () => scaler.close(),
  };
}
