import type { Dataset } from "../../datasets/dataset.js";
import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import {
  type ClassificationMetrics,
  classificationMetrics,
} from "../sequence/classification-metrics.js";
import { createNetwork, type Network } from "../sequence/network.js";
import type { NetworkOptions } from "../sequence/network-options.js";
import { fitByWhales } from "../sequence/tuning/fit-by-whales.js";
import type { FeatureChoices } from "./feature-stage.js";
import { fitClassifier } from "./fit-classifier.js";
import { createModel, type Model } from "./model.js";
import { projectExamples, unprojectParameters } from "./projected-examples.js";
import type { RunOptions } from "./run.js";
import { train } from "./train.js";
import { openTrainingPart } from "./training-part.js";
import { recurrentKind, trainingSettings } from "./training-settings.js";
import type { TunableKind } from "./tuning-space.js";

/** Options of {@link tuneWeights}. */
export interface TuneWeightsOptions extends RunOptions, FeatureChoices {
  /** Default "lstm". */
  readonly rnn?: TunableKind;
  /** Units of each direction. Default 4. */
  readonly hidden?: number;
  /** Principal components that the network sees of a clip's changes, and of its mean. Default 8. */
  readonly components?: number;
  /** Times that the network is judged. Default 6000: 30 whales, 200 times each. */
  readonly trials?: number;
  /** Every weight and bias is searched in [-bound, bound]. Default 2. */
  readonly bound?: number;
  /** Epochs of Adam, which it is held against. Default 200. */
  readonly epochs?: number;
  /** Decides the split where the data set says nothing, the search and Adam's start. Default 1. */
  readonly seed?: number;
  /** Parts of the data for training, validation and test where the data set says nothing. Default 0.7, 0.15, 0.15. */
  readonly splitRatio?: readonly [number, number, number];
}

/** How weights do that were found in one way. */
export interface WeightsResult {
  /** Mean cross-entropy on the training clips, in nats. */
  readonly trainingLoss: number;
  /** On the validation clips, which were not trained on. */
  readonly heldOut: Pick<
    ClassificationMetrics,
    "accuracy" | "macroPrecision" | "macroRecall" | "logLoss"
  >;
  readonly seconds: number;
}

/** Weights by whales, and the same network by gradients. */
export interface WeightsSummary {
  readonly woa: WeightsResult;
  readonly adam: WeightsResult;
  /** Weights and biases that were searched. */
  readonly parameters: number;
  /** Times that the whales' network was judged. */
  readonly trials: number;
  readonly clips: { readonly train: number; readonly heldOut: number };
}

/** Whales where there are as many trials. */
const whales = 30;
const defaultTrials = 6000;
const defaultBound = 2;
const defaultEpochs = 200;

/**
 * Searches the weights and biases of a very small network by the Whale Optimization Algorithm on the training clips,
 * and holds it against the same network trained by Adam; both are judged by the validation clips, which neither has
 * seen. The test clips play no part.
 *
 * The network sees the principal components of the training clips' features. They are folded into the first kernel
 * and the head of the model, which is one like any other. It is the whales', also where Adam's is better: a model by
 * gradients is what `train` is for.
 *
 * @throws MuybridgeError ERR_USAGE for a network of more than 5000 parameters, naming what to lower;
 * ERR_DATASET_INVALID where there are no validation clips; else as `train`.
 */
export async function tuneWeights(
  dataset: Dataset,
  options: TuneWeightsOptions = {},
): Promise<{ readonly model: Model; readonly summary: WeightsSummary }> {
  const {
    rnn = "lstm",
    hidden = 4,
    components = 8,
    trials = defaultTrials,
    bound = defaultBound,
    epochs = defaultEpochs,
    ...shared
  } = options;
  const kind = recurrentKind(rnn);
  if (!kind) throw usage("rnn", "The mean-pool classifier has no network whose weights to search.");
  if (!(Number.isInteger(components) && components >= 1 && components <= 1000)) {
    throw usage("components", `components must be a whole number from 1 to 1000.`);
  }
  const settings = trainingSettings({
    hidden,
    epochs,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const { seed } = settings;
  const { signal, onProgress } = shared;
  const part = await openTrainingPart(dataset, { ...shared, seed });
  const training = part.examples.filter(({ split }) => split === "train");
  const heldOut = part.examples.filter(({ split }) => split === "validation");
  if (heldOut.length === 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${dataset.name} has no validation clips to judge weights by; add clips or groups.`,
      { path: dataset.name },
    );
  }
  const { classes } = dataset;
  const projected = projectExamples(training, part.dimension, components);
  const shape: NetworkOptions = {
    ...kind,
    hidden,
    inputSize: projected.changes.components,
    contextSize: projected.context.components,
    head: { type: "classification", classes: classes.length },
    seed,
  };
  const learned = projected.sequencesOf(training, classes);
  const judged = projected.sequencesOf(heldOut, classes);
  const judge = async (network: Network): Promise<ClassificationMetrics> =>
    classificationMetrics(await network.predict(judged.x, judged.context), judged.y, classes);

  await using byWhales = createNetwork(shape);
  const rounds = Math.max(1, Math.round(trials / whales));
  const [found, whaleSeconds] = await timed(() =>
    fitByWhales(byWhales, learned, {
      whales,
      iterations: rounds,
      bound,
      seed,
      ...(signal ? { signal } : {}),
      onIteration: (done, lowest) =>
        onProgress?.({
          stage: "weights",
          done,
          total: rounds,
          unit: "rounds",
          note: `lowest loss ${lowest.toFixed(3)}`,
        }),
    }),
  );
  const whaleMetrics = await judge(byWhales);

  await using byGradients = createNetwork(shape);
  const [fitted, adamSeconds] = await timed(() =>
    byGradients.fit(learned, {
      epochs: settings.epochs,
      ...(signal ? { signal } : {}),
      onEpoch: ({ epoch, loss }) =>
        onProgress?.({
          stage: "adam",
          done: epoch,
          total: settings.epochs,
          unit: "epochs",
          note: `loss ${loss.toFixed(3)}`,
        }),
    }),
  );
  const adamMetrics = await judge(byGradients);
  const summary: WeightsSummary = {
    woa: resultOf(found.loss, whaleMetrics, whaleSeconds),
    adam: resultOf(fitted.history.at(-1)?.loss ?? Number.NaN, adamMetrics, adamSeconds),
    parameters: found.parameters,
    trials: rounds * whales,
    clips: { train: training.length, heldOut: heldOut.length },
  };

  // A model of the same clips without a network, which then gets this one.
  await using base = await train(dataset, { ...shared, seed, rnn: "meanpool", refit: false });
  const { parts } = await fitClassifier(
    null,
    training,
    heldOut,
    { classes, dimension: part.dimension },
    { ...settings, ...part.recipe },
    shared,
  );
  await using whole = createNetwork({
    ...shape,
    inputSize: part.dimension,
    contextSize: part.dimension,
  });
  const parameters = unprojectParameters(byWhales.getParameters(), projected, byWhales.shape);
  whole.setParameters(parameters);
  const { files: _, ...record } = base.record;
  const model = createModel({
    ...parts,
    record: {
      ...record,
      head: "recurrent",
      network: { ...kind, layers: 1, hidden, dropout: 0, input: "changes", pooling: "last" },
      training: {
        ...record.training,
        // The held-out clips only judge; no temperature is fitted to them.
        temperature: 1,
        recipe: digestOf({ base: record.training.recipe, shape, trials: summary.trials, bound }),
      },
      validation: record.validation && {
        ...record.validation,
        accuracy: whaleMetrics.accuracy,
        logLoss: whaleMetrics.logLoss,
        ece: whaleMetrics.ece,
        uncalibrated: { logLoss: whaleMetrics.logLoss, ece: whaleMetrics.ece },
      },
    },
    parameters,
  });
  return { model, summary };
}

function resultOf(
  trainingLoss: number,
  { accuracy, macroPrecision, macroRecall, logLoss }: ClassificationMetrics,
  seconds: number,
): WeightsResult {
  return { trainingLoss, heldOut: { accuracy, macroPrecision, macroRecall, logLoss }, seconds };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const result = await work();
  return [result, Math.round((performance.now() - began) / 100) / 10];
}

function usage(parameter: string, message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter });
}
