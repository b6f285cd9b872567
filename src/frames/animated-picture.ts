import sharp from "sharp";
import { errorOf, MuybridgeError, messageOf } from "../core/errors.js";
import { mendAnimation } from "./mend-animation.js";
import {
  describePicture,
  openPicture,
  type Picture,
  type PictureFile,
  readPictureFile,
} from "./picture-file.js";
import type { PictureSource } from "./picture-source.js";

/**
 * Pixels that are decoded at once: 100 MB as RGB. Every start decodes from the first frame on, since frames hold
 * only what changes; so the fewer, the better.
 */
const chunkPixels = 2 ** 25;

/** Rows that are decoded at once: frames come one below the other, and the library counts rows up to 10^7. */
const chunkRows = 1_000_000;

/** Most frames of an animation: over an hour at 25 a second. */
const maxFrames = 100_000;

/** Milliseconds: a frame shown for less is shown for 100 ms, as by browsers and FFmpeg. */
const shortestDelay = 20;
const usualDelay = 100;

/** Frames that were decoded together. */
interface Chunk {
  readonly first: number;
  /** uint8, row-major [n, height, width, 3] */
  readonly pixels: Buffer;
}

/**
 * Opens an animated GIF or WebP file. A still one is a video of one frame.
 *
 * @throws MuybridgeError ERR_NOT_A_VIDEO where no frame begins in it, ERR_NO_FRAMES where not one is whole,
 * ERR_TOO_LARGE.
 */
export async function openAnimatedPicture(path: string): Promise<PictureSource> {
  let promised = { frames: 0, truncated: false };
  const file = await readPictureFile(path, (bytes, format) => {
    const mended = mendAnimation(bytes, format);
    promised = mended;
    return mended.bytes;
  }).catch((error: unknown) => {
    if (error instanceof MuybridgeError) throw error;
    throw new MuybridgeError(
      promised.frames > 0 ? "ERR_NO_FRAMES" : "ERR_NOT_A_VIDEO",
      `${path} cannot be read as an animated picture${promised.truncated ? ", it ends early" : ""}: ${messageOf(error)}.`,
      { path, cause: error },
    );
  });
  const truncated = promised.truncated || (file.header.pages ?? 1) < promised.frames;
  const times = timesOf(file, path);
  const duration = times.at(-1)!;
  const info = {
    ...describePicture(file),
    // Pages are not turned: the formats' frames have no orientation of their own.
    width: file.header.width,
    height: file.header.height,
    rotation: 0,
    duration,
    frameRate: (times.length - 1) / duration,
    container: file.format,
    hasAudio: false,
  };
  const reach = pagesAtOnce(file);
  return { info, times, truncated, reach, read: pageReader(file) };
}

function timesOf({ header }: PictureFile, path: string): number[] {
  const pages = header.pages ?? 1;
  if (pages > maxFrames) {
    throw new MuybridgeError(
      "ERR_TOO_LARGE",
      `${path} has ${pages} frames; of an animated picture at most ${maxFrames} are read. Convert it to a video.`,
      { path },
    );
  }
  // Summed in whole milliseconds, so that a thousand delays of 40 ms are 40 s.
  let milliseconds = 0;
  const times = [0];
  for (let page = 0; page < pages; page++) {
    const delay = header.delay?.[page] ?? 0;
    milliseconds += delay < shortestDelay ? usualDelay : delay;
    times.push(milliseconds / 1000);
  }
  return times;
}

function pagesAtOnce({ header: { width, height } }: PictureFile): number {
  const pages = Math.min(chunkPixels / (width * height), chunkRows / height);
  return Math.max(1, Math.floor(pages));
}

/** The reader of an animation's frames. It keeps those that were decoded together. */
function pageReader({ bytes, header }: PictureFile): PictureSource["read"] {
  const { width, height } = header;
  const pageBytes = width * height * 3;
  let chunk: Chunk = { first: 0, pixels: Buffer.alloc(0) };
  /** The first frame that does not decode, as far as is known; those behind it build on it. */
  let end = header.pages ?? 1;
  let damage = new Error("it is behind a damaged frame");

  const load = async (first: number, pages: number): Promise<Buffer> => {
    const pixels = await openPicture(bytes, { page: first, pages }).raw().toBuffer();
    if (pixels.length === pages * pageBytes) return pixels;
    throw new Error(`${pages} frames decode to ${pixels.length} bytes`);
  };
  /** Loads as many of the frames as decode. */
  const loadReadable = async (first: number, pages: number): Promise<Buffer> => {
    const all = await load(first, pages).catch(errorOf);
    if (!(all instanceof Error)) return all;
    damage = all;
    let [good, bad] = [0, pages];
    let pixels: Buffer = Buffer.alloc(0);
    while (good + 1 < bad) {
      const middle = Math.floor((good + bad) / 2);
      const some = await load(first, middle).catch(errorOf);
      if (some instanceof Error) [bad, damage] = [middle, some];
      else [good, pixels] = [middle, some];
    }
    end = first + good;
    return pixels;
  };

  return async (index, through): Promise<Picture | Error> => {
    if (index >= end) return damage;
    if (index < chunk.first || (index - chunk.first + 1) * pageBytes > chunk.pixels.length) {
      // The old one is let go before the new one is made.
      chunk = { first: index, pixels: Buffer.alloc(0) };
      const pages = Math.min(through + 1, end) - index;
      chunk = { first: index, pixels: await loadReadable(index, pages) };
      if (index >= end) return damage;
    }
    const from = (index - chunk.first) * pageBytes;
    // Copied, so that who keeps a frame does not keep all of them.
    const pixels = Buffer.from(chunk.pixels.subarray(from, from + pageBytes));
    return { width, height, open: () => sharp(pixels, { raw: { width, height, channels: 3 } }) };
  };
}
