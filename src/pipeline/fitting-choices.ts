import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { MuybridgeError } from "../core/errors.js";
import { type Clipping, checkClipping } from "../sequence/optimisers/clipping.js";
import { type OptimiserName, optimiserNames } from "../sequence/optimisers/open-optimiser.js";
import type { CheckpointOptions } from "../sequence/training/fit-options.js";
import {
  checkSchedule,
  type LearningRateSchedule,
} from "../sequence/training/learning-rate-schedule.js";

/** How a network's weights are moved; what is left out is as usual. */
export interface FittingChoices {
  /** Default "adamw"; "adam" is the same without weight decay. */
  readonly optimizer?: OptimiserName;
  /** How the learning rate goes with time. Default: constant. */
  readonly schedule?: LearningRateSchedule;
  /** How gradients are clipped; null for not at all. Default: all together to a norm of 2. */
  readonly clip?: Clipping | null;
}

/** Where a training is kept as it goes. */
export interface KeptTraining {
  /** Keeps the training on disk, so that it can be resumed. What is kept stays until the caller removes it. */
  readonly checkpoint?: CheckpointOptions;
  /** Go on from what is kept, if anything is; the model is that of a training never interrupted. Default false. */
  readonly resume?: boolean;
}

/** The networks that a training fits, each kept in a directory of its own. */
export type FitStage = "train" | "refit";

/**
 * Takes the choices from a caller's options, and the weight decay that goes with them.
 *
 * @throws MuybridgeError ERR_USAGE naming the one that is out of range.
 */
export function fittingChoices({
  optimizer,
  schedule,
  clip,
  weightDecay,
}: FittingChoices & { readonly weightDecay?: number }): FittingChoices & {
  readonly weightDecay?: number;
} {
  if (optimizer !== undefined && !optimiserNames.includes(optimizer)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `optimizer must be one of ${optimiserNames.join(", ")}; it is ${optimizer}.`,
      { parameter: "optimizer" },
    );
  }
  if (clip) checkClipping(clip);
  if (schedule) checkSchedule(schedule);
  return {
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(clip === undefined ? {} : { clip }),
    ...(optimizer === "adam" && weightDecay === undefined ? { weightDecay: 0 } : {}),
  };
}

/** The options of one of a training's networks that say where it is kept. */
export function keptStage({ checkpoint, resume }: KeptTraining, stage: FitStage): KeptTraining {
  if (!checkpoint) return resume ? { resume } : {};
  const directory = join(checkpoint.directory, stage);
  return { checkpoint: { ...checkpoint, directory }, ...(resume ? { resume } : {}) };
}

/** Removes what is kept of a training; a directory that holds something else too is left standing. */
export async function removeKeptTraining(directory: string): Promise<void> {
  for (const stage of ["train", "refit"] satisfies FitStage[]) {
    await rm(join(directory, stage), { recursive: true, force: true });
  }
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(error.code ?? "")) throw error;
  });
}
