import type { Dataset, DatasetItem, Split } from "../../datasets/dataset.js";
import { MuybridgeError } from "../core/errors.js";
import type { Span } from "../frames/decoder.js";
import {
  type ClassificationMetrics,
  classificationMetrics,
  mostLikely,
} from "../sequence/classification-metrics.js";
import { type Interval, wilsonInterval } from "../sequence/paired-comparison.js";
import { checkDatasetKind } from "./dataset-kind.js";
import { identifyItems } from "./identify-items.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import type { Model } from "./model.js";
import { openPredictionStage, type VideoPrediction } from "./prediction-stage.js";
import { openRun, type Run, type RunOptions } from "./run.js";

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends RunOptions {
  /** Which part of the data the model was trained with. Default "test". Data it does not know is used whole. */
  readonly split?: Split | "all";
}

/** How a model does on a data set. */
export interface Evaluation extends ClassificationMetrics {
  readonly classes: readonly string[];
  /** 95 % of the accuracy, as if the clips were independent of each other (Wilson). */
  readonly interval: Interval;
  /** The same clips through the mean-pool classifier that was trained beside the network. */
  readonly baseline: { readonly meanPool: ClassificationMetrics };
  readonly split: Split | "all";
  /** Videos that could not be judged; they are in none of the figures. */
  readonly failed: readonly FailedVideo[];
  /** What became of each video that could, in the data set's order. */
  readonly predictions: readonly JudgedVideo[];
}

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

/**
 * Compares a model's labels with a data set's, on the part that it was not trained on. Which part a clip
 * belongs to is known by its content, so that a renamed or moved clip stays on its side.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID where no video can be judged, or the data set has a class that the
 * model does not know; ERR_MODEL_MISMATCH where it holds sequences and the model takes videos, or the reverse.
 */
export async function evaluate(
  model: Model,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { signal } = options;
  const unknown = dataset.classes.filter((label) => !model.classes.includes(label));
  if (unknown.length > 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${dataset.name} has classes that the model does not know: ${unknown.join(", ")}.`,
      { path: dataset.name },
    );
  }
  checkDatasetKind(dataset, model.settings);
  await using run = await openRun(model.settings, options);
  const { split, items, failed } = await chooseItems(model, dataset, run, options);
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
  if (truth.length === 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${dataset.name} has no video in its part "${split}" that can be judged${failed[0] ? `; the first failed: ${failed[0].error.message}` : "."}`,
      { path: dataset.name },
    );
  }
  const figures = classificationMetrics(probabilities, truth, model.classes);
  return {
    ...figures,
    classes: model.classes,
    interval: wilsonInterval(Math.round(figures.accuracy * figures.n), figures.n),
    baseline: { meanPool: classificationMetrics(meanPool, truth, model.classes) },
    split,
    failed,
    predictions,
  };
}

/** The items to judge: of the wanted part where the model knows this data, else all of them. */
async function chooseItems(
  model: Model,
  dataset: Dataset,
  run: Run,
  options: EvaluateOptions,
): Promise<{ split: Split | "all"; items: readonly DatasetItem[]; failed: FailedVideo[] }> {
  const { split = "test" } = options;
  const { splits } = model.record;
  const identified = await identifyItems(dataset.items, run, options);
  const failed = identified.failed.map(({ name, error }) => failedVideo(name, error));
  const { items } = identified;
  // Parts of a video that was trained with otherwise divided belong where the video does.
  const sides = items.map(({ digest, content }) => splits[digest] ?? splits[content]);
  const known = sides.some((side) => side !== undefined);
  if (split === "all" || !known) return { split: "all", items, failed };
  return { split, items: items.filter((_, index) => sides[index] === split), failed };
}

function failedVideo(path: string, { code, message }: MuybridgeError): FailedVideo {
  return { path, error: { code, message } };
}
