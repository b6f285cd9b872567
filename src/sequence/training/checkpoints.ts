import type { NamedParameters } from "../optimisers/optimiser.js";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import type { CheckpointOptions } from "./fit-options.js";
import type { TrainingState } from "./training-state.js";

/** The checkpoints of one training. */
export interface Checkpoints {
  /** The state to go on from; undefined where there is none yet. */
  read(): Promise<TrainingState | undefined>;
  /** Whether the state after an epoch is to be written. */
  isDue(epoch: number, isLast: boolean): boolean;
  write(state: TrainingState): Promise<void>;
}

/**
 * Opens the checkpoints of a training; undefined where none are wanted.
 *
 * @param initial the parameters at the start
 * @param recipeOf the digest of all that decides the training; it takes reading all data, so it is not always made
 */
export function openCheckpoints(
  options: CheckpointOptions | undefined,
  initial: NamedParameters,
  recipeOf: () => string,
): Checkpoints | undefined {
  if (!options) return undefined;
  const { directory, everyEpochs = 1, everySeconds = 0 } = options;
  const recipe = recipeOf();
  let last = performance.now();
  return {
    read: () => readCheckpoint(directory, recipe, initial),
    isDue: (epoch, isLast) =>
      (isLast || epoch % everyEpochs === 0) && performance.now() - last >= 1000 * everySeconds,
    async write(state) {
      await writeCheckpoint(directory, recipe, state);
      last = performance.now();
    },
  };
}
