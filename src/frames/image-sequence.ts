import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { isPictureName } from "./picture-format.js";

/** A directory of still pictures that is one video. */
export interface ImageSequence {
  readonly directory: string;
  /** Hertz. */
  readonly frameRate: number;
}

/** What the input of an image sequence begins with. A file whose name begins so is reached as ./images:name. */
const prefix = "images:";

/** Pictures a second where the input does not say: that of film on European television, and FFmpeg's. */
const defaultFrameRate = 25;

/** Most pictures a second, as of a sampling plan. */
const maxFrameRate = 1000;

/** Most pictures of a sequence: over eleven hours at 25 a second. */
const maxPictures = 1_000_000;

/**
 * Reads `images:DIR` or `images:DIR?fps=R`. Anything else is no image sequence, and undefined.
 *
 * @throws MuybridgeError ERR_USAGE where it names no directory, or a rate outside (0, 1000].
 */
export function parseImageSequence(input: string): ImageSequence | undefined {
  if (!input.startsWith(prefix)) return undefined;
  const [, directory = "", option, value = ""] =
    /^(.*?)(?:\?([a-z]+)=([^?/\\]*))?$/s.exec(input.slice(prefix.length)) ?? [];
  const refuse = (why: string): never => {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${input} ${why}: write images:DIR or images:DIR?fps=R.`,
      {
        path: input,
      },
    );
  };
  if (directory === "") refuse("names no directory");
  if (option === undefined) return { directory, frameRate: defaultFrameRate };
  if (option !== "fps") refuse(`has an unknown option "${option}"`);
  const frameRate = value.trim() === "" ? Number.NaN : Number(value);
  if (!(frameRate > 0 && frameRate <= maxFrameRate)) {
    refuse(`has a rate that is not above 0 and up to ${maxFrameRate}`);
  }
  return { directory, frameRate };
}

/** The path of a video that is named in a folder: absolute, or relative to it; of an image sequence its directory's. */
export function resolveVideoPath(folder: string, name: string): string {
  const directory = parseImageSequence(name)?.directory;
  if (directory === undefined) return resolve(folder, name);
  return `${prefix}${resolve(folder, directory)}${name.slice(prefix.length + directory.length)}`;
}

/** The file or directory that an input is about: itself, or the directory of an image sequence. */
export function placeOnDisk(input: string): string {
  return parseImageSequence(input)?.directory ?? input;
}

/** Numbers in names count as numbers: img2 comes before img10. The language is fixed, so that no machine sorts otherwise. */
const naturalOrder = new Intl.Collator("en", { numeric: true });

/**
 * The pictures of a sequence: paths of the directory's files with a known picture extension, in natural order,
 * those it takes for equal by their bytes. Hidden files and directories are left out.
 *
 * @param input the input as the user wrote it, for errors
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO (no directory, or no picture in it), ERR_TOO_LARGE.
 */
export async function listPictures({ directory }: ImageSequence, input: string): Promise<string[]> {
  const subject = { path: input };
  const fail = (error: unknown): never => {
    throw new MuybridgeError("ERR_FILE_NOT_FOUND", `${input} cannot be read: ${messageOf(error)}`, {
      ...subject,
      cause: error,
    });
  };
  const stats = await stat(directory).catch(fail);
  if (!stats.isDirectory()) {
    throw new MuybridgeError(
      "ERR_NOT_A_VIDEO",
      `${input} is no video: ${directory} is not a directory.`,
      subject,
    );
  }
  const entries = await readdir(directory, { withFileTypes: true }).catch(fail);
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".") || !isPictureName(entry.name) || entry.isDirectory()) continue;
    const target = entry.isSymbolicLink()
      ? await stat(join(directory, entry.name)).catch(() => undefined)
      : undefined;
    if (!target?.isDirectory()) names.push(entry.name);
  }
  if (names.length === 0) {
    throw new MuybridgeError(
      "ERR_NOT_A_VIDEO",
      `${input} is no video: there is no picture in ${directory}. Known extensions are listed in docs/formats.md.`,
      subject,
    );
  }
  if (names.length > maxPictures) {
    throw new MuybridgeError(
      "ERR_TOO_LARGE",
      `${input} holds ${names.length} pictures; at most ${maxPictures} are read. Divide it into several directories.`,
      subject,
    );
  }
  const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  return names
    .sort((a, b) => naturalOrder.compare(a, b) || byBytes(a, b))
    .map((name) => join(directory, name));
}
