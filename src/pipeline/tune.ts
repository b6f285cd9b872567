import type { Dataset } from "../../datasets/dataset.js";
import { assignFolds } from "../../datasets/folds.js";
import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import type { FeatureChoices } from "./feature-stage.js";
import type { Model } from "./model.js";
import { packageVersion } from "./package-version.js";
import type { RunOptions } from "./run.js";
import { train } from "./train.js";
import { openTrainingPart } from "./training-part.js";
import { trainingSettings } from "./training-settings.js";
import { openTuningLog } from "./tuning-log.js";
import { judgeDefaults, rememberTrials, runSearch } from "./tuning-search.js";
import { tuningSpace } from "./tuning-space.js";
import { type Optimizer, optimizers, summarise, type TuningSummary } from "./tuning-summary.js";
import { pruningFactor, pruningMargin, pruningNeeds, type TrialGround } from "./tuning-trial.js";

/** Options of {@link tune}. */
export interface TuneOptions extends RunOptions, FeatureChoices {
  /** Default "woa". */
  readonly optimizer?: Optimizer;
  /** Settings that each search tries. Default 30. */
  readonly trials?: number;
  /** Folds that settings are judged by. Default 3. */
  readonly folds?: number;
  /** Search at random as well, with as many trials, to hold against it. Default true. */
  readonly baseline?: boolean;
  /** Passes over the clips at most, in each fold and at the end. Default 40. */
  readonly epochs?: number;
  /** Epochs without a better validation loss before a training stops. Default 8. */
  readonly patience?: number;
  /** Decides the folds, the searches and the trainings. Default 1. */
  readonly seed?: number;
  /** Parts of the data for training, validation and test where the data set says nothing. Default 0.7, 0.15, 0.15. */
  readonly splitRatio?: readonly [number, number, number];
  /** A file to keep the trials in, one JSON line each, and to go on from where it is there. */
  readonly log?: string;
}

/** What {@link tune} gives. The model is the caller's to save and to close. */
export interface Tuning {
  readonly model: Model;
  readonly summary: TuningSummary;
}

/** Version of how settings are judged; logs of another one are not gone on from. */
const tuningVersion = 1;

const defaultTrials = 30;
const defaultFolds = 3;

/**
 * Looks for the settings of the lowest validation loss over K folds by groups, inside the training and validation
 * parts; the test part is neither decoded nor looked at. Then trains with them, as {@link train} does.
 *
 * The same data, options and seed give the same trials and the same model, also when the search was stopped and
 * taken up again from its log.
 *
 * @throws MuybridgeError as `train` does, and where there are too few groups for the folds; the signal's reason on
 * abort.
 */
export async function tune(dataset: Dataset, options: TuneOptions = {}): Promise<Tuning> {
  const {
    optimizer = "woa",
    trials = defaultTrials,
    folds: count = defaultFolds,
    baseline = true,
    log,
    ...shared
  } = options;
  if (!optimizers.includes(optimizer)) {
    throw usage("optimizer", `optimizer must be one of ${optimizers.join(", ")}.`);
  }
  checkWhole("trials", trials, 1, 1_000_000);
  checkWhole("folds", count, 2, 1000);
  const fixed = fixedSettings(options);
  const part = await openTrainingPart(dataset, { ...shared, seed: fixed.seed });
  const { examples } = part;
  const folds = assignFolds(examples, { folds: count, seed: fixed.seed });
  const ground: TrialGround = {
    classes: dataset.classes,
    dimension: part.dimension,
    examples,
    folds,
    recipe: part.recipe,
    fixed,
    ...(shared.signal ? { signal: shared.signal } : {}),
  };
  const largest = Math.max(...sizesOf(folds, count));
  const space = tuningSpace(examples.length - largest);
  const recipe = digestOf({
    version: packageVersion(),
    tuning: tuningVersion,
    network: part.recipe,
    pruning: [pruningNeeds, pruningFactor, pruningMargin],
    fixed,
    trials,
    space,
    features: part.featuresKey,
    clips: examples.map(({ digest, label }, index) => [digest, label, folds[index]]),
  });
  const kept = await openTuningLog(log, recipe, options.onWarning ?? (() => {}));
  const searches = [await judgeDefaults(ground, kept, space)];
  const judged = rememberTrials(ground, kept);
  const others: Optimizer[] = optimizer === "woa" && baseline ? ["woa", "random"] : [optimizer];
  for (const name of others) {
    searches.push(await runSearch(name, space, trials, fixed.seed, judged, kept, shared));
  }
  const summary = summarise(searches, count, examples.length);
  const model = await train(dataset, { ...shared, ...fixed, ...summary.settings });
  return { model, summary };
}

/** The settings that are not tuned. */
function fixedSettings(options: TuneOptions): TrialGround["fixed"] {
  const { epochs, patience, seed } = trainingSettings({
    ...(options.epochs === undefined ? {} : { epochs: options.epochs }),
    ...(options.patience === undefined ? {} : { patience: options.patience }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  return { epochs, patience, seed };
}

function sizesOf(folds: readonly number[], count: number): number[] {
  const sizes = new Array<number>(count).fill(0);
  for (const fold of folds) sizes[fold]! += 1;
  return sizes;
}

function checkWhole(parameter: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw usage(
    parameter,
    `${parameter} must be a whole number from ${low} to ${high}; it is ${value}.`,
  );
}

function usage(parameter: string, message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter });
}
