import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { FormatContext, Stream } from "node-av/lib";
import { MuybridgeError, messageOf } from "../core/errors.js";
import type { Libav } from "./libav.js";

/** A container held open, and its video stream. */
export interface LibavInput {
  readonly format: FormatContext;
  readonly stream: Stream;
  /** Frees the container; may be called twice. */
  close(): void;
}

/**
 * The containers that may be opened, by FFmpeg's names. Real containers only: a playlist (HLS, DASH, concat,
 * SDP) would make libav open other files, and a still picture is no video. Sound files are in it so that they
 * can be told from what is no media file at all.
 */
export const allowedContainers = [
  "mov,mp4,m4a,3gp,3g2,mj2",
  "matroska,webm",
  "avi",
  "mpegts",
  "mpeg",
  "mpegvideo",
  "flv",
  "gif",
  "ogg",
  "asf",
  "mxf",
  "nut",
  "dv",
  "rm",
  "wtv",
  "ivf",
  "obu",
  "h264",
  "hevc",
  "m4v",
  "mjpeg",
  "yuv4mpegpipe",
  "wav",
  "mp3",
  "flac",
  "aac",
  "aiff",
] as const;

/** Those of them that have no header of their own: a file is taken for one by its name, whatever it holds. */
const bareStreams: ReadonlySet<string> = new Set([
  "h264",
  "hevc",
  "m4v",
  "mjpeg",
  "mpegvideo",
  "obu",
]);

/** Largest picture that is decoded, in pixels: 8192 x 8192. A few kB can promise far more than memory holds. */
export const maxPixels = 2 ** 26;

/**
 * Opens a container and finds its video stream. Only this one file is opened, whatever it says of others.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_TOO_LARGE.
 */
export async function openLibavInput(libav: Libav, path: string): Promise<LibavInput> {
  await checkFile(path);
  const { lib, constants } = libav;
  const format = new lib.FormatContext();
  let open = true;
  const close = (): void => {
    if (open) format.closeInputSync();
    open = false;
  };
  const options = lib.Dictionary.fromObject({
    protocol_whitelist: "file",
    format_whitelist: allowedContainers.join(","),
  });
  try {
    format.allocContext();
    const opened = format.openInputSync(`file:${resolve(path)}`, null, options);
    if (opened < 0) {
      open = false; // libav has freed it.
      throw notAVideo(path, reason(libav, opened));
    }
    const found = format.findStreamInfoSync(null);
    if (found < 0) throw notAVideo(path, reason(libav, found));
    const stream = findVideo(libav, format, path);
    const { width, height, codecId } = stream.codecpar;
    const isBare = bareStreams.has(format.iformat?.name ?? "");
    if (codecId === constants.AV_CODEC_ID_NONE || (isBare && width === 0)) {
      throw notAVideo(path, "its pictures cannot be made out");
    }
    if (width * height > maxPixels) {
      throw new MuybridgeError(
        "ERR_TOO_LARGE",
        `${path} has pictures of ${width} x ${height} pixels; at most ${maxPixels} pixels are decoded. Scale it down first.`,
        { path },
      );
    }
    return { format, stream, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    options.free();
  }
}

async function checkFile(path: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    throw new MuybridgeError("ERR_FILE_NOT_FOUND", `${path} cannot be read: ${messageOf(error)}`, {
      path,
      cause: error,
    });
  });
  // A pipe would block, a device never end.
  if (!stats.isFile()) throw notAVideo(path, "it is not a regular file");
  if (stats.size === 0) throw notAVideo(path, "it is empty");
}

function findVideo({ constants }: Libav, format: FormatContext, path: string): Stream {
  const streams = format.streams;
  const index = format.findBestStream(constants.AVMEDIA_TYPE_VIDEO);
  const stream = streams[index];
  const isCover = stream && (stream.disposition & constants.AV_DISPOSITION_ATTACHED_PIC) !== 0;
  if (stream && !isCover) return stream;
  const hasSound = format.findBestStream(constants.AVMEDIA_TYPE_AUDIO) >= 0;
  // A header cut in its middle leaves streams of which nothing is known.
  if (!isCover && !hasSound) throw notAVideo(path, "it holds neither pictures nor sound");
  const what = isCover ? "only sound and a cover picture" : "no pictures, only sound or data";
  throw new MuybridgeError("ERR_NO_VIDEO_STREAM", `${path} holds ${what}.`, { path });
}

function notAVideo(path: string, why: string): MuybridgeError {
  return new MuybridgeError(
    "ERR_NOT_A_VIDEO",
    `${path} is not a video that can be read: ${why}. Known containers are listed in docs/formats.md.`,
    { path },
  );
}

function reason({ lib, constants }: Libav, code: number): string {
  // What the format whitelist refuses comes as "Invalid argument", which would say nothing.
  if (code === constants.AVERROR_EINVAL) return "its format is none of the known containers";
  if (code === constants.AVERROR_INVALIDDATA) return "no known container is found in it";
  return lib.FFmpegError.strerror(code);
}
