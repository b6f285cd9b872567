import { pMapIterable } from "p-map";
import { isAbort, MuybridgeError, messageOf } from "../core/errors.js";
import type { LongCallOptions } from "../core/progress.js";
import type { Ground } from "./ground.js";

/** What became of one video. */
export type VideoOutcome<T> =
  | { readonly name: string; readonly elapsedMs: number; readonly value: T }
  | { readonly name: string; readonly elapsedMs: number; readonly error: MuybridgeError };

/** Options of {@link mapVideos}. */
export interface MapVideosOptions extends LongCallOptions {
  /** Name of the work, for progress. */
  readonly stage: string;
  /** Videos under way at once. */
  readonly concurrency: number;
  /** Videos in all, where it is known. */
  readonly total?: number;
}

/**
 * Finished videos that may wait for an earlier one, per video under way: bounds memory, and keeps all processes
 * busy behind a slow one.
 */
const lookahead = 8;

/**
 * Does something with each video, several at once, and yields what became of them in the order given. A video
 * that fails is an outcome like any other; only an abort ends the whole.
 */
export async function* mapVideos<Input extends { readonly name: string }, Output>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  work: (input: Input) => Promise<Output>,
  options: MapVideosOptions,
): AsyncGenerator<VideoOutcome<Output>, void> {
  const { stage, concurrency, total, signal, onProgress } = options;
  let done = 0;
  let failed = 0;
  const attempt = async (input: Input): Promise<VideoOutcome<Output>> => {
    const { name } = input;
    const began = performance.now();
    const elapsed = (): number => Math.round((performance.now() - began) * 10) / 10;
    signal?.throwIfAborted();
    try {
      const value = await work(input);
      return { name, elapsedMs: elapsed(), value };
    } catch (error) {
      if (signal?.aborted || isAbort(error)) throw error;
      failed += 1;
      return { name, elapsedMs: elapsed(), error: asVideoError(error, name) };
    } finally {
      done += 1;
      onProgress?.({
        stage,
        done,
        failed,
        unit: "videos",
        ...(total === undefined ? {} : { total }),
      });
    }
  };
  yield* pMapIterable(inputs, attempt, { concurrency, backpressure: concurrency * lookahead });
}

function asVideoError(error: unknown, path: string): MuybridgeError {
  if (error instanceof MuybridgeError) return error;
  return new MuybridgeError(
    "ERR_DECODER_CRASHED",
    `${path} could not be processed: ${messageOf(error)}`,
    {
      path,
      cause: error,
    },
  );
}

/** The options of a stage over a known number of videos, for a run's processes. */
export function progressOptions(
  stage: string,
  total: number | undefined,
  { pool }: Pick<Ground, "pool">,
  { signal, onProgress }: LongCallOptions,
): MapVideosOptions {
  return {
    stage,
    // Twice the processes, so that none waits for this one to write what it has.
    concurrency: 2 * pool.jobs,
    ...(total === undefined ? {} : { total }),
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  };
}
