import { MuybridgeError } from "../core/errors.js";
import type { Span } from "../frames/decoder.js";
import { checkSpan } from "../frames/span.js";
import { stepsBetween } from "../sequence/file-sequence.js";
import type { FeatureStage, SequenceSettings } from "./feature-stage.js";

/** Options of {@link openSequenceStage}. */
export interface SequenceStageOptions {
  /** Seconds a file may take. Default: no limit. */
  readonly timeout?: number;
}

/**
 * The features stage for files that are sequences of vectors already: nothing is decoded, nothing computed, and what
 * is read is not kept, since the file itself is as fast.
 */
export function openSequenceStage(
  { dimension: wanted }: SequenceSettings,
  { timeout }: SequenceStageOptions,
): FeatureStage {
  return {
    blocks: wanted === undefined ? [] : [{ name: "sequence", dimension: wanted }],
    record: (dimension) => ({ kind: "sequence", dimension }),
    key: (content, span?: Span) => ({ kind: "sequence", content, ...span }),
    kept: async () => undefined,
    async clip(path, _content, signal, span) {
      // Late, since a prediction that the cache holds needs no file.
      const { readSequenceFile } = await import("../sequence/read-sequence-file.js");
      const sequence = await readSequenceFile(path, {
        ...(signal ? { signal } : {}),
        ...(timeout === undefined ? {} : { timeout }),
      });
      if (wanted !== undefined && sequence.dimension !== wanted) {
        throw new MuybridgeError(
          "ERR_MODEL_MISMATCH",
          `${path} has vectors of ${sequence.dimension} values; the model takes ${wanted}.`,
          { path },
        );
      }
      checkSpan(path, span, sequence.duration);
      const steps = span
        ? stepsBetween(sequence, span.start ?? 0, span.end ?? Number.POSITIVE_INFINITY)
        : sequence;
      return { ...steps, truncated: false, cached: true, framesCached: true };
    },
  };
}
