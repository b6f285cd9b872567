import {
  minimiseAtRandom,
  minimiseByWhales,
  type TrialOutcome,
} from "../sequence/tuning/minimise.js";
import type { RunOptions } from "./run.js";
import { defaultTrainingSettings } from "./training-settings.js";
import type { TuningLog } from "./tuning-log.js";
import type { TunedSettings, TuningSpace } from "./tuning-space.js";
import { type Optimizer, type SearchSummary, summaryOf } from "./tuning-summary.js";
import {
  judgeByFolds,
  type TrialDetail,
  type TrialGround,
  type TuningTrial,
} from "./tuning-trial.js";

/** Whales: as many as in published studies, but so few that each gets its turn at least three times. */
const mostWhales = 10;
const fewestRounds = 3;

/** The settings of `train` where none are given, judged by the same folds. */
export async function judgeDefaults(
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
    weightDecay: ground.recipe.weightDecay,
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
export function rememberTrials(ground: TrialGround, log: TuningLog): Judge {
  return async (settings, finished) => {
    const key = JSON.stringify(settings);
    const known = log.trials().find((trial) => JSON.stringify(trial.settings) === key);
    if (!known?.detail || known.detail.pruned) return judgeByFolds(settings, finished, ground);
    return { loss: known.loss, detail: { ...known.detail, seconds: 0 } };
  };
}

/** One search, from where its log ends. */
export async function runSearch(
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
