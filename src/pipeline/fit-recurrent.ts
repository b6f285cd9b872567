import { createNetwork } from "../sequence/network.js";
import type { NetworkEngineName } from "../sequence/network-engine.js";
import type { NetworkOptions } from "../sequence/network-options.js";
import type { Parameter } from "../sequence/parameters.js";
import type { SoftmaxLayer } from "../sequence/temperature-scaling.js";
import type { FitResult } from "../sequence/training/fit-options.js";
import type { LabelledSequences } from "../sequence/training/training-data.js";
import { type CalibratedSoftmax, calibrateSoftmax } from "./calibrate-softmax.js";
import { type FittingChoices, type KeptTraining, keptStage } from "./fitting-choices.js";
import type { NetworkRecipe } from "./network-recipe.js";
import type { RunOptions } from "./run.js";
import type { recurrentKind, TrainingSettings } from "./training-settings.js";

/** What decides how a recurrent network is trained. */
export interface RecurrentSettings extends TrainingSettings, NetworkRecipe, FittingChoices {
  /** What computes the training. Default "onnx". */
  readonly engine?: NetworkEngineName;
}

/** Sequences of which each has its context, which the baseline sees in any case. */
export type SplitSequences = LabelledSequences & {
  readonly y: readonly number[];
  readonly context: readonly Float32Array[];
};

/** Sizes of what a recurrent network sees, and of what it says. */
export interface RecurrentSizes {
  readonly classes: readonly string[];
  /** Values of a step. */
  readonly dimension: number;
  /** Values of a context. */
  readonly contextSize: number;
}

/** A trained network, taken apart for the model. */
export interface FittedNetwork extends FitResult {
  readonly parameters: Record<string, Parameter>;
  readonly calibrated: CalibratedSoftmax;
  /** Probabilities of the clips held out, float32 [classes] each, as the calibrated network gives them. */
  readonly heldOut?: readonly Float32Array[];
}

/** A network as these settings make it, before its training. */
export function recurrentOptions(
  kind: NonNullable<ReturnType<typeof recurrentKind>>,
  { classes, dimension, contextSize }: RecurrentSizes,
  settings: RecurrentSettings,
): NetworkOptions {
  const { layers, hidden, dropout, inputDropout, pooling, seed, engine = "onnx" } = settings;
  return {
    ...kind,
    layers,
    hidden,
    dropout,
    inputDropout,
    pooling,
    output: settings.output ?? "last",
    engine,
    seed,
    inputSize: dimension,
    contextSize: settings.input === "changes" ? contextSize : 0,
    head: { type: "classification", classes: classes.length },
  };
}

/**
 * Trains a recurrent network.
 *
 * @param temperature of an earlier fit, which then is taken
 */
export async function fitRecurrent(
  kind: NonNullable<ReturnType<typeof recurrentKind>>,
  data: SplitSequences,
  held: SplitSequences | undefined,
  { classes, dimension, contextSize }: RecurrentSizes,
  settings: RecurrentSettings,
  { signal, onProgress, ...kept }: RunOptions & KeptTraining,
  temperature: number | undefined,
): Promise<FittedNetwork> {
  const { epochs, batchSize, learningRate, patience } = settings;
  const { weightDecay, clipNorm, optimizer = "adamw", schedule, clip } = settings;
  const stage = held ? "train" : "refit";
  const seesContext = settings.input === "changes";
  const isPerFrame = settings.output === "sequence";
  await using network = createNetwork(
    recurrentOptions(kind, { classes, dimension, contextSize }, settings),
  );
  const stepsIn = (sequence: Float32Array): number => sequence.length / dimension;
  const seen = ({ x, y, context }: SplitSequences): LabelledSequences => ({
    x,
    y: isPerFrame ? y.map((label, index) => Array(stepsIn(x[index]!)).fill(label)) : y,
    ...(seesContext ? { context } : {}),
  });
  const { history, bestEpoch } = await network.fit(
    { ...seen(data), ...(held ? { validation: seen(held) } : {}) },
    {
      epochs,
      batchSize,
      learningRate,
      patience,
      weightDecay,
      clipNorm,
      optimizer,
      ...(schedule ? { schedule } : {}),
      ...(clip === undefined ? {} : { clip }),
      ...keptStage(kept, stage),
      ...(signal ? { signal } : {}),
      onEpoch: ({ epoch, loss, validationLoss, validationAccuracy }) =>
        onProgress?.({
          stage,
          done: epoch,
          total: epochs,
          unit: "epochs",
          figures: {
            loss,
            ...(validationLoss === undefined ? {} : { validationLoss }),
            ...(validationAccuracy === undefined ? {} : { validationAccuracy }),
          },
          note:
            validationLoss === undefined
              ? `loss ${loss.toFixed(3)}`
              : `loss ${loss.toFixed(3)}, validation ${validationLoss.toFixed(3)} (${(100 * (validationAccuracy ?? 0)).toFixed(1)} %)`,
        }),
    },
  );
  const setHead = ({ kernel, bias }: SoftmaxLayer): void =>
    network.setParameters({
      ...network.getParameters(),
      "head.kernel": kernel,
      "head.bias": bias,
    });
  const { "head.kernel": kernel, "head.bias": bias } = network.getParameters();
  const calibrated = await calibrateSoftmax(
    { kernel: kernel!, bias: bias! },
    held && {
      truth: held.y,
      predict(layer) {
        setHead(layer);
        return network.predict(held.x, seen(held).context);
      },
    },
    temperature,
  );
  setHead(calibrated.layer);
  return {
    history,
    bestEpoch,
    parameters: network.getParameters(),
    calibrated,
    ...(held && !isPerFrame ? { heldOut: await network.predict(held.x, seen(held).context) } : {}),
  };
}
