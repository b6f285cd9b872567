import type { CodecContext, Frame, Rational } from "node-av/lib";
import type { Libav } from "./libav.js";

/** How frames are encoded. */
export interface H264Settings {
  /** Pixels; even. */
  readonly width: number;
  /** Pixels; even. */
  readonly height: number;
  /** Seconds that times are counted in. */
  readonly timeBase: Rational;
  /** Frames a second, in the mean. */
  readonly frameRate: Rational;
  /** Frames from one keyframe to the next, at most. Default: the encoder's, 250. */
  readonly keyframeInterval?: number;
  /**
   * Whether frames tell their own durations. They then leave the encoder in the order they are shown in, which is a
   * little larger and shifts no times.
   */
  readonly isTimed?: boolean;
  /** Whether the colours are those of ITU-R BT.709, and the file says so. Otherwise players guess by the size. */
  readonly isBt709?: boolean;
}

/** x264's constant rate factor: 18 is nearly lossless, 28 visibly coarse. */
const rateFactor = 26;

/** Opens an H.264 encoder of one thread. The same frames give the same bytes. */
export function openH264Encoder({ lib, constants }: Libav, settings: H264Settings): CodecContext {
  const encoder = lib.Codec.findEncoderByName(constants.FF_ENCODER_LIBX264);
  if (!encoder) throw new Error("This build of FFmpeg has no H.264 encoder.");
  const codec = new lib.CodecContext();
  codec.allocContext3(encoder);
  codec.width = settings.width;
  codec.height = settings.height;
  codec.pixelFormat = constants.AV_PIX_FMT_YUV420P;
  codec.timeBase = settings.timeBase;
  codec.framerate = settings.frameRate;
  codec.threadCount = 1;
  codec.setFlags(constants.AV_CODEC_FLAG_GLOBAL_HEADER);
  const search = constants.AV_OPT_SEARCH_CHILDREN;
  if (settings.keyframeInterval !== undefined) codec.gopSize = settings.keyframeInterval;
  if (settings.isTimed) {
    codec.setFlags(constants.AV_CODEC_FLAG_FRAME_DURATION);
    codec.maxBFrames = 0;
  }
  if (settings.isBt709) {
    codec.colorRange = constants.AVCOL_RANGE_MPEG;
    codec.colorSpace = constants.AVCOL_SPC_BT709;
    codec.colorPrimaries = constants.AVCOL_PRI_BT709;
    codec.colorTrc = constants.AVCOL_TRC_BT709;
  }
  codec.setOption("preset", "superfast", constants.AV_OPT_TYPE_STRING, search);
  codec.setOption("crf", rateFactor, constants.AV_OPT_TYPE_FLOAT, search);
  // Otherwise its macroblock tree is estimated with instructions that give other results from run to run.
  codec.setOption("x264-params", "cpu-independent=1", constants.AV_OPT_TYPE_STRING, search);
  lib.FFmpegError.throwIfError(codec.open2Sync(encoder), "open2");
  return codec;
}

/** A frame with room for its pixels. */
export function newFrame(
  { lib }: Libav,
  { width, height }: { readonly width: number; readonly height: number },
  format: Frame["format"],
): Frame {
  const frame = new lib.Frame();
  frame.alloc();
  frame.format = format;
  frame.width = width;
  frame.height = height;
  lib.FFmpegError.throwIfError(frame.getBuffer(0), "getBuffer");
  return frame;
}
