import type { Dataset, DatasetItem } from "../../datasets/dataset.js";
import { assignSplits, type Split } from "../../datasets/splits.js";
import { fitMeanPool, predictMeanPool } from "../sequence/mean-pool-baseline.js";
import { fitStandardisation, standardise } from "../sequence/standardisation.js";
import {
  type ClipFeatures,
  defaultFeatureSettings,
  type FeatureSettings,
} from "./feature-stage.js";
import { createModel, type Model } from "./model.js";
import type { ModelRecord } from "./model-record.js";
import { packageVersion } from "./package-version.js";
import { openRun, type RunOptions } from "./run.js";
import {
  type RecurrentKind,
  recurrentKinds,
  type TrainingSettings,
  trainingSettings,
} from "./training-settings.js";

/** Options of {@link train}; what is left out is {@link defaultTrainingSettings}'s and {@link defaultFeatureSettings}'s. */
export interface TrainOptions extends RunOptions, Partial<TrainingSettings> {
  /** The classifier over the sequence. Default "bilstm". */
  readonly rnn?: RecurrentKind;
  readonly cnn?: string;
  /** Frames a video, spread over all of it. */
  readonly count?: number;
  /** Frames a second, instead of `count`. */
  readonly fps?: number;
  readonly fit?: FeatureSettings["fit"];
  /** Parts of the data for training, validation and test where the data set says nothing. Default 0.7, 0.15, 0.15. */
  readonly splitRatio?: readonly [number, number, number];
}

/** A clip that takes part in training. */
interface Example {
  readonly item: DatasetItem;
  readonly digest: string;
  readonly split: Split;
  readonly clip: ClipFeatures;
}

/** A video of the data set that could not be used. */
export interface FailedVideo {
  readonly path: string;
  readonly error: { readonly code: string; readonly message: string };
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
  const featureSettings = featureSettingsOf(options);
  await using run = openRun(featureSettings, options);
  const warn = options.onWarning ?? (() => {});
  dataset.warnings.forEach(warn);

  const failed: FailedVideo[] = [];
  const known = await digestItems(dataset.items, run, failed, options);
  const assignment = assignSplits(
    known.map(({ item, digest }) => ({ ...item, digest })),
    { seed: settings.seed, ...(options.splitRatio ? { ratio: options.splitRatio } : {}) },
  );
  assignment.warnings.forEach(warn);
  const examples = await extractExamples(known, assignment, run, failed, options);
  for (const { path, error } of failed) warn(`${path} is left out: ${error.message}`);

  const classes = dataset.classes;
  const part = (split: Split): Example[] => examples.filter((example) => example.split === split);
  const training = part("train");
  const validation = part("validation");
  checkClasses(classes, training, failed.length);

  const dimension = run.features.cnn.dimension;
  const standardisation = fitStandardisation(
    training.map(({ clip }) => clip.features),
    dimension,
  );
  const toData = (part: readonly Example[]): { x: Float32Array[]; y: number[] } => ({
    x: part.map(({ clip }) => standardise(clip.features, standardisation)),
    y: part.map(({ item }) => classes.indexOf(item.label)),
  });
  const data = toData(training);
  const held = validation.length > 0 ? toData(validation) : undefined;

  const meanPool = fitMeanPool(data.x, data.y, { classes: classes.length, dimension });
  const network = recurrentKinds[rnn]
    ? await fitNetwork(
        recurrentKinds[rnn],
        data,
        held,
        classes.length,
        dimension,
        settings,
        options,
      )
    : undefined;

  const record: Omit<ModelRecord, "files"> = {
    format: "muybridge",
    version: 1,
    task: "classification",
    classes: [...classes],
    features: {
      cnn: { ...run.features.cnn },
      plan: featureSettings.plan,
      fit: featureSettings.fit,
    },
    network: network?.shape ?? null,
    training: {
      ...settings,
      bestEpoch: network?.bestEpoch ?? 0,
      history: network?.history ?? [],
      data: {
        name: dataset.name,
        split: assignment.method,
        clips: {
          train: training.length,
          validation: validation.length,
          test: assignment.splits.filter((split) => split === "test").length,
        },
        failed: failed.length,
      },
    },
    splits: Object.fromEntries(
      known.map(({ digest }, index) => [digest, assignment.splits[index]!]),
    ),
    metrics: {},
    muybridge: packageVersion(),
  };
  const accuracyOf = (probabilities: readonly Float32Array[]): number =>
    held ? held.y.filter((y, i) => argmax(probabilities[i]!) === y).length / held.y.length : 0;
  if (held) {
    const baseline = accuracyOf(held.x.map((x) => predictMeanPool(meanPool, x)));
    record.metrics.validation = {
      accuracy: network ? accuracyOf(await network.predict(held.x)) : baseline,
      meanPool: baseline,
      n: held.y.length,
    };
  }
  const parts = network ? await network.finish() : { parameters: {}, sequence: undefined };
  return createModel({ record, standardisation, meanPool, ...parts });
}
