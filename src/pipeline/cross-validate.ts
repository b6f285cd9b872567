import type { Dataset } from "../../datasets/dataset.js";
import { assignFolds, assignGroupFolds } from "../../datasets/folds.js";
import { MuybridgeError } from "../core/errors.js";
import { classificationMetrics } from "../sequence/classification-metrics.js";
import { wilsonInterval } from "../sequence/paired-comparison.js";
import type { Evaluation } from "./evaluate.js";
import { type IdentifiedItem, identifyItems } from "./identify-items.js";
import { type FailedVideo, failedVideo, type Judgements, judgeItems } from "./judge-items.js";
import { openRun, type RunOptions } from "./run.js";
import { openStageCache } from "./stage-cache.js";
import { type TrainOptions, train } from "./train.js";
import { trainingSettings } from "./training-settings.js";
import { openWorkerPool } from "./worker-pool.js";

/** Options of {@link crossValidate}: how many folds, and how `train` trains in each. */
export interface CrossValidationOptions
  extends Omit<TrainOptions, "checkpoint" | "resume" | "reuse" | "split"> {
  /** Folds, at least 2; or "groups": each group is held out in turn. */
  readonly folds: number | "groups";
}

/** How the model of one fold does on the clips that it has not learned from. */
export interface FoldResult {
  /** From 1. */
  readonly fold: number;
  /** The groups held out, sorted; none where none are known. */
  readonly groups: readonly string[];
  readonly n: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** Nats. */
  readonly logLoss: number;
  readonly baseline: { readonly meanPool: { readonly accuracy: number } };
}

/** How a way of training does: the figures are over the predictions of all folds together. */
export interface CrossValidation extends Omit<Evaluation, "split"> {
  readonly split: "cv";
  readonly folds: readonly FoldResult[];
}

/**
 * Trains a model for each fold on the clips of the others, and judges each clip by the one model that has not learned
 * from it. Whole groups, copies of one content and parts of one video are in one fold; in each fold the validation
 * part, which ends the training, is drawn from the training clips by groups. Parts that the data set names play no
 * role. The features of a clip are computed once for all folds.
 *
 * @throws MuybridgeError ERR_USAGE where there are fewer groups than folds; ERR_DATASET_INVALID where all clips of a
 * class are of one group; else as `train` does; the signal's reason on abort.
 */
export async function crossValidate(
  dataset: Dataset,
  { folds: wanted, ...given }: CrossValidationOptions,
): Promise<CrossValidation> {
  const options = { ...given, onWarning: once(given.onWarning ?? (() => {})) };
  for (const warning of dataset.warnings) options.onWarning(warning);
  const { seed } = trainingSettings(options);
  const identified = await identify(dataset, options);
  // Their parts play no role: without them, each fold is a split of its own.
  const items = identified.items.map(({ split: _, ...item }) => item);
  const failed: FailedVideo[] = identified.failed.map(({ name, error }) =>
    failedVideo(name, error),
  );
  const folds =
    wanted === "groups" ? assignGroupFolds(items) : assignFolds(items, { folds: wanted, seed });
  const count = 1 + folds.reduce((a, b) => Math.max(a, b), 0);
  const all: Judgements[] = [];
  const results: FoldResult[] = [];
  for (let fold = 0; fold < count; fold++) {
    const heldOut = items.filter((_, index) => folds[index] === fold);
    const placed = items.map((item, index) => ({
      ...item,
      split: folds[index] === fold ? ("test" as const) : ("train" as const),
    }));
    await using model = await train({ ...dataset, items: placed, warnings: [] }, options);
    await using run = await openRun(model.settings, options);
    const judged = await judgeItems(model, heldOut, run, failed, options);
    if (judged.truth.length === 0) continue;
    all.push(judged);
    results.push(summarise(fold, heldOut, judged, dataset.classes));
  }
  const pooled = {
    probabilities: all.flatMap(({ probabilities }) => probabilities),
    meanPool: all.flatMap(({ meanPool }) => meanPool),
    truth: all.flatMap(({ truth }) => truth),
  };
  if (pooled.truth.length === 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${dataset.name} has no video that can be judged${failed[0] ? `; the first failed: ${failed[0].error.message}` : "."}`,
      { path: dataset.name },
    );
  }
  const figures = classificationMetrics(pooled.probabilities, pooled.truth, dataset.classes);
  const order = new Map(dataset.items.map(({ name }, index) => [name, index]));
  return {
    ...figures,
    classes: dataset.classes,
    interval: wilsonInterval(Math.round(figures.accuracy * figures.n), figures.n),
    baseline: {
      meanPool: classificationMetrics(pooled.meanPool, pooled.truth, dataset.classes),
    },
    split: "cv",
    folds: results,
    failed,
    predictions: all
      .flatMap(({ predictions }) => predictions)
      .sort((a, b) => order.get(a.name)! - order.get(b.name)!),
  };
}

async function identify(dataset: Dataset, options: RunOptions): ReturnType<typeof identifyItems> {
  const { cacheDir, onWarning, jobs } = options;
  const cache = openStageCache({
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(onWarning === undefined ? {} : { onWarning }),
  });
  // Says how many files are read at once; it starts no process before there is work for one.
  const pool = openWorkerPool(jobs === undefined ? {} : { jobs });
  try {
    return await identifyItems(dataset.items, { cache, pool }, options);
  } finally {
    await pool.close();
  }
}

function summarise(
  index: number,
  heldOut: readonly Omit<IdentifiedItem, "split">[],
  { probabilities, meanPool, truth }: Judgements,
  classes: readonly string[],
): FoldResult {
  const { n, accuracy, macroF1, logLoss } = classificationMetrics(probabilities, truth, classes);
  const baseline = classificationMetrics(meanPool, truth, classes);
  return {
    fold: index + 1,
    groups: [...new Set(heldOut.flatMap(({ group }) => group ?? []))].sort(),
    n,
    accuracy,
    macroF1,
    logLoss,
    baseline: { meanPool: { accuracy: baseline.accuracy } },
  };
}

/** Tells each message once: what is wrong with a file is wrong in every fold. */
function once(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) tell(message);
    told.add(message);
  };
}
