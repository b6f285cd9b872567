import type { DecodedBatch, FrameOutput } from "./decoder.js";
import { channelsOf, openFrameBatches } from "./frame-batches.js";
import { blit, place } from "./frame-geometry.js";
import type { Picture } from "./picture-file.js";

/** Scales the pictures taken for one output and collects them into batches. */
export interface PictureSink {
  /**
   * A picture as a frame of the output: uint8, row-major [height, width, 3] or [height, width].
   *
   * @throws Error of sharp where the picture does not decode.
   */
  scale(picture: Picture): Promise<Uint8Array>;
  /** Adds a frame as often as it is taken; gives back the batches that are full. */
  add(frame: Uint8Array, time: number, times: number): DecodedBatch[];
  /** The batch begun but not full. */
  rest(): DecodedBatch | undefined;
}

/** Opens the sink of the output with this index. */
export function openPictureSink(
  output: FrameOutput,
  index: number,
  batchSize: number,
): PictureSink {
  const { width, height } = output;
  const channels = channelsOf(output);
  const batches = openFrameBatches(output, index, batchSize);
  const asIs = place({ ...output, sampleAspectRatio: 1, rotation: 0 }, width, height, "stretch");
  return {
    async scale(picture) {
      const upright = { ...picture, sampleAspectRatio: 1, rotation: 0 };
      const placement = place(upright, width, height, output.fit);
      const { data, info } = await picture
        .open()
        // Cubic, as the scaler for videos.
        .resize(placement.scaledWidth, placement.scaledHeight, { fit: "fill", kernel: "cubic" })
        .raw()
        .toBuffer({ resolveWithObject: true });
      if (info.channels !== 3) throw new Error(`it decodes to ${info.channels} channels, not 3`);
      const pixels = channels === 3 ? data : luma(data);
      if (placement.scaledWidth === width && placement.scaledHeight === height) return pixels;
      const frame = new Uint8Array(width * height * channels);
      blit(pixels, placement, frame, width, height, channels);
      return frame;
    },
    add: (frame, time, times) => batches.add(frame, asIs, time, times),
    rest: batches.rest,
  };
}

/** Luma of RGB pixels (ITU-R BT.601), as a JPEG or GIF's grey comes out of FFmpeg's scaler. */
function luma(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]! + 0.5;
  }
  return grey;
}
