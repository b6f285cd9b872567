import type { AVPixelFormat } from "node-av/constants";
import type { Frame, Stream } from "node-av/lib";
import type { VideoInfo } from "./decoder.js";
import { displaySize, type StoredPicture } from "./frame-geometry.js";
import type { Libav } from "./libav.js";
import type { LibavInput } from "./libav-input.js";

/** What a container's headers say of its video. */
export function describeVideo(
  { lib, constants }: Libav,
  { format, stream }: LibavInput,
): VideoInfo {
  const { codecpar } = stream;
  const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate;
  const streamSeconds =
    stream.duration === constants.AV_NOPTS_VALUE
      ? 0
      : (Number(stream.duration) * stream.timeBase.num) / stream.timeBase.den;
  const containerSeconds =
    format.duration === constants.AV_NOPTS_VALUE
      ? 0
      : Number(format.duration) / constants.AV_TIME_BASE;
  const matrix = codecpar.getCodedSideData(constants.AV_PKT_DATA_DISPLAYMATRIX);
  const rotation = matrix ? rotationOf(matrix) : 0;
  const ratio =
    stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : codecpar.sampleAspectRatio;
  return {
    duration: Math.max(0, streamSeconds > 0 ? streamSeconds : containerSeconds),
    ...displaySize({
      width: codecpar.width,
      height: codecpar.height,
      sampleAspectRatio: ratioOf(ratio),
      rotation,
    }),
    frameRate: rate.den > 0 ? rate.num / rate.den : 0,
    rotation,
    codec: lib.avGetCodecName(codecpar.codecId) ?? "unknown",
    container: format.iformat?.name ?? "unknown",
    pixelFormat: lib.avGetPixFmtName(codecpar.format as AVPixelFormat) ?? "unknown",
    hasAudio: format.findBestStream(constants.AVMEDIA_TYPE_AUDIO) >= 0,
  };
}

/** How a decoded frame's pixels are to be shown. */
export function storedPicture(frame: Frame, stream: Stream, rotation: number): StoredPicture {
  const { width, height } = frame;
  // As players do: what the container says of a pixel's shape goes before what the codec says.
  const ratio =
    stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : frame.sampleAspectRatio;
  return { width, height, sampleAspectRatio: ratioOf(ratio), rotation };
}

function ratioOf({ num, den }: { readonly num: number; readonly den: number }): number {
  return num > 0 && den > 0 ? num / den : 1;
}

/**
 * Degrees clockwise, to the next quarter turn, of a display matrix: 3 x 3 int32 in 16.16 fixed point, the first
 * two of each row being the image of that axis (ISO/IEC 14496-12, 6.2.2; libavutil/display.h).
 */
function rotationOf(matrix: Buffer): number {
  const angle = (Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0)) * 180) / Math.PI;
  return (((Math.round(angle / 90) * 90) % 360) + 360) % 360;
}
