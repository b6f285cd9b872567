import { resolve } from "node:path";
import type { FormatContext, Stream } from "node-av/lib";
import type { Libav } from "./libav.js";
import {
  allowedContainers,
  bareStreams,
  checkFile,
  checkPictureSize,
  notAVideo,
  noVideoStream,
} from "./video-input.js";

export { maxPixels } from "./video-input.js";

/** A container held open, and its video stream. */
export interface LibavInput {
  readonly format: FormatContext;
  readonly stream: Stream;
  /** Frees the container; may be called twice. */
  close(): void;
}

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
    // Before the next step, which may decode a picture to learn more.
    for (const { codecpar } of format.streams) {
      checkPictureSize(path, codecpar.width, codecpar.height);
    }
    const found = format.findStreamInfoSync(null);
    if (found < 0) throw notAVideo(path, reason(libav, found));
    const stream = findVideo(libav, format, path);
    const { width, height, codecId } = stream.codecpar;
    const isBare = bareStreams.has(format.iformat?.name ?? "");
    // A header that was cut off tells neither; one of an unknown codec tells their size.
    if ((codecId === constants.AV_CODEC_ID_NONE || isBare) && width === 0) {
      throw notAVideo(path, "its pictures cannot be made out");
    }
    checkPictureSize(path, width, height);
    return { format, stream, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    options.free();
  }
}

function findVideo({ constants }: Libav, format: FormatContext, path: string): Stream {
  const streams = format.streams;
  const index = format.findBestStream(constants.AVMEDIA_TYPE_VIDEO);
  const stream = streams[index];
  const isCover = stream && (stream.disposition & constants.AV_DISPOSITION_ATTACHED_PIC) !== 0;
  if (stream && !isCover) return stream;
  const hasSound = format.findBestStream(constants.AVMEDIA_TYPE_AUDIO) >= 0;
  throw noVideoStream(path, { cover: isCover === true, sound: hasSound });
}

function reason({ lib, constants }: Libav, code: number): string {
  // What the format whitelist refuses comes as "Invalid argument", which would say nothing.
  if (code === constants.AVERROR_EINVAL) return "its format is none of the known containers";
  if (code === constants.AVERROR_INVALIDDATA) return "no known container is found in it";
  return lib.FFmpegError.strerror(code);
}
