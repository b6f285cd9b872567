import type { Dataset, DatasetItem, Split } from "../../datasets/dataset.js";
import { MuybridgeError } from "../core/errors.js";
import {
  type ClassificationMetrics,
  classificationMetrics,
} from "../sequence/classification-metrics.js";
import { type Interval, wilsonInterval } from "../sequence/paired-comparison.js";
import { checkDatasetKind } from "./dataset-kind.js";
import { identifyItems } from "./identify-items.js";
import { type FailedVideo, failedVideo, type JudgedVideo, judgeItems } from "./judge-items.js";
import type { Model } from "./model.js";
import { openRun, type Run, type RunOptions } from "./run.js";

export type { FailedVideo, JudgedVideo } from "./judge-items.js";

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
  readonly baseline: {
    readonly meanPool: ClassificationMetrics;
    /** Always the most frequent class of the training clips; there where the data set holds them. */
    readonly prior?: { readonly label: string; readonly accuracy: number };
  };
  readonly split: Split | "all";
  /** Videos that could not be judged; they are in none of the figures. */
  readonly failed: readonly FailedVideo[];
  /** What became of each video that could, in the data set's order. */
  readonly predictions: readonly JudgedVideo[];
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
  const { split, items, failed, prior } = await chooseItems(model, dataset, run, options);
  const { probabilities, meanPool, truth, predictions } = await judgeItems(
    model,
    items,
    run,
    failed,
    options,
  );
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
    baseline: {
      meanPool: classificationMetrics(meanPool, truth, model.classes),
      ...(prior === undefined
        ? {}
        : {
            prior: {
              label: prior,
              accuracy: predictions.filter((judged) => judged.truth === prior).length / figures.n,
            },
          }),
    },
    split,
    failed,
    predictions,
  };
}

/** What is judged. */
interface ChosenItems {
  readonly split: Split | "all";
  readonly items: readonly DatasetItem[];
  readonly failed: FailedVideo[];
  /** The most frequent class of the training clips, where some are among the data. */
  readonly prior: string | undefined;
}

/** The items to judge: of the wanted part where the model knows this data, else all of them. */
async function chooseItems(
  model: Model,
  dataset: Dataset,
  run: Run,
  options: EvaluateOptions,
): Promise<ChosenItems> {
  const { split = "test" } = options;
  const { splits } = model.record;
  const identified = await identifyItems(dataset.items, run, options);
  const failed = identified.failed.map(({ name, error }) => failedVideo(name, error));
  const { items } = identified;
  // Parts of a video that was trained with otherwise divided belong where the video does.
  const sides = items.map(({ digest, content }) => splits[digest] ?? splits[content]);
  const known = sides.some((side) => side !== undefined);
  const prior = mostFrequent(
    items.filter((_, index) => sides[index] === "train").map(({ label }) => label),
  );
  if (split === "all" || !known) return { split: "all", items, failed, prior };
  return { split, items: items.filter((_, index) => sides[index] === split), failed, prior };
}

/** The first one in the alphabet, of several that are as frequent. */
function mostFrequent(labels: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0];
}
