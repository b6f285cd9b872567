import { constants } from "node:fs";
import { open } from "node:fs/promises";
import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { MuybridgeError } from "../core/errors.js";
import type { VideoInfo } from "./decoder.js";
import { maxPixels } from "./libav-input.js";
import { type PictureFormat, pictureFormat } from "./picture-format.js";

/** Largest file that is read, in bytes: what the largest picture takes uncompressed, as 16-bit RGBA. */
const maxFileBytes = 8 * maxPixels;

/** A picture that is cut off counts as unreadable; one with, say, a strange colour profile does not. */
const failOn = "error";

/** A picture file in memory, and what its header says. */
export interface PictureFile {
  readonly bytes: Buffer;
  readonly format: PictureFormat;
  readonly header: Metadata;
}

/** A picture that is about to be scaled: its size, and a new pipeline that decodes it. */
export interface Picture {
  /** Pixels, upright. */
  readonly width: number;
  /** Pixels, upright. */
  readonly height: number;
  /** Decodes it as 8-bit sRGB, upright, without alpha. */
  readonly open: () => Sharp;
}

/**
 * Reads a picture file whole and looks at its header. Bytes and not the path go to the library, because it would
 * take what is in square brackets at a path's end for options.
 *
 * @param mend prepares the bytes, where they are to be changed before their header is read
 * @throws MuybridgeError ERR_TOO_LARGE; an Error of sharp or the file system where it cannot be read as a picture.
 */
export async function readPictureFile(
  path: string,
  mend: (bytes: Buffer, format: PictureFormat) => Buffer = (bytes) => bytes,
): Promise<PictureFile> {
  const file = await readBounded(path);
  const format = pictureFormat(file);
  if (format === undefined) throw new Error("its format is none of the known ones");
  const bytes = mend(file, format);
  const header = await sharp(bytes, { limitInputPixels: false, failOn }).metadata();
  if (header.width * header.height > maxPixels) {
    throw tooLarge(
      path,
      `has ${header.width} x ${header.height} pixels; at most ${maxPixels} are decoded`,
    );
  }
  return { bytes, format, header };
}

/** A pipeline that decodes a picture file, or some pages of it, and drops its alpha: what shows through is black. */
export function openPicture(bytes: Buffer, options: SharpOptions): Sharp {
  return sharp(bytes, { limitInputPixels: maxPixels, failOn, ...options })
    .flatten({ background: "black" })
    .toColourspace("srgb");
}

/** What the header of a picture says, in the words of a video's. */
export function describePicture({
  format,
  header,
}: PictureFile): Pick<VideoInfo, "width" | "height" | "rotation" | "codec" | "pixelFormat"> {
  const { width, height } = header.autoOrient;
  return {
    width,
    height,
    rotation: rotations[header.orientation ?? 1] ?? 0,
    codec: codecs[format],
    pixelFormat: pixelFormatOf(header),
  };
}

/** Degrees clockwise of the EXIF orientations 1 to 8; the even ones up to 4, 5 and 7 are mirrored besides. */
const rotations: Readonly<Record<number, number>> = {
  1: 0,
  2: 0,
  3: 180,
  4: 180,
  5: 90,
  6: 90,
  7: 270,
  8: 270,
};

/** FFmpeg's names of the codecs. */
const codecs: Readonly<Record<PictureFormat, string>> = {
  jpeg: "mjpeg",
  png: "png",
  webp: "webp",
  gif: "gif",
  tiff: "tiff",
  avif: "av1",
};

/** FFmpeg's name of the pixel format that the picture decodes to. */
function pixelFormatOf({ space, channels, hasAlpha, bitsPerSample = 8 }: Metadata): string {
  if (space === "cmyk") return "cmyk";
  const deep = bitsPerSample > 8;
  if (channels <= 2) return `${hasAlpha ? "ya" : "gray"}${deep ? 16 : 8}`.replace("gray8", "gray");
  return hasAlpha ? (deep ? "rgba64" : "rgba") : deep ? "rgb48" : "rgb24";
}

async function readBounded(path: string): Promise<Buffer> {
  // A pipe that nobody writes to would never open otherwise. Windows knows no such flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is not a regular file");
    if (stats.size > maxFileBytes) {
      throw tooLarge(path, `is a picture file of ${stats.size} bytes; at most ${maxFileBytes}`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function tooLarge(path: string, why: string): MuybridgeError {
  return new MuybridgeError("ERR_TOO_LARGE", `${path} ${why}. Scale it down first.`, { path });
}
