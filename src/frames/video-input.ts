import { access, constants, stat } from "node:fs/promises";
import { MuybridgeError } from "../core/errors.js";
import { unreadableFile } from "../core/unreadable-file.js";

/**
 * The containers that may be opened, by FFmpeg's names. Real containers only: a playlist (HLS, DASH, concat,
 * SDP) would make FFmpeg open other files, and a still picture is no video. Sound files are in it so that they
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
export const bareStreams: ReadonlySet<string> = new Set([
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
 * Makes sure that a path leads to a file that may hold a video.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO.
 */
export async function checkFile(path: string): Promise<void> {
  const refuse = (error: unknown): never => {
    throw unreadableFile(path, error);
  };
  const stats = await stat(path).catch(refuse);
  // A pipe would block, a device never end.
  if (!stats.isFile()) throw notAVideo(path, "it is not a regular file");
  await access(path, constants.R_OK).catch(refuse);
  if (stats.size === 0) throw notAVideo(path, "it is empty");
}

/** The error of a file that is no video, and why it is none. */
export function notAVideo(path: string, why: string): MuybridgeError {
  return new MuybridgeError(
    "ERR_NOT_A_VIDEO",
    `${path} is not a video that can be read: ${why}. Known containers are listed in docs/formats.md.`,
    { path },
  );
}

/**
 * Makes sure that pictures of this size, in pixels, are decoded.
 *
 * @throws MuybridgeError ERR_TOO_LARGE
 */
export function checkPictureSize(path: string, width: number, height: number): void {
  if (width * height > maxPixels) {
    throw new MuybridgeError(
      "ERR_TOO_LARGE",
      `${path} has pictures of ${width} x ${height} pixels; at most ${maxPixels} pixels are decoded. Scale it down first.`,
      { path },
    );
  }
}

/**
 * The error of a file without a video stream. A header cut in its middle leaves streams of which nothing is
 * known: such a file is no video at all.
 */
export function noVideoStream(
  path: string,
  found: { readonly cover: boolean; readonly sound: boolean },
): MuybridgeError {
  if (!found.cover && !found.sound) return notAVideo(path, "it holds neither pictures nor sound");
  const what = found.cover ? "only sound and a cover picture" : "no pictures, only sound or data";
  return new MuybridgeError("ERR_NO_VIDEO_STREAM", `${path} holds ${what}.`, { path });
}
