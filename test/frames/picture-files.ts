import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";

/** Grey level of the picture with this number, as of the numbered clips: `numbersOf` reads it back. */
function levelOf(number: number): number {
  return 4 * (3 + number);
}

/** Options of the numbered pictures. */
export interface NumberedOptions {
  /** Pixels. Default 64. */
  readonly width?: number;
  /** Pixels. Default 48. */
  readonly height?: number;
}

/** A plain grey picture that tells its number, 60 at most, by its brightness. */
export function numberedPicture(
  number: number,
  { width = 64, height = 48 }: NumberedOptions = {},
): Sharp {
  const level = levelOf(number);
  const background = { r: level, g: level, b: level };
  return sharp({ create: { width, height, channels: 3, background } });
}

/** Writes numbered pictures into a new directory, in the order of their names' numbers: img0.png, img1.png … */
export async function writeNumberedPictures(
  directory: string,
  count: number,
  options: NumberedOptions = {},
): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (let i = 0; i < count; i++) {
    await numberedPicture(i, options)
      .png()
      .toFile(join(directory, `img${i}.png`));
  }
  return directory;
}

/** Writes an animated GIF or WebP of numbered frames, each shown for as many milliseconds as `delays` says. */
export async function writeAnimation(
  path: string,
  delays: readonly number[],
  { width = 64, height = 48 }: NumberedOptions = {},
): Promise<string> {
  const pages = delays.map((_, i) => Buffer.alloc(width * height * 3, levelOf(i)));
  const roll = sharp(Buffer.concat(pages), {
    raw: { width, height: height * pages.length, channels: 3, pageHeight: height },
  });
  const options = { delay: [...delays], loop: 0 };
  const encoded = path.endsWith(".webp")
    ? roll.webp({ ...options, lossless: true })
    : // Otherwise frames so alike would be taken for one.
      roll.gif({ ...options, interFrameMaxError: 0, interPaletteMaxError: 0 });
  await writeFile(path, await encoded.toBuffer());
  return path;
}
