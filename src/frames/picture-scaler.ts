import type { Frame } from "node-av/lib";
import { scalingAlgorithm } from "./frame-geometry.js";
import type { Libav } from "./libav.js";

/** Brings decoded frames to a size, as RGB or grey bytes. */
export interface PictureScaler {
  /**
   * @returns uint8, row-major [height, width, channels]; valid until the next call
   * @throws FFmpegError of node-av
   */
  scale(frame: Frame, width: number, height: number): Uint8Array;
  close(): void;
}

/** Alignment of rows that leaves no room between them. */
const unpadded = 1;

/** Opens swscale. Without a fixed geometry it takes size, colour matrix and range from each frame. */
export function openPictureScaler({ lib, constants }: Libav, isGrey: boolean): PictureScaler {
  const pixelFormat = isGrey ? constants.AV_PIX_FMT_GRAY8 : constants.AV_PIX_FMT_RGB24;
  const newContext = (flags: string) => {
    const context = new lib.SoftwareScaleContext();
    context.allocContext();
    context.setOption("sws_flags", flags, constants.AV_OPT_TYPE_STRING);
    return context;
  };
  const newFrame = (): Frame => {
    const frame = new lib.Frame();
    frame.alloc();
    return frame;
  };
  const exactly = `${scalingAlgorithm}+accurate_rnd`;
  const scaler = newContext(scalingAlgorithm);
  const planeScaler = newContext(exactly);
  const converter = newContext(exactly);
  const scaled = newFrame();
  const bridge = newFrame();
  const resize = (
    target: Frame,
    format: Frame["format"],
    width: number,
    height: number,
    alignment = 0,
  ): void => {
    if (target.width === width && target.height === height && target.format === format) return;
    target.unref();
    target.format = format;
    target.width = width;
    target.height = height;
    lib.FFmpegError.throwIfError(target.getBuffer(alignment), "getBuffer");
  };

  /**
   * Planes of 4:2:0 are scaled as planes, and then made colours of without scaling. With exact rounding in both
   * steps the result is that of the one step but for a value here and there, for which swscale has no fast code: 0.22 ms instead of
   * 0.37 from 320 x 240 to 224 x 224.
   */
  const takesTwoSteps = (frame: Frame, width: number): boolean =>
    !isGrey &&
    width % 2 === 0 &&
    frame.format === constants.AV_PIX_FMT_YUV420P &&
    frame.colorRange !== constants.AVCOL_RANGE_JPEG;

  const convert = (frame: Frame, width: number, height: number): number => {
    if (!takesTwoSteps(frame, width)) return scaler.scaleFrameSync(scaled, frame);
    resize(bridge, constants.AV_PIX_FMT_YUV422P, width, height);
    bridge.colorRange = frame.colorRange;
    bridge.colorSpace = frame.colorSpace;
    bridge.colorPrimaries = frame.colorPrimaries;
    bridge.colorTrc = frame.colorTrc;
    const code = planeScaler.scaleFrameSync(bridge, frame);
    return code < 0 ? code : converter.scaleFrameSync(scaled, bridge);
  };

  return {
    scale(frame, width, height) {
      resize(scaled, pixelFormat, width, height, unpadded);
      scaled.colorRange = constants.AVCOL_RANGE_JPEG;
      // swscale refuses to make whole pictures of interlaced ones unless their two fields count as one picture.
      frame.clearFlags(constants.AV_FRAME_FLAG_INTERLACED);
      // Grey is the brightness as it is stored; swscale would make it that of the colours of another standard.
      const told = frame.colorSpace;
      if (isGrey && told !== constants.AVCOL_SPC_RGB) {
        frame.colorSpace = constants.AVCOL_SPC_UNSPECIFIED;
      }
      let code = convert(frame, width, height);
      if (code < 0) {
        // Colours that swscale does not know (YCgCo, ICtCp) are taken for the usual ones rather than refused.
        frame.colorSpace = constants.AVCOL_SPC_UNSPECIFIED;
        frame.colorPrimaries = constants.AVCOL_PRI_UNSPECIFIED;
        frame.colorTrc = constants.AVCOL_TRC_UNSPECIFIED;
        code = convert(frame, width, height);
      } else {
        // The next output may be one of colours.
        frame.colorSpace = told;
      }
      lib.FFmpegError.throwIfError(code, "scaleFrame");
      return scaled.data![0]!;
    },
    close() {
      scaled.free();
      bridge.free();
      scaler.freeContext();
      planeScaler.freeContext();
      converter.freeContext();
    },
  };
}
