import { sha256 } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";

/** One of some equal parts of a batch. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/**
 * Reads `I/N`.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `--shard ${text} is none: it is I/N, the I-th of N parts, I from 1 to N. A Slurm array may start at 1 (--array=1-N); Kubernetes counts its jobs from 0 (JOB_COMPLETION_INDEX + 1).`,
      { parameter: "shard" },
    );
  }
  return { index, count };
}

/**
 * Whether a path belongs to a part: by the digest of the path as it was given, so that each path is in one part,
 * whatever else is in the batch.
 */
export function isInShard(path: string, { index, count }: Shard): boolean {
  // 48 bits: exact as a number, and even over any count of parts.
  return Number.parseInt(sha256(path).slice(0, 12), 16) % count === index - 1;
}
