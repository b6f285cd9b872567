import { MuybridgeError } from "../core/errors.js";
import type { TunedSettings } from "./tuning-space.js";
import { meanOf, type TuningTrial } from "./tuning-trial.js";

/** Ways to search. */
export const optimizers = ["woa", "random"] as const;

/** One of {@link optimizers}: the Whale Optimization Algorithm, or settings drawn at random. */
export type Optimizer = (typeof optimizers)[number];

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

/** Counts what became of the trials of a search. */
export function summaryOf(
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

/**
 * Puts the searches side by side.
 *
 * @throws MuybridgeError ERR_USAGE where no trial of any of them has a loss.
 */
export function summarise(
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

function usage(parameter: string, message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter });
}
