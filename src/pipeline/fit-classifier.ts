import { fitMeanPool, predictMeanPool } from "../sequence/mean-pool-baseline.js";
import { createNetwork } from "../sequence/network.js";
import type { NetworkEngineName } from "../sequence/network-engine.js";
import type { Parameter } from "../sequence/parameters.js";
import { fitStandardisation, standardise, standardiseSteps } from "../sequence/standardisation.js";
import type { SoftmaxLayer } from "../sequence/temperature-scaling.js";
import type { FitResult } from "../sequence/training/fit-options.js";
import type { LabelledSequences } from "../sequence/training/training-data.js";
import { type CalibratedSoftmax, calibrateSoftmax } from "./calibrate-softmax.js";
import { type FittingChoices, type KeptTraining, keptStage } from "./fitting-choices.js";
import type { ModelParts } from "./model.js";
import type { ModelRecord } from "./model-record.js";
import type { NetworkRecipe } from "./network-recipe.js";
import type { RunOptions } from "./run.js";
import type { recurrentKind, TrainingSettings } from "./training-settings.js";

/** A clip to learn from. */
export interface Example {
  readonly label: string;
  /** float32 [T, dimension], not standardised */
  readonly features: Float32Array;
}

/** What the logits were divided by before the softmax, so that confidences are what they seem. */
export interface Temperatures {
  /** Of the model's own probabilities. */
  readonly model: number;
  /** Of the mean-pool baseline's. */
  readonly meanPool: number;
}

/** A classifier, and what its training came to. */
export interface FittedClassifier {
  /** The temperatures are folded into the weights: nothing that computes them needs to know. */
  readonly parts: Omit<ModelParts, "record">;
  readonly temperatures: Temperatures;
  readonly history: FitResult["history"];
  /** The epoch whose weights were kept, from 1; 0 without a recurrent network. */
  readonly bestEpoch: number;
  /** How it does on the clips held out; null where there are none. */
  readonly validation: ModelRecord["validation"];
}

/** What decides how a classifier is fitted. */
export interface ClassifierSettings extends TrainingSettings, NetworkRecipe, FittingChoices {
  /** What computes the training. Default "onnx". */
  readonly engine?: NetworkEngineName;
}

/**
 * Fits all that is learned, on the training clips alone; the held-out ones decide when the network stops, and the
 * temperatures.
 *
 * @param temperatures those of an earlier fit, where no clips are held out to find them by
 */
export async function fitClassifier(
  kind: ReturnType<typeof recurrentKind>,
  training: readonly Example[],
  heldOut: readonly Example[],
  sizes: { readonly classes: readonly string[]; readonly dimension: number },
  settings: ClassifierSettings,
  options: RunOptions & KeptTraining,
  temperatures?: Temperatures,
): Promise<FittedClassifier> {
  const { classes, dimension } = sizes;
  const standardisation = fitStandardisation(
    training.map(({ features }) => features),
    dimension,
  );
  const sequencesOf = (part: readonly Example[]): SplitSequences => {
    const standardised = part.map(({ features }) => standardise(features, standardisation));
    return {
      x: part.map(({ features }, index) => {
        if (settings.input === "features") return features;
        if (settings.input === "standardised") return standardiseSteps(features, standardisation);
        return standardised[index]!.changes;
      }),
      context: standardised.map(({ context }) => context),
      y: part.map(({ label }) => classes.indexOf(label)),
    };
  };
  const data = sequencesOf(training);
  const held = heldOut.length > 0 ? sequencesOf(heldOut) : undefined;
  const baseline = await fitMeanPool(data.context, data.y, { classes: classes.length, dimension });
  const meanPool = await calibrateSoftmax(
    baseline,
    held && {
      truth: held.y,
      predict: async (layer) => held.context.map((context) => predictMeanPool(layer, context)),
    },
    temperatures?.meanPool,
  );
  const network =
    kind && (await fitRecurrent(kind, data, held, sizes, settings, options, temperatures?.model));
  const judged = network?.calibrated ?? meanPool;
  return {
    parts: {
      standardisation,
      meanPool: meanPool.layer,
      parameters: network?.parameters ?? {},
    },
    temperatures: { model: judged.temperature, meanPool: meanPool.temperature },
    history: network?.history ?? [],
    bestEpoch: network?.bestEpoch ?? 0,
    validation:
      held && judged.figures && meanPool.figures
        ? { n: held.y.length, meanPool: meanPool.figures.accuracy, ...judged.figures }
        : null,
  };
}

/** Sequences of which each has its context, which the baseline sees in any case. */
type SplitSequences = LabelledSequences & {
  readonly y: readonly number[];
  readonly context: readonly Float32Array[];
};

/** A trained network, taken apart for the model. */
interface FittedNetwork extends FitResult {
  readonly parameters: Record<string, Parameter>;
  readonly calibrated: CalibratedSoftmax;
}

async function fitRecurrent(
  kind: NonNullable<ReturnType<typeof recurrentKind>>,
  data: SplitSequences,
  held: SplitSequences | undefined,
  { classes, dimension }: { readonly classes: readonly string[]; readonly dimension: number },
  settings: ClassifierSettings,
  { signal, onProgress, ...kept }: RunOptions & KeptTraining,
  temperature: number | undefined,
): Promise<FittedNetwork> {
  const { layers, hidden, dropout, seed, epochs, batchSize, learningRate, patience } = settings;
  const { inputDropout, weightDecay, clipNorm, optimizer = "adamw", schedule, clip } = settings;
  const { engine = "onnx" } = settings;
  const stage = held ? "train" : "refit";
  const seesContext = settings.input === "changes";
  const isPerFrame = settings.output === "sequence";
  await using network = createNetwork({
    ...kind,
    layers,
    hidden,
    dropout,
    inputDropout,
    pooling: settings.pooling,
    output: settings.output ?? "last",
    engine,
    seed,
    inputSize: dimension,
    contextSize: seesContext ? dimension : 0,
    head: { type: "classification", classes: classes.length },
  });
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
  };
}
