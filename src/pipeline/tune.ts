import type { Dataset } from "../../datasets/dataset.js";
import { assignFolds } from "../../datasets/folds.js";
import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import {
  minimiseAtRandom,
  minimiseByWhales,
  type TrialOutcome,
} from "../sequence/tuning/minimise.js";
import type { FeatureChoices } from "./feature-stage.js";
import type { Model } from "./model.js";
import { usualRecipe } from "./network-recipe.js";
import { packageVersion } from "./package-version.js";
import type { RunOptions } from "./run.js";
import { train } from "./train.js";
import { openTrainingPart } from "./training-part.js";
import { defaultTrainingSettings, trainingSettings } from "./training-settings.js";
import { openTuningLog, type TuningLog } from "./tuning-log.js";
import { type TunedSettings, type TuningSpace, tuningSpace } from "./tuning-space.js";
import {
  judgeByFolds,
  meanOf,
  pruningFactor,
  pruningMargin,
  pruningNeeds,
  type TrialDetail,
  type TrialGround,
  type TuningTrial,
} from "./tuning-trial.js";

/** Ways to search. */
export const optimizers = ["woa", "random"] as const;

/** One of {@link optimizers}: the Whale Optimization Algorithm, or settings drawn at random. */
export type Optimizer = (typeof optimizers)[number];

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

/** What a search came to. */
export interface SearchSummary {
  /** "defaults" for the one trial of the settings that `train` has where none are given. */
  readonly search: Optimizer | "defaults";
  readonly best: TuningTrial;
  readonly trials: readonly TuningTrial[];
  /** Trials that were given up early. */
  readonly pruned: number;
  /** Trials whose settings had been tried before. */
  readonly repeated: number;
  /** Trials that could not be trained to the end. */
  readonly failed: number;
  /** Seconds that its trials took. */
  readonly seconds: number;
}

/** What a tuning came to. */
export interface TuningSummary {
  /** The settings of the lowest loss of all searches, which the model is trained with. */
  readonly settings: TunedSettings;
  /** Mean of the folds' lowest validation losses with them, in nats. */
  readonly loss: number;
  /** Mean of the folds' validation accuracies in the same epochs. */
  readonly accuracy: number;
  /** The search that found them. */
  readonly winner: SearchSummary["search"];
  /** How much lower than that of random search the loss of the other search is, in nats; null with one search alone. */
  readonly gain: number | null;
  readonly searches: readonly SearchSummary[];
  readonly folds: number;
  /** Clips of the folds: the training and validation parts. The test part is not among them. */
  readonly clips: number;
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

/** Whales: as many as in published studies, but so few that each gets its turn at least three times. */
const mostWhales = 10;
const fewestRounds = 3;

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
    fixed,
    ...(shared.signal ? { signal: shared.signal } : {}),
  };
  const largest = Math.max(...sizesOf(folds, count));
  const space = tuningSpace(examples.length - largest);
  const recipe = digestOf({
    version: packageVersion(),
    tuning: tuningVersion,
    usualRecipe,
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

/** The settings of `train` where none are given, judged by the same folds. */
async function judgeDefaults(
  ground: TrialGround,
  log: TuningLog,
  space: TuningSpace,
): Promise<SearchSummary> {
  const { hidden, layers, dropout, learningRate } = defaultTrainingSettings;
  const settings: TunedSettings = {
    rnn: "bilstm",
    hidden,
    layers,
    dropout,
    learningRate,
    weightDecay: usualRecipe.weightDecay,
    batchSize: space.batchSize.choices[0]!,
  };
  let [trial] = log.finished("defaults");
  if (!trial) {
    trial = { trial: 1, settings, ...(await judgeByFolds(settings, [], ground)) };
    await log.append("defaults", trial);
  }
  return summaryOf("defaults", trial, [trial]);
}

/** What {@link judgeByFolds} is once the ground is settled. */
type Judge = (
  settings: TunedSettings,
  finished: readonly TuningTrial[],
) => Promise<TrialOutcome<TrialDetail>>;

/**
 * Judges settings, but takes what another search found of the same ones. Both start from the same draws, so that
 * what differs between them is what they make of these.
 */
function rememberTrials(ground: TrialGround, log: TuningLog): Judge {
  return async (settings, finished) => {
    const key = JSON.stringify(settings);
    const known = log.trials().find((trial) => JSON.stringify(trial.settings) === key);
    if (!known?.detail || known.detail.pruned) return judgeByFolds(settings, finished, ground);
    return { loss: known.loss, detail: { ...known.detail, seconds: 0 } };
  };
}

async function runSearch(
  name: Optimizer,
  space: TuningSpace,
  trials: number,
  seed: number,
  judge: Judge,
  log: TuningLog,
  { onProgress, signal }: RunOptions,
): Promise<SearchSummary> {
  const finished = log.finished(name);
  let lowest = finished.reduce((a, { loss }) => Math.min(a, loss), Number.POSITIVE_INFINITY);
  const tell = (done: number): void =>
    onProgress?.({
      stage: name,
      done,
      total: trials,
      unit: "trials",
      note: `lowest loss ${Number.isFinite(lowest) ? lowest.toFixed(3) : "?"}`,
    });
  tell(finished.length);
  const minimise = name === "woa" ? minimiseByWhales : minimiseAtRandom;
  const result = await minimise<TuningSpace, TrialDetail>(judge, space, {
    trials,
    seed,
    // Ranges have no zero worth being drawn to.
    origin: "centre",
    whales: Math.max(1, Math.min(mostWhales, Math.floor(trials / fewestRounds))),
    finished,
    ...(signal ? { signal } : {}),
    async onTrial(trial) {
      await log.append(name, trial);
      lowest = Math.min(lowest, trial.loss);
      tell(trial.trial);
    },
  });
  return summaryOf(name, result.best, result.trials);
}

function summaryOf(
  search: SearchSummary["search"],
  best: TuningTrial,
  trials: readonly TuningTrial[],
): SearchSummary {
  const fresh = trials.filter(({ repeatOf }) => repeatOf === undefined);
  return {
    search,
    best,
    trials,
    pruned: fresh.filter(({ detail }) => detail?.pruned).length,
    repeated: trials.length - fresh.length,
    failed: fresh.filter(({ detail }) => detail?.error !== undefined).length,
    seconds:
      Math.round(10 * fresh.reduce((sum, { detail }) => sum + (detail?.seconds ?? 0), 0)) / 10,
  };
}

function summarise(
  searches: readonly SearchSummary[],
  folds: number,
  clips: number,
): TuningSummary {
  const winner = searches.reduce((a, b) => (b.best.loss < a.best.loss ? b : a));
  const { settings, loss, detail } = winner.best;
  if (!Number.isFinite(loss)) {
    const why = searches.flatMap(({ trials }) => trials.map(({ detail: each }) => each?.error));
    throw usage(
      "trials",
      `No settings could be trained to the end. ${why.find((each) => each !== undefined) ?? ""}`,
    );
  }
  const lossOf = (name: Optimizer): number | undefined =>
    searches.find(({ search }) => search === name)?.best.loss;
  const [whales, random] = [lossOf("woa"), lossOf("random")];
  return {
    settings,
    loss,
    accuracy: meanOf(detail?.accuracies ?? []),
    winner: winner.search,
    gain: whales === undefined || random === undefined ? null : random - whales,
    searches,
    folds,
    clips,
  };
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
