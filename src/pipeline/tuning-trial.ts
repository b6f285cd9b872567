import { isAbort, MuybridgeError } from "../core/errors.js";
import type { Trial, TrialOutcome } from "../sequence/tuning/minimise.js";
import { type Example, fitClassifier } from "./fit-classifier.js";
import type { NetworkRecipe } from "./network-recipe.js";
import { recurrentKind, type TrainingSettings } from "./training-settings.js";
import type { TunedSettings, TuningSpace } from "./tuning-space.js";

/** What settings came to, fold by fold. */
export interface TrialDetail {
  /** Lowest validation loss of each fold that was trained, in nats. */
  readonly folds: readonly number[];
  /** Validation accuracy in the same epochs. */
  readonly accuracies: readonly number[];
  /** Given up after a fold that was much worse than the others' at that fold. */
  readonly pruned?: true;
  /** Why it could not be trained to the end, as where the loss became infinite. */
  readonly error?: string;
  /** Seconds it took. */
  readonly seconds: number;
}

/** Settings that `tune` has tried. */
export type TuningTrial = Trial<TuningSpace, TrialDetail>;

/** What settings are judged by. */
export interface TrialGround {
  readonly classes: readonly string[];
  readonly dimension: number;
  readonly examples: readonly Example[];
  /** The fold of each example, from 0. */
  readonly folds: readonly number[];
  /** What `train` does beside the numbers that a user chooses. */
  readonly recipe: NetworkRecipe;
  /** What is not tuned. */
  readonly fixed: Pick<TrainingSettings, "epochs" | "patience" | "seed">;
  readonly signal?: AbortSignal;
}

/** Trials that must have been judged by a fold before another one can be given up after it. */
export const pruningNeeds = 5;

/** How many times the median of a fold's losses is much worse than it … */
export const pruningFactor = 1.5;

/** … and by how much at least, in nats, so that losses near zero do not end a trial. */
export const pruningMargin = 0.1;

/**
 * Trains with these settings on all folds but one, in turns, and judges by the one left out.
 *
 * @param finished the trials before, of the same search, whose folds decide whether this one is given up
 * @returns the mean of the folds' lowest validation losses; Infinity for a trial that was given up
 */
export async function judgeByFolds(
  settings: TunedSettings,
  finished: readonly TuningTrial[],
  ground: TrialGround,
): Promise<TrialOutcome<TrialDetail>> {
  const began = performance.now();
  const count = 1 + ground.folds.reduce((a, b) => Math.max(a, b), 0);
  const folds: number[] = [];
  const accuracies: number[] = [];
  const detail = (): TrialDetail => ({
    folds,
    accuracies,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  });
  const given = Number.POSITIVE_INFINITY;
  for (let fold = 0; fold < count; fold++) {
    ground.signal?.throwIfAborted();
    try {
      const judged = await judgeFold(settings, fold, ground);
      folds.push(judged.loss);
      accuracies.push(judged.accuracy);
    } catch (error) {
      if (isAbort(error) || !(error instanceof MuybridgeError)) throw error;
      return { loss: given, detail: { ...detail(), error: error.message } };
    }
    if (fold < count - 1 && isMuchWorse(folds[fold]!, fold, finished)) {
      return { loss: given, detail: { ...detail(), pruned: true } };
    }
  }
  return { loss: meanOf(folds), detail: detail() };
}

async function judgeFold(
  { rnn, ...tuned }: TunedSettings,
  fold: number,
  { classes, dimension, examples, folds, recipe, fixed, signal }: TrialGround,
): Promise<{ loss: number; accuracy: number }> {
  const { history, bestEpoch } = await fitClassifier(
    recurrentKind(rnn),
    examples.filter((_, index) => folds[index] !== fold),
    examples.filter((_, index) => folds[index] === fold),
    { classes, dimension },
    { ...recipe, ...fixed, ...tuned },
    signal ? { signal } : {},
  );
  const best = history.find(({ epoch }) => epoch === bestEpoch);
  return {
    loss: best?.validationLoss ?? Number.POSITIVE_INFINITY,
    accuracy: best?.validationAccuracy ?? 0,
  };
}

function isMuchWorse(loss: number, fold: number, finished: readonly TuningTrial[]): boolean {
  const others = finished.flatMap(({ detail, repeatOf }) => {
    const other = repeatOf === undefined ? detail?.folds[fold] : undefined;
    return other === undefined ? [] : [other];
  });
  if (others.length < pruningNeeds) return false;
  const median = medianOf(others);
  return loss > Math.max(pruningFactor * median, median + pruningMargin);
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Mean of numbers; at least one. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
