import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { MuybridgeError } from "../core/errors.js";

/** Where the two programs of FFmpeg are. */
export interface FfmpegPrograms {
  /** Absolute path. */
  readonly ffmpeg: string;
  /** Absolute path. */
  readonly ffprobe: string;
}

/** Oldest release whose ffmpeg program has the options that are used (-fps_mode). */
export const oldestFfmpeg = "5.1";

/** What to do where the programs are missing. */
const advice = `Install FFmpeg ${oldestFfmpeg} or newer (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg), or name the program with MUYBRIDGE_FFMPEG.`;

/**
 * Finds the ffmpeg program: the one that MUYBRIDGE_FFMPEG names (a path, or a name on PATH), else `ffmpeg` on
 * PATH; and the ffprobe program beside it, else `ffprobe` on PATH.
 *
 * @throws MuybridgeError ERR_USAGE, parameter "decoder", where one is missing.
 */
export async function findFfmpegPrograms(): Promise<FfmpegPrograms> {
  const wanted = process.env.MUYBRIDGE_FFMPEG || "ffmpeg";
  const ffmpeg = await findProgram(wanted);
  if (ffmpeg === undefined) throw missing(`the ffmpeg program ("${wanted}")`);
  const sibling = join(dirname(ffmpeg), basename(ffmpeg).replace("ffmpeg", "ffprobe"));
  const isOther = sibling !== ffmpeg && (await isProgram(sibling));
  const ffprobe = isOther ? sibling : await findProgram("ffprobe");
  if (ffprobe === undefined) throw missing(`the ffprobe program (beside ${ffmpeg}, or on PATH)`);
  return { ffmpeg, ffprobe };
}

/**
 * The version of the ffmpeg program, and where the programs are, for people to read.
 *
 * @throws Error where it does not run.
 */
export async function describeFfmpegPrograms({ ffmpeg, ffprobe }: FfmpegPrograms): Promise<string> {
  const { stdout } = await promisify(execFile)(ffmpeg, ["-version"], { timeout: 10_000 });
  const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? "of unknown version";
  return `FFmpeg ${version}, ${ffmpeg} and ${ffprobe}; used with --decoder ffmpeg`;
}

function missing(what: string): MuybridgeError {
  const message = `The decoder "ffmpeg" needs ${what}, which is not there. ${advice}`;
  return new MuybridgeError("ERR_USAGE", message, { parameter: "decoder" });
}

async function findProgram(name: string): Promise<string | undefined> {
  const directories = /[/\\]/.test(name) ? [""] : (process.env.PATH ?? "").split(delimiter);
  const endings = process.platform === "win32" ? ["", ".exe"] : [""];
  for (const directory of directories) {
    for (const ending of endings) {
      const path = resolve(directory, name + ending);
      if (await isProgram(path)) return path;
    }
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
