import type { NamedParameters, OptimiserState } from "../optimisers/optimiser.js";
import type { EpochRecord } from "./fit-options.js";
import type { ScheduleState } from "./learning-rate-schedule.js";

/** Where a training stands between two epochs: all that the next ones depend on. */
export interface TrainingState {
  readonly history: readonly EpochRecord[];
  readonly parameters: NamedParameters;
  readonly optimiser: OptimiserState;
  readonly schedule: ScheduleState;
  readonly random: readonly number[];
  /** The epoch of the lowest validation loss so far. */
  readonly best: BestEpoch | undefined;
}

/** An epoch whose weights are kept. */
export interface BestEpoch {
  readonly epoch: number;
  readonly loss: number;
  readonly parameters: NamedParameters;
}
