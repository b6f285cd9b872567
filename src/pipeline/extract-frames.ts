import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isAbort, MuybridgeError, messageOf } from "../core/errors.js";
import type { DecoderName, Fit, SamplingPlan } from "../frames/decoder.js";
import { type FrameFormat, frameFileName, isFrameFileName } from "./frame-files.js";
import { mapVideos, progressOptions, type VideoOutcome } from "./map-videos.js";
import type { RunOptions } from "./run.js";
import { openWorkerPool } from "./worker-pool.js";
import type { WrittenFrames } from "./worker-tasks.js";

/** Options of {@link extractFrames}. */
export interface ExtractFramesOptions
  extends Pick<
    RunOptions,
    "jobs" | "timeout" | "maxMemory" | "signal" | "onProgress" | "onWarning"
  > {
  readonly decoder: DecoderName;
  readonly plan: SamplingPlan;
  readonly fit: Fit;
  /** Side of square frames, in pixels. Default: the frames as the video shows them. */
  readonly size?: number;
  readonly format: FrameFormat;
  /** Writes a contact sheet of each video as well, `<target>.sheet.jpg`. */
  readonly sheet?: boolean;
}

/** A video and the directory for its frames. */
export interface FramesTarget {
  readonly name: string;
  readonly target: string;
}

/** The frames of one video, as they were written. */
export interface ExtractedFrames extends WrittenFrames {
  /** Paths of the frames' files, in order of time. */
  readonly files: readonly string[];
  /** Path of the contact sheet, where one was asked for. */
  readonly sheet?: string;
}

/**
 * Writes the sampled frames of videos as pictures, several videos at once, and tells what became of each in the
 * order given. A video's directory gets its name when it is complete. Where it is there already, its frames are
 * replaced, those of an earlier run that are not among the new ones removed, and other files left alone.
 *
 * @throws the signal's reason on abort; nothing half-written is left then.
 */
export async function* extractFrames(
  videos: readonly FramesTarget[],
  options: ExtractFramesOptions,
): AsyncGenerator<VideoOutcome<ExtractedFrames>, void> {
  const { jobs, timeout, maxMemory, signal, onProgress, onWarning, sheet, ...settings } = options;
  await using pool = openWorkerPool({
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    ...(onWarning === undefined ? {} : { onWarning }),
  });
  const extract = async ({ name: path, target }: FramesTarget): Promise<ExtractedFrames> => {
    const unfinished = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
    const unfinishedSheet = join(unfinished, "sheet.jpg");
    try {
      await mkdir(unfinished, { recursive: true });
      const task = {
        ...settings,
        path,
        directory: unfinished,
        ...(sheet ? { sheet: unfinishedSheet } : {}),
      };
      const written = await pool.run("writeFrames", task, path, signal);
      const names = Array.from(written.timestamps, (_, i) => frameFileName(i + 1, options.format));
      const finishedSheet = `${target}.sheet.jpg`;
      if (sheet) await rename(unfinishedSheet, finishedSheet);
      await putInPlace(unfinished, target, names);
      return {
        ...written,
        files: names.map((name) => join(target, name)),
        ...(sheet ? { sheet: finishedSheet } : {}),
      };
    } catch (error) {
      // A process that is being stopped may still write into it.
      await rm(unfinished, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      if (error instanceof MuybridgeError || isAbort(error) || signal?.aborted) throw error;
      throw new MuybridgeError("ERR_USAGE", `${target} cannot be written: ${messageOf(error)}`, {
        path,
        parameter: "out",
        cause: error,
      });
    }
  };
  yield* mapVideos(videos, extract, progressOptions("frames", videos.length, { pool }, options));
}

async function putInPlace(
  unfinished: string,
  target: string,
  names: readonly string[],
): Promise<void> {
  try {
    await rename(unfinished, target);
    return;
  } catch (error) {
    // It is there already; some systems say so in other words.
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"].includes(code)) throw error;
  }
  for (const name of names) await rename(join(unfinished, name), join(target, name));
  const current = new Set(names);
  for (const name of await readdir(target)) {
    if (isFrameFileName(name) && !current.has(name)) await rm(join(target, name));
  }
  await rm(unfinished, { recursive: true, force: true });
}
