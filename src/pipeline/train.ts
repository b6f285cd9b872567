import type { Dataset, DatasetItem, Split } from "../../datasets/dataset.js";
import { assignSplits, type SplitAssignment } from "../../datasets/splits.js";
import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import { mostLikely } from "../sequence/classification-metrics.js";
import type { FitResult, LabelledSequences } from "../sequence/fit-network.js";
import { fitMeanPool, predictMeanPool } from "../sequence/mean-pool-baseline.js";
import { createNetwork } from "../sequence/network.js";
import type { Parameter } from "../sequence/parameters.js";
import { fitStandardisation, standardise } from "../sequence/standardisation.js";
import { chooseFeatureSettings, type FeatureChoices } from "./feature-stage.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import { createModel, type Model, type ModelParts, openModel } from "./model.js";
import { type ModelRecord, modelFormatVersion } from "./model-record.js";
import { packageVersion } from "./package-version.js";
import { openRun, type Run, type RunOptions } from "./run.js";
import {
  inputDropout,
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
  /**
   * Train once more, on the training and validation clips together, for as many epochs as the validation clips
   * had chosen. Default true; without it the model has learned from the training clips alone.
   */
  readonly refit?: boolean;
  /** A model directory; where it holds the very model that would be trained, that one is opened instead. */
  readonly reuse?: string;
}

/** Version of how models are trained; a new one trains them anew. */
const trainingVersion = 1;

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
 * beside it; then all of it once more on both parts together, with the number of epochs so chosen. The test
 * clips are not looked at; only which they are is kept.
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
  const refit = options.refit ?? true;
  const recipe = digestOf({
    version: packageVersion(),
    training: trainingVersion,
    settings,
    inputDropout,
    weightDecay,
    rnn,
    refit,
    features: run.features.key(""),
    classes: dataset.classes,
    clips: identified.items.map(({ digest, label }, index) => [
      digest,
      label,
      assignment.splits[index],
    ]),
  });
  const known = options.reuse === undefined ? undefined : await openIfMade(options.reuse, recipe);
  if (known) return known;
  const { examples, failed } = await extractExamples(identified.items, assignment, run, options);
  const failures = [...identified.failed, ...failed];
  for (const { message } of failures) warn(`Left out: ${message}`);

  const { classes } = dataset;
  const partOf = (split: Split): Example[] => examples.filter((example) => example.split === split);
  const training = partOf("train");
  const validation = partOf("validation");
  checkClasses(dataset, training);

  const sizes = { classes, dimension: run.features.cnn.dimension };
  const judged = await fitClassifier(kind, training, validation, sizes, settings, options);
  const again = refit && validation.length > 0;
  const final = again
    ? await fitClassifier(
        kind,
        [...training, ...validation],
        [],
        sizes,
        { ...settings, epochs: Math.max(judged.bestEpoch, 1) },
        options,
      )
    : judged;
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
      recipe,
      seed: settings.seed,
      batchSize: settings.batchSize,
      learningRate: settings.learningRate,
      epochs: settings.epochs,
      patience: settings.patience,
      bestEpoch: judged.bestEpoch,
      history: [...judged.history],
      refit: again,
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
    validation: judged.validation,
    muybridge: packageVersion(),
  };
  return createModel({ record, ...final.parts });
}

/** The model in a directory, if it was made by this recipe and is whole. */
async function openIfMade(directory: string, recipe: string): Promise<Model | undefined> {
  const model = await openModel(directory).catch(() => undefined);
  if (model?.record.training.recipe === recipe) return model;
  await model?.close();
  return undefined;
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

/** A classifier, and what its training came to. */
interface FittedClassifier {
  readonly parts: Omit<ModelParts, "record">;
  readonly history: FitResult["history"];
  /** The epoch whose weights were kept, from 1; 0 without a recurrent network. */
  readonly bestEpoch: number;
  /** How it does on the clips held out; null where there are none. */
  readonly validation: ModelRecord["validation"];
}

/** Fits all that is learned, on the training clips alone; the held-out ones decide when the network stops. */
async function fitClassifier(
  kind: ReturnType<typeof recurrentKind>,
  training: readonly Example[],
  heldOut: readonly Example[],
  sizes: { readonly classes: readonly string[]; readonly dimension: number },
  settings: TrainingSettings,
  options: RunOptions,
): Promise<FittedClassifier> {
  const { classes, dimension } = sizes;
  const standardisation = fitStandardisation(
    training.map(({ features }) => features),
    dimension,
  );
  const sequencesOf = (part: readonly Example[]): SplitSequences => {
    const standardised = part.map(({ features }) => standardise(features, standardisation));
    return {
      x: standardised.map(({ changes }) => changes),
      context: standardised.map(({ context }) => context),
      y: part.map(({ label }) => classes.indexOf(label)),
    };
  };
  const data = sequencesOf(training);
  const held = heldOut.length > 0 ? sequencesOf(heldOut) : undefined;
  const meanPool = await fitMeanPool(data.context, data.y, { classes: classes.length, dimension });
  const baseline =
    held &&
    accuracyOf(
      held,
      held.context.map((context) => predictMeanPool(meanPool, context)),
    );
  const network = kind && (await fitRecurrent(kind, data, held, sizes, settings, options));
  return {
    parts: {
      standardisation,
      meanPool,
      parameters: network?.parameters ?? {},
      sequence: network?.onnx,
    },
    history: network?.history ?? [],
    bestEpoch: network?.bestEpoch ?? 0,
    validation:
      held && baseline !== undefined
        ? {
            n: held.y.length,
            accuracy: network?.validationAccuracy ?? baseline,
            meanPool: baseline,
          }
        : null,
  };
}

/** Sequences of which each has its context. */
type SplitSequences = LabelledSequences & { readonly context: readonly Float32Array[] };

/** A trained network, taken apart for the model. */
interface FittedNetwork extends FitResult {
  readonly parameters: Record<string, Parameter>;
  readonly onnx: Uint8Array;
  readonly validationAccuracy: number | undefined;
}

async function fitRecurrent(
  kind: NonNullable<ReturnType<typeof recurrentKind>>,
  data: SplitSequences,
  held: SplitSequences | undefined,
  { classes, dimension }: { readonly classes: readonly string[]; readonly dimension: number },
  settings: TrainingSettings,
  { signal, onProgress }: RunOptions,
): Promise<FittedNetwork> {
  const { layers, hidden, dropout, seed, epochs, batchSize, learningRate, patience } = settings;
  await using network = createNetwork({
    ...kind,
    layers,
    hidden,
    dropout,
    inputDropout,
    seed,
    inputSize: dimension,
    contextSize: dimension,
    head: { type: "classification", classes: classes.length },
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
          stage: held ? "train" : "refit",
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
    validationAccuracy: held && accuracyOf(held, await network.predict(held.x, held.context)),
  };
}

function accuracyOf({ y }: LabelledSequences, probabilities: readonly Float32Array[]): number {
  return y.filter((label, index) => mostLikely(probabilities[index]!) === label).length / y.length;
}
