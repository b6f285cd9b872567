import type { Dataset, DatasetItem, Split } from "../../datasets/dataset.js";
import { assignSplits, type SplitAssignment } from "../../datasets/splits.js";
import { MuybridgeError } from "../core/errors.js";
import { mostLikely } from "../sequence/classification-metrics.js";
import type { FitResult, LabelledSequences } from "../sequence/fit-network.js";
import { fitMeanPool, predictMeanPool } from "../sequence/mean-pool-baseline.js";
import { createNetwork } from "../sequence/network.js";
import type { Parameter } from "../sequence/parameters.js";
import { fitStandardisation, standardise } from "../sequence/standardisation.js";
import { chooseFeatureSettings, type FeatureChoices } from "./feature-stage.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import { createModel, type Model } from "./model.js";
import { type ModelRecord, modelFormatVersion } from "./model-record.js";
import { packageVersion } from "./package-version.js";
import { openRun, type Run, type RunOptions } from "./run.js";
import {
  type RecurrentKind,
  recurrentKind,
  type TrainingSettings,
  trainingSettings,
  weightDecay,
} from "./training-settings.js";

/** Options of {@link train}; what is left out is {@link defaultTrainingSettings}'s and {@link defaultFeatureSettings}'s. */
export interface TrainOptions extends RunOptions, FeatureChoices, Partial<TrainingSettings> {
  /** The classifier over the sequence. Default "bilstm". */
  readonly rnn?: RecurrentKind;
  /** Parts of the data for training, validation and test where the data set says nothing. Default 0.7, 0.15, 0.15. */
  readonly splitRatio?: readonly [number, number, number];
}

/** A clip that takes part in training. */
interface Example {
  readonly label: string;
  readonly split: Split;
  /** float32 [T, dimension], not standardised */
  readonly features: Float32Array;
}

/**
 * Trains a model: features of every training and validation clip (through the cache), standardisation from the
 * training clips, the recurrent network with early stopping on the validation clips, and the mean-pool baseline
 * beside it. The test clips are not looked at; only which they are is kept.
 *
 * The same data, options and seed give the same weights, to the bit.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID where a class has no training clip or there are fewer than two
 * classes; ERR_USAGE for options out of range; the signal's reason on abort.
 */
export async function train(dataset: Dataset, options: TrainOptions = {}): Promise<Model> {
  const settings = trainingSettings(options);
  const rnn = options.rnn ?? "bilstm";
  const kind = recurrentKind(rnn);
  const featureSettings = chooseFeatureSettings(options);
  const warn = options.onWarning ?? (() => {});
  for (const warning of dataset.warnings) warn(warning);
  await using run = openRun(featureSettings, options);

  const identified = await identify(dataset.items, run, options);
  const assignment = assignSplits(identified.items, {
    seed: settings.seed,
    ...(options.splitRatio ? { ratio: options.splitRatio } : {}),
  });
  for (const warning of assignment.warnings) warn(warning);
  const { examples, failed } = await extractExamples(identified.items, assignment, run, options);
  const failures = [...identified.failed, ...failed];
  for (const { message } of failures) warn(`Left out: ${message}`);

  const { classes } = dataset;
  const partOf = (split: Split): Example[] => examples.filter((example) => example.split === split);
  const training = partOf("train");
  const validation = partOf("validation");
  checkClasses(dataset, training);

  const dimension = run.features.cnn.dimension;
  const standardisation = fitStandardisation(
    training.map(({ features }) => features),
    dimension,
  );
  const sequencesOf = (part: readonly Example[]): LabelledSequences => ({
    x: part.map(({ features }) => standardise(features, standardisation)),
    y: part.map(({ label }) => classes.indexOf(label)),
  });
  const data = sequencesOf(training);
  const held = validation.length > 0 ? sequencesOf(validation) : undefined;

  const meanPool = fitMeanPool(data.x, data.y, { classes: classes.length, dimension });
  const baseline =
    held &&
    accuracyOf(
      held,
      held.x.map((x) => predictMeanPool(meanPool, x)),
    );
  const network =
    kind &&
    (await fitRecurrent(
      kind,
      data,
      held,
      { classes: classes.length, dimension },
      settings,
      options,
    ));
  const record: Omit<ModelRecord, "files"> = {
    format: "muybridge",
    version: modelFormatVersion,
    task: "classification",
    classes: [...classes],
    features: {
      cnn: { ...run.features.cnn },
      plan: featureSettings.plan,
      fit: featureSettings.fit,
    },
    network: kind && {
      ...kind,
      layers: settings.layers,
      hidden: settings.hidden,
      dropout: settings.dropout,
    },
    training: {
      ...settings,
      bestEpoch: network?.bestEpoch ?? 0,
      history: [...(network?.history ?? [])],
      data: {
        name: dataset.name,
        split: assignment.method,
        clips: {
          train: training.length,
          validation: validation.length,
          test: assignment.splits.filter((split) => split === "test").length,
        },
        failed: failures.length,
      },
    },
    splits: Object.fromEntries(
      identified.items.map(({ digest }, index) => [digest, assignment.splits[index]!]),
    ),
    validation:
      held && baseline !== undefined
        ? {
            n: held.y.length,
            accuracy: network?.validationAccuracy ?? baseline,
            meanPool: baseline,
          }
        : null,
    muybridge: packageVersion(),
  };
  return createModel({
    record,
    standardisation,
    meanPool,
    parameters: network?.parameters ?? {},
    sequence: network?.onnx,
  });
}

/** An item and the SHA-256 of its content. */
type IdentifiedItem = DatasetItem & { readonly digest: string };

async function identify(
  items: readonly DatasetItem[],
  run: Run,
  options: RunOptions,
): Promise<{ items: IdentifiedItem[]; failed: MuybridgeError[] }> {
  const identified: IdentifiedItem[] = [];
  const failed: MuybridgeError[] = [];
  const outcomes = mapVideos(
    items,
    async (item) => ({ ...item, digest: await run.cache.contentDigest(item.path) }),
    progressOptions("identify", items.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) failed.push(outcome.error);
    else identified.push(outcome.value);
  }
  return { items: identified, failed };
}

/** The features of every clip that training may look at. */
async function extractExamples(
  items: readonly IdentifiedItem[],
  { splits }: SplitAssignment,
  run: Run,
  options: RunOptions,
): Promise<{ examples: Example[]; failed: MuybridgeError[] }> {
  const wanted = items
    .map((item, index) => ({ ...item, split: splits[index]! }))
    .filter(({ split }) => split !== "test");
  const examples: Example[] = [];
  const failed: MuybridgeError[] = [];
  const outcomes = mapVideos(
    wanted,
    async ({ path, digest, label, split }) => {
      const { features } = await run.features.clip(path, digest, options.signal);
      return { label, split, features };
    },
    progressOptions("features", wanted.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) failed.push(outcome.error);
    else examples.push(outcome.value);
  }
  return { examples, failed };
}

function checkClasses({ name, classes }: Dataset, training: readonly Example[]): void {
  if (classes.length < 2) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${name} has the one class ${classes[0]}; telling classes apart takes two.`,
      { path: name },
    );
  }
  const empty = classes.filter((label) => !training.some((example) => example.label === label));
  if (empty.length > 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${name} has no training clip that can be decoded for: ${empty.join(", ")}.`,
      { path: name },
    );
  }
}

/** A trained network, taken apart for the model. */
interface FittedNetwork extends FitResult {
  readonly parameters: Record<string, Parameter>;
  readonly onnx: Uint8Array;
  readonly validationAccuracy: number | undefined;
}

async function fitRecurrent(
  kind: NonNullable<ReturnType<typeof recurrentKind>>,
  data: LabelledSequences,
  held: LabelledSequences | undefined,
  { classes, dimension }: { readonly classes: number; readonly dimension: number },
  settings: TrainingSettings,
  { signal, onProgress }: RunOptions,
): Promise<FittedNetwork> {
  const { layers, hidden, dropout, seed, epochs, batchSize, learningRate, patience } = settings;
  await using network = createNetwork({
    ...kind,
    layers,
    hidden,
    dropout,
    seed,
    inputSize: dimension,
    head: { type: "classification", classes },
  });
  const { history, bestEpoch } = await network.fit(
    { ...data, ...(held ? { validation: held } : {}) },
    {
      epochs,
      batchSize,
      learningRate,
      patience,
      weightDecay,
      ...(signal ? { signal } : {}),
      onEpoch: ({ epoch, loss, validationLoss, validationAccuracy }) =>
        onProgress?.({
          stage: "train",
          done: epoch,
          total: epochs,
          unit: "epochs",
          note:
            validationLoss === undefined
              ? `loss ${loss.toFixed(3)}`
              : `loss ${loss.toFixed(3)}, validation ${validationLoss.toFixed(3)} (${(100 * (validationAccuracy ?? 0)).toFixed(1)} %)`,
        }),
    },
  );
  return {
    history,
    bestEpoch,
    parameters: network.getParameters(),
    onnx: network.toOnnx(),
    validationAccuracy: held && accuracyOf(held, await network.predict(held.x)),
  };
}

function accuracyOf({ y }: LabelledSequences, probabilities: readonly Float32Array[]): number {
  return y.filter((label, index) => mostLikely(probabilities[index]!) === label).length / y.length;
}
