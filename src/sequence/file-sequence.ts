import { MuybridgeError } from "../core/errors.js";

/** A sequence of vectors that came from a file. */
export interface FileSequence {
  /** float32 [n, dimension], row-major, all finite */
  readonly features: Float32Array;
  /** [n] seconds from the first step; where the file has no times, a step counts as a second. */
  readonly timestamps: Float64Array;
  /** Steps, at least 1. */
  readonly n: number;
  readonly dimension: number;
  /** Seconds from the first step to the end of the last, which is taken to last as long as the mean of the others. */
  readonly duration: number;
}

/** Extensions by which sequences are told from videos in data sets and directories, without the dot. */
export const sequenceExtensions: ReadonlySet<string> = new Set(["csv", "safetensors"]);

/** Whether a file's name has the extension of a sequence. */
export function isSequenceFile(name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot > 0 && sequenceExtensions.has(name.slice(dot + 1).toLowerCase());
}

/** Largest file that is read, in bytes: 256 MiB. */
export const maxSequenceFileSize = 2 ** 28;

/** Most steps of a sequence: as many as frames of a video. */
export const maxSteps = 100_000;

/** Most values of a vector: a network's first kernel has a thousand times as many. */
export const maxDimension = 100_000;

/** Most values of a sequence: 256 MiB of them. */
export const maxValues = 2 ** 26;

/** The error of a file that is no sequence. */
export function invalidSequence(path: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_DATASET_INVALID",
    `${path} cannot be read as a sequence: ${why}. See docs/formats.md.`,
    { path, cause },
  );
}

/**
 * Checks sizes before the values of such a sequence are kept.
 *
 * @throws MuybridgeError ERR_TOO_LARGE; ERR_DATASET_INVALID where there is nothing.
 */
export function checkSequenceSize(path: string, n: number, dimension: number): void {
  if (n === 0 || dimension === 0) {
    throw invalidSequence(path, n === 0 ? "it has no steps" : "its vectors have no values");
  }
  if (n <= maxSteps && dimension <= maxDimension && n * dimension <= maxValues) return;
  throw new MuybridgeError(
    "ERR_TOO_LARGE",
    `${path} is too large: at most ${maxSteps} steps, ${maxDimension} values a vector and ${maxValues} values in all are read. Divide it, or take fewer steps.`,
    { path },
  );
}

/**
 * Puts a sequence together.
 *
 * @param features [n, dimension], row-major
 * @param times [n] seconds, where the file has them
 * @throws MuybridgeError ERR_TOO_LARGE; ERR_DATASET_INVALID naming the step where a value is not finite, or time goes
 * backwards.
 */
export function fileSequence(
  path: string,
  features: Float32Array,
  dimension: number,
  times?: ArrayLike<number>,
): FileSequence {
  const n = features.length / Math.max(dimension, 1);
  checkSequenceSize(path, n, dimension);
  const bad = features.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const step = Math.floor(bad / dimension) + 1;
    throw invalidSequence(path, `value ${(bad % dimension) + 1} of step ${step} is not finite`);
  }
  const timestamps = new Float64Array(n);
  for (let t = 0; t < n; t++) timestamps[t] = times ? times[t]! - times[0]! : t;
  const backwards = timestamps.findIndex(
    (time, t) => !Number.isFinite(time) || (t > 0 && time < timestamps[t - 1]!),
  );
  if (backwards >= 0) {
    throw invalidSequence(
      path,
      `its time at step ${backwards + 1} is not finite or goes backwards`,
    );
  }
  const last = timestamps[n - 1]!;
  const step = n > 1 ? last / (n - 1) : times ? 0 : 1;
  return { features, timestamps, n, dimension, duration: last + step };
}

/** The steps of a sequence from `start` until before `end`, both in seconds; at least the one before `end`. */
export function stepsBetween(sequence: FileSequence, start: number, end: number): FileSequence {
  const { features, timestamps, dimension } = sequence;
  const begins = timestamps.findIndex((time) => time >= start);
  const ends = timestamps.findIndex((time) => time >= end);
  const after = ends < 0 ? timestamps.length : Math.max(ends, 1);
  const first = Math.min(begins < 0 ? after - 1 : begins, after - 1);
  return {
    ...sequence,
    features: features.subarray(first * dimension, after * dimension),
    timestamps: timestamps.subarray(first, after),
    n: after - first,
  };
}
