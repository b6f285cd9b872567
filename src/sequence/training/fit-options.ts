import { MuybridgeError } from "../../core/errors.js";
import type { NetworkShape } from "../network-shape.js";
import { checkNumber } from "../optimisers/check-number.js";
import type { Clipping } from "../optimisers/clipping.js";
import type { OptimiserChoice } from "../optimisers/open-optimiser.js";
import type { ByKind } from "../optimisers/optimiser.js";
import type { ClassWeights } from "./class-weights.js";
import type { LearningRateSchedule } from "./learning-rate-schedule.js";
import { keptParts, type Truncation } from "./truncation.js";

/** Options of a training. */
export interface FitOptions {
  /** Passes over the data, at most. Default 30. */
  readonly epochs?: number;
  /** Sequences a step. Default 16. */
  readonly batchSize?: number;
  /** Batches of similar lengths, so that there is less padding to compute. Default false. */
  readonly bucketByLength?: boolean;
  /** Shortens long sequences. Default: none are. */
  readonly truncate?: Truncation;
  /** What moves the weights. Default "adam". */
  readonly optimizer?: OptimiserChoice;
  /** The optimiser's step size, at the height of its schedule. Default 0.001. */
  readonly learningRate?: number;
  /** How the step size goes with time. Default: constant. */
  readonly schedule?: LearningRateSchedule;
  /** Decoupled weight decay, of all weights but biases. Default 0, for "adamw" 0.01. */
  readonly weightDecay?: number;
  /** L2 penalty of all kernels, or of each kind of parameter; goes through the optimiser. Default 0. */
  readonly l2?: number | ByKind;
  /** Part of each class's target that is spread over all classes (Szegedy et al. 2016), in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Weights of the classes in the training loss. Default: all the same. */
  readonly classWeights?: ClassWeights;
  /** Largest norm of all gradients together; infinite for no clipping. Default 2. */
  readonly clipNorm?: number;
  /** Clipping of another kind, in place of `clipNorm`; null for none. */
  readonly clip?: Clipping | null;
  /** Epochs without a lower validation loss before training stops. Default 10. */
  readonly patience?: number;
  /** Keeps the training on disk as it goes, so that it can be resumed. Default: it is not kept. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Go on from the checkpoint, if there is one: the result is that of a training that was never interrupted, to the
   * bit. Default false, which begins anew and replaces it.
   */
  readonly resume?: boolean;
  /** A file that gets a line of JSON for every epoch, an {@link EpochRecord}; an older one is replaced. */
  readonly log?: string;
  /** Called after every epoch. */
  readonly onEpoch?: (epoch: EpochRecord) => void;
  readonly signal?: AbortSignal;
}

/** Where and when a training is kept. */
export interface CheckpointOptions {
  /** Made where it is missing; it is to hold one training at a time. */
  readonly directory: string;
  /** Default 1. */
  readonly everyEpochs?: number;
  /** Seconds that pass at least before the next checkpoint, so that short epochs are not all kept. Default 0. */
  readonly everySeconds?: number;
}

/** What an epoch came to. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss over the training items, with dropout; cross-entropy in nats. */
  readonly loss: number;
  /** Mean loss over the validation items. */
  readonly validationLoss?: number;
  /** Part of the validation items that is told right; of a classification only. */
  readonly validationAccuracy?: number;
  /** Step size of the last step. */
  readonly learningRate: number;
  /** Mean over the steps of the norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

/** What a training came to. */
export interface FitResult {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights were kept: the one of the lowest validation loss, or the last one. */
  readonly bestEpoch: number;
}

/** Options with what was left out filled in. */
export type ChosenFitOptions = FitOptions &
  Required<
    Pick<
      FitOptions,
      | "epochs"
      | "batchSize"
      | "bucketByLength"
      | "optimizer"
      | "learningRate"
      | "schedule"
      | "labelSmoothing"
      | "patience"
    >
  > & { readonly clip: Clipping | null };

/**
 * Fills in what is left out.
 *
 * @throws MuybridgeError ERR_USAGE naming the option that is out of range.
 */
export function chooseFitOptions(given: FitOptions, { head }: NetworkShape): ChosenFitOptions {
  const options: ChosenFitOptions = {
    ...given,
    epochs: given.epochs ?? 30,
    batchSize: given.batchSize ?? 16,
    bucketByLength: given.bucketByLength ?? false,
    optimizer: given.optimizer ?? "adam",
    learningRate: given.learningRate ?? 1e-3,
    schedule: given.schedule ?? { type: "constant" },
    labelSmoothing: given.labelSmoothing ?? 0,
    clip: given.clip === undefined ? usualClipping(given) : given.clip,
    patience: given.patience ?? 10,
  };
  for (const name of ["epochs", "batchSize", "patience"] as const) {
    checkWhole(name, options[name]);
  }
  checkNumber("learningRate", options.learningRate, 0, Number.POSITIVE_INFINITY);
  checkNumber("labelSmoothing", options.labelSmoothing, 0, 1);
  if (options.labelSmoothing > 0 && head?.type !== "classification") {
    throw usage("labelSmoothing", "is for a classification");
  }
  if (given.truncate) {
    const { steps, keep = "start" } = given.truncate;
    checkWhole("truncate.steps", steps);
    if (!keptParts.includes(keep)) {
      throw usage("truncate.keep", `must be one of ${keptParts.join(", ")}`);
    }
  }
  if (given.checkpoint) {
    checkWhole("checkpoint.everyEpochs", given.checkpoint.everyEpochs ?? 1);
    const { everySeconds = 0 } = given.checkpoint;
    checkNumber("checkpoint.everySeconds", everySeconds, 0, Number.POSITIVE_INFINITY);
  } else if (given.resume) {
    throw usage("resume", "takes a checkpoint: say in which directory the training is kept");
  }
  return options;
}

function usualClipping({ clipNorm = 2 }: FitOptions): Clipping {
  return { by: "global-norm", limit: clipNorm };
}

function checkWhole(parameter: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw usage(parameter, `must be a whole number from 1; it is ${value}`);
}

function usage(parameter: string, what: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", `${parameter} ${what}.`, { parameter });
}
