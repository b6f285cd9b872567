import type { Frame, SoftwareScaleContext } from "node-av/lib";
import type { DecodedBatch, FrameOutput } from "./decoder.js";
import { channelsOf, openFrameBatches } from "./frame-batches.js";
import { place, type StoredPicture, scalingAlgorithm } from "./frame-geometry.js";
import type { Libav } from "./libav.js";

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
  { lib, constants }: Libav,
  output: FrameOutput,
  index: number,
  batchSize: number,
): FrameSink {
  const isGrey = channelsOf(output) === 1;
  const pixelFormat = isGrey ? constants.AV_PIX_FMT_GRAY8 : constants.AV_PIX_FMT_RGB24;
  // Without a fixed geometry, swscale takes size, colour matrix and range from each frame.
  const scaler: SoftwareScaleContext = new lib.SoftwareScaleContext();
  scaler.allocContext();
  scaler.setOption("sws_flags", scalingAlgorithm, constants.AV_OPT_TYPE_STRING);
  const scaled = new lib.Frame();
  scaled.alloc();
  const batches = openFrameBatches(output, index, batchSize);

  const scale = (frame: Frame, scaledWidth: number, scaledHeight: number): Buffer => {
    if (scaled.width !== scaledWidth || scaled.height !== scaledHeight) {
      scaled.unref();
      scaled.format = pixelFormat;
      scaled.width = scaledWidth;
      scaled.height = scaledHeight;
      scaled.colorRange = constants.AVCOL_RANGE_JPEG;
      lib.FFmpegError.throwIfError(scaled.getBuffer(0), "getBuffer");
    }
    // swscale refuses to make whole pictures of interlaced ones unless their two fields count as one picture.
    frame.clearFlags(constants.AV_FRAME_FLAG_INTERLACED);
    // Grey is the brightness as it is stored; swscale would make it that of the colours of another standard.
    const told = frame.colorSpace;
    if (isGrey && told !== constants.AVCOL_SPC_RGB) {
      frame.colorSpace = constants.AVCOL_SPC_UNSPECIFIED;
    }
    let code = scaler.scaleFrameSync(scaled, frame);
    if (code < 0) {
      // Colours that swscale does not know (YCgCo, ICtCp) are taken for the usual ones rather than refused.
      frame.colorSpace = constants.AVCOL_SPC_UNSPECIFIED;
      frame.colorPrimaries = constants.AVCOL_PRI_UNSPECIFIED;
      frame.colorTrc = constants.AVCOL_TRC_UNSPECIFIED;
      code = scaler.scaleFrameSync(scaled, frame);
    } else {
      // The next output may be one of colours.
      frame.colorSpace = told;
    }
    lib.FFmpegError.throwIfError(code, "scaleFrame");
    return scaled.toBuffer();
  };

  return {
    add(frame, picture, time, times) {
      const placement = place(picture, output.width, output.height, output.fit);
      const pixels = scale(frame, placement.scaledWidth, placement.scaledHeight);
      return batches.add(pixels, placement, time, times);
    },
    rest: () => batches.rest(),
    close() {
      scaled.free();
      scaler.freeContext();
    },
  };
}
