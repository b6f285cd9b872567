import type { DatasetItem } from "../../datasets/dataset.js";
import type { MuybridgeError } from "../core/errors.js";
import type { LongCallOptions } from "../core/progress.js";
import type { Span } from "../frames/decoder.js";
import { mostLikely } from "../sequence/classification-metrics.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import type { Model } from "./model.js";
import { openPredictionStage, type VideoPrediction } from "./prediction-stage.js";
import type { Run } from "./run.js";

/** A video that could not be judged. */
export interface FailedVideo {
  readonly path: string;
  readonly error: { readonly code: string; readonly message: string };
}

/** A video, its true label and what the model says of it. */
interface Judgement {
  readonly path: string;
  readonly span?: Span;
  readonly label: string;
  readonly prediction: VideoPrediction;
}

/** A video, what it is and what the model says. */
export interface JudgedVideo {
  /** The path as the data set names it, with the span behind it where there is one. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  /** The part of the video that was judged. Default: all of it. */
  readonly span?: Span;
  readonly truth: string;
  readonly label: string;
  /** Probability of the label, in [0, 1]. */
  readonly confidence: number;
  /** What the mean-pool classifier says. */
  readonly meanPool: string;
}

/** What a model says of videos whose labels are known; each array in the order of the items that could be judged. */
export interface Judgements {
  /** Each float32 [classes]. */
  readonly probabilities: readonly Float32Array[];
  /** Of the mean-pool baseline, each float32 [classes]. */
  readonly meanPool: readonly Float32Array[];
  /** Indices of the true classes. */
  readonly truth: readonly number[];
  readonly predictions: readonly JudgedVideo[];
}

/**
 * Asks a model about videos whose labels it knows.
 *
 * @param failed what those that cannot be judged are added to
 */
export async function judgeItems(
  model: Model,
  items: readonly DatasetItem[],
  run: Run,
  failed: FailedVideo[],
  options: LongCallOptions,
): Promise<Judgements> {
  const { signal } = options;
  const stage = openPredictionStage(model, run.features, run.cache);
  const probabilities: Float32Array[] = [];
  const meanPool: Float32Array[] = [];
  const truth: number[] = [];
  const predictions: JudgedVideo[] = [];
  const outcomes = mapVideos(
    items,
    async ({ path, label, span }): Promise<Judgement> => ({
      path,
      label,
      ...(span ? { span } : {}),
      prediction: await stage.predict(path, signal, span),
    }),
    progressOptions("evaluate", items.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) {
      failed.push(failedVideo(outcome.name, outcome.error));
      continue;
    }
    const { path, label, span, prediction } = outcome.value;
    const best = mostLikely(prediction.probabilities);
    probabilities.push(prediction.probabilities);
    meanPool.push(prediction.meanPool);
    truth.push(model.classes.indexOf(label));
    predictions.push({
      name: outcome.name,
      path,
      ...(span ? { span } : {}),
      truth: label,
      label: model.classes[best]!,
      confidence: prediction.probabilities[best]!,
      meanPool: model.classes[mostLikely(prediction.meanPool)]!,
    });
  }
  return { probabilities, meanPool, truth, predictions };
}

/** An error as the results have it. */
export function failedVideo(path: string, { code, message }: MuybridgeError): FailedVideo {
  return { path, error: { code, message } };
}
