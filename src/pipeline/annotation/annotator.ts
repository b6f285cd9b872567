import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isAbort, MuybridgeError, messageOf } from "../../core/errors.js";
import type { DecoderName } from "../../frames/decoder.js";
import type { LabelResult } from "../label-result.js";
import type { RunOptions } from "../run.js";
import { openWorkerPool } from "../worker-pool.js";
import { refuseToReplace, writeAnnotated } from "./annotate.js";
import { annotationOf } from "./annotation.js";

/** Options of {@link openAnnotator}. */
export interface AnnotatorOptions
  extends Pick<
    RunOptions,
    "jobs" | "timeout" | "maxMemory" | "signal" | "onProgress" | "onWarning"
  > {
  /** What each video's copy is called, without extension, by the video's path. */
  readonly names: ReadonlyMap<string, string>;
  /** The model's classes, which decide the colours. */
  readonly classes: readonly string[];
  readonly decoder: DecoderName;
  /** Leaves copies that are there already as they are. Default false: they are replaced. */
  readonly keepExisting?: boolean;
  /** Told of each video that could not be annotated. */
  readonly onFailure: (error: MuybridgeError) => void;
}

/** What became of the videos that an annotator was given. */
export interface AnnotatorSummary {
  readonly annotated: number;
  /** Copies that were there already. */
  readonly kept: number;
  readonly failed: number;
  /** Annotated videos whose sound an .mp4 cannot hold. */
  readonly withoutSound: number;
}

/** Writes annotated copies of videos as their results come, in processes of its own. */
export interface Annotator {
  /**
   * Takes a result. The copy is written meanwhile; only where very many wait is their turn waited for. A result that
   * is an error, and a video taken before, is passed over.
   */
  take(result: LabelResult): Promise<void>;
  /** Those of the videos that were not taken and have no copy. */
  missing(paths: readonly string[]): Promise<string[]>;
  /**
   * Waits until all copies are written, telling progress.
   *
   * @throws the signal's reason on abort.
   */
  finish(): Promise<AnnotatorSummary>;
  /** Gives up what is not written yet and ends the processes; leaves nothing half-written. */
  close(): Promise<void>;
}

/** Results that may wait for their copies: bounds memory. */
const maxWaiting = 1024;

/**
 * Opens an annotator that writes `<directory>/<name>.mp4`.
 *
 * @throws MuybridgeError ERR_USAGE where the directory cannot be written, or a copy would replace one of the videos.
 */
export async function openAnnotator(
  directory: string,
  options: AnnotatorOptions,
): Promise<Annotator> {
  const { names, classes, decoder, jobs, timeout, maxMemory } = options;
  const { signal, onProgress, onWarning } = options;
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${directory} cannot be written to: ${messageOf(error)}`,
      {
        parameter: "annotate",
        cause: error,
      },
    );
  });
  const targetOf = (name: string): string => join(directory, `${name}.mp4`);
  await refuseToReplace([...names.keys()], [...names.values()].map(targetOf));
  const pool = openWorkerPool({
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    ...(onWarning === undefined ? {} : { onWarning }),
  });
  const givenUp = new AbortController();
  const stop = signal ? AbortSignal.any([signal, givenUp.signal]) : givenUp.signal;
  const taken = new Set<string>();
  const waiting = new Set<Promise<void>>();
  const counts = { annotated: 0, kept: 0, failed: 0, withoutSound: 0 };
  let isFinishing = false;

  const tell = (): void => {
    const { annotated, kept, failed } = counts;
    const done = annotated + kept + failed;
    // While results still come, it is the labels that are shown.
    if (!isFinishing) return;
    onProgress?.({ stage: "annotate", done, total: taken.size, failed, unit: "videos" });
  };

  const annotateOne = async (result: Exclude<LabelResult, { error: object }>): Promise<void> => {
    const { path } = result;
    const target = targetOf(names.get(path)!);
    try {
      if (options.keepExisting && (await exists(target))) {
        counts.kept += 1;
        return;
      }
      const task = { path, decoder, annotation: annotationOf(result, classes) };
      const { sound } = await writeAnnotated(task, target, (whole) =>
        pool.run("annotateVideo", whole, path, stop),
      );
      counts.annotated += 1;
      if (sound === "left out") counts.withoutSound += 1;
    } catch (error) {
      if (stop.aborted || isAbort(error)) return;
      counts.failed += 1;
      options.onFailure(asFailure(error, path));
    }
  };

  return {
    async take(result) {
      stop.throwIfAborted();
      if ("error" in result || taken.has(result.path) || !names.has(result.path)) return;
      taken.add(result.path);
      while (waiting.size >= maxWaiting) await Promise.race(waiting);
      const work = annotateOne(result).finally(() => {
        waiting.delete(work);
        tell();
      });
      waiting.add(work);
    },
    async missing(paths) {
      const without: string[] = [];
      for (const path of new Set(paths)) {
        const name = names.get(path);
        if (name === undefined || taken.has(path) || (await exists(targetOf(name)))) continue;
        without.push(path);
      }
      return without;
    },
    async finish() {
      isFinishing = true;
      if (waiting.size > 0) tell();
      await Promise.all(waiting);
      stop.throwIfAborted();
      return counts;
    },
    async close() {
      givenUp.abort();
      await Promise.all(waiting);
      await pool.close();
    },
  };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function asFailure(error: unknown, path: string): MuybridgeError {
  if (error instanceof MuybridgeError) return error;
  return new MuybridgeError(
    "ERR_DECODER_CRASHED",
    `${path} could not be annotated: ${messageOf(error)}`,
    { path, cause: error },
  );
}
