import type { Dataset, Split } from "../../datasets/dataset.js";
import type { SplitAssignment, SplitWay } from "../../datasets/splits.js";
import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import { streamNames } from "../features/streams/feature-stream.js";
import { checkEngine, type NetworkEngineName } from "../sequence/network-engine.js";
import { type Output, outputs } from "../sequence/network-shape.js";
import { checkClasses, commonDimension, type PlacedExample } from "./check-examples.js";
import { datasetKind, sequenceSettings } from "./dataset-kind.js";
import {
  chooseFeatureSettings,
  type FeatureChoices,
  type FeatureSettings,
} from "./feature-stage.js";
import { fitClassifier } from "./fit-classifier.js";
import { type FittingChoices, fittingChoices, type KeptTraining } from "./fitting-choices.js";
import type { Head, HeadChoice } from "./heads.js";
import type { IdentifiedItem } from "./identify-items.js";
import { linearBlocks } from "./linear-blocks.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import { createModel, type Model, openModel } from "./model.js";
import { type ModelRecord, modelFormatVersion } from "./model-record.js";
import { perFrameRecipe, streamRecipe, streamSettings } from "./network-recipe.js";
import { packageVersion } from "./package-version.js";
import { openPlacedRun, sidesByDigest } from "./placed-run.js";
import { type PresetName, withPreset } from "./presets.js";
import { clipsByDigest } from "./remembered-clips.js";
import type { Run, RunOptions } from "./run.js";
import { selectHead } from "./select-head.js";
import { sequenceRecipe } from "./sequence-recipe.js";
import { placedClips, recallClips, trainingBase } from "./training-base.js";
import {
  defaultTrainingSettings,
  type RecurrentKind,
  recurrentKind,
  type TrainingSettings,
  trainingSettings,
} from "./training-settings.js";
import { wantedHead } from "./wanted-head.js";

/** Options of {@link train}; what is left out is {@link defaultTrainingSettings}'s and {@link defaultFeatureSettings}'s. */
export interface TrainOptions
  extends RunOptions,
    FeatureChoices,
    FittingChoices,
    KeptTraining,
    Partial<TrainingSettings> {
  /** A training as it is done elsewhere; what is chosen beside it goes before it. */
  readonly preset?: PresetName;
  /**
   * What tells the classes apart: a network over the steps, a linear classifier over the clip pooled in time, or both
   * together. "auto" tries them, and the streams of features, on groups left out, and takes the best. Default "auto"
   * for videos where no option of the network is given, else "recurrent".
   */
  readonly head?: HeadChoice;
  /** The classifier over the sequence. Default "bilstm". */
  readonly rnn?: RecurrentKind;
  /**
   * One label a clip, or, with "sequence", one for each of its frames: then every frame is trained with its clip's label,
   * a clip's probabilities are the mean over its frames, and `label` finds segments. Default "last".
   */
  readonly output?: Output;
  /** What computes the recurrent network's training. Default "onnx". */
  readonly engine?: NetworkEngineName;
  /** Parts of the data for training, validation and test where the data set says nothing. Default 0.7, 0.15, 0.15. */
  readonly splitRatio?: readonly [number, number, number];
  /** How clips are put on a side. Default: as the data set says; else by groups where they are known. */
  readonly split?: SplitWay;
  /**
   * Train once more, on the training and validation clips together, for as many epochs as the validation clips
   * had chosen. Default true; without it the model has learned from the training clips alone.
   */
  readonly refit?: boolean;
  /** Part of each weight that decays, times the learning rate. Default: the recipe's, 2 where no preset says another. */
  readonly weightDecay?: number;
  /**
   * A model whose clips are learned from, too, as far as their features are in the cache: the data set adds clips or
   * classes to it. Clips keep their sides, features are made as the model's are, and so is the network where nothing else
   * is chosen.
   */
  readonly from?: Model;
  /** A model directory; where it holds the very model that would be trained, that one is opened instead. */
  readonly reuse?: string;
}

/** All streams that there are. */
const allStreams = { streams: streamNames };

/** Version of how models are trained; a new one trains them anew. */
const trainingVersion = 4;

/** Largest weight decay; beyond it even small steps take a weight past zero. */
export const maxWeightDecay = 1000;

/**
 * Trains a model: features of every training and validation clip (through the cache), standardisation from the
 * training clips, the recurrent network with early stopping on the validation clips, and the mean-pool baseline
 * beside it; then all of it once more on both parts together, with the number of epochs so chosen. The test
 * clips are not looked at; only which they are is kept. Temperatures, found on the validation clips by the first
 * training, make confidences what they seem. Where a head is to be chosen, that is done before, by cross-validation on
 * the training and validation clips.
 *
 * The same data, options and seed give the same weights, to the bit.
 *
 * A data set of sequences (.csv, .safetensors) is learned from as it is: there is no CNN then, and nothing is decoded.
 *
 * With `from` the clips that a model was trained with are learned from again, without their files.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID where a class has no training clip, there are fewer than two classes,
 * videos and sequences are mixed, or vectors have not all the same size; ERR_USAGE for options out of range, and for
 * those of videos where there are none; the signal's reason on abort.
 */
export async function train(added: Dataset, asked: TrainOptions = {}): Promise<Model> {
  const earlier = asked.from && trainingBase(asked.from, added, asked);
  const dataset = earlier?.dataset ?? added;
  const given = earlier ? { ...earlier.network, ...asked } : asked;
  const { choices: options, recipe: presetRecipe } = withPreset(given, given.preset);
  const isPerFrame = labelsFrames(given);
  const chosen = isPerFrame ? perFrameRecipe(presetRecipe) : presetRecipe;
  const usual = trainingSettings(options);
  const { weightDecay } = given;
  if (weightDecay !== undefined) checkDecay(weightDecay);
  const fitting = fittingChoices(options);
  const rnn = options.rnn ?? "bilstm";
  const kind = recurrentKind(rnn);
  const engine = options.engine ?? "onnx";
  // A GRU is PyTorch's, as createNetwork makes it.
  if (kind) checkEngine(engine, { ...kind, resetAfter: true });
  const clipKind = earlier?.settings.kind ?? datasetKind(dataset);
  const wanted = wantedHead(given, clipKind);
  const ownSettings = (): FeatureSettings =>
    clipKind === "sequence"
      ? sequenceSettings(given)
      : chooseFeatureSettings({ ...options, ...(wanted.takesAllStreams ? allStreams : {}) });
  const featureSettings = earlier?.settings ?? ownSettings();
  const warn = options.onWarning ?? (() => {});
  for (const warning of dataset.warnings) warn(warning);
  const placed = await openPlacedRun(dataset.items, featureSettings, options, {
    seed: usual.seed,
    ...(options.splitRatio ? { splitRatio: options.splitRatio } : {}),
    ...(options.split ? { split: options.split } : {}),
    ...(earlier ? { known: earlier.clips } : {}),
  });
  await using run = placed.run;
  const { identified, assignment } = placed;
  for (const warning of assignment.warnings) warn(warning);
  const recalled = earlier ? await recallClips(earlier, placed, run, options) : [];
  const refit = options.refit ?? true;
  const recipe = digestOf({
    version: packageVersion(),
    training: trainingVersion,
    settings: usual,
    // Of sequences, what is left out is chosen by their dimension, which is in the clips.
    leftOut: featureSettings.kind === "sequence" ? leftOut(options) : undefined,
    network: chosen,
    wanted,
    weightDecay,
    fitting: Object.keys(fitting).length > 0 ? fitting : undefined,
    rnn,
    ...(engine === "onnx" ? {} : { engine }),
    refit,
    features: run.features.key(""),
    classes: dataset.classes,
    clips: [
      ...identified.items.map(({ digest, label }, index) => [
        digest,
        label,
        assignment.splits[index],
      ]),
      ...recalled.map(({ digest, label, split }) => [digest, label, split]),
    ],
  });
  const known = options.reuse === undefined ? undefined : await openIfMade(options.reuse, recipe);
  if (known) return known;
  for (const { error } of identified.failed) warn(`Left out: ${error.message}`);
  // What shows already need not wait for the features.
  checkClasses(dataset, [
    ...identified.items.filter((_, index) => assignment.splits[index] === "train"),
    ...recalled.filter(({ split }) => split === "train"),
  ]);
  const { examples: extracted, failed } = await extractExamples(
    identified.items,
    assignment,
    run,
    options,
    recalled,
  );
  for (const { message } of failed) warn(`Left out: ${message}`);

  const { classes } = dataset;
  checkClasses(
    dataset,
    extracted.filter(({ split }) => split === "train"),
  );
  const { seed } = usual;
  const selected = await selectHead(
    extracted,
    run.features.record(commonDimension(dataset, extracted)),
    wanted,
    { classes, seed },
    options,
  );
  const { blocks, examples, features } = selected;
  const head: Head = kind ? selected.head : "meanpool";
  const partOf = (split: Split): PlacedExample[] =>
    examples.filter((example) => example.split === split);
  const training = partOf("train");
  const validation = partOf("validation");
  const dimension = commonDimension(dataset, examples);
  const sizes = { classes, dimension, blocks };
  const isProjected =
    features.kind === "video" &&
    given.preset === undefined &&
    !isPerFrame &&
    (blocks.length > 1 || selected.selection !== undefined || head === "ensemble");
  const own =
    featureSettings.kind === "sequence" && given.preset === undefined
      ? sequenceRecipe(dimension)
      : isProjected
        ? { recipe: streamRecipe, defaults: streamSettings }
        : undefined;
  const ownRecipe = own && isPerFrame ? perFrameRecipe(own.recipe) : own?.recipe;
  const base = ownRecipe ?? chosen;
  const network = { ...base, weightDecay: weightDecay ?? base.weightDecay };
  const settings = own ? trainingSettings(options, own.defaults) : usual;
  const recipeSettings = { ...settings, ...network, ...fitting, engine, head, isProjected };
  const judged = await fitClassifier(kind, training, validation, sizes, recipeSettings, options);
  const again = refit && validation.length > 0;
  const final = again
    ? await fitClassifier(
        kind,
        [...training, ...validation],
        [],
        sizes,
        { ...recipeSettings, epochs: Math.max(judged.bestEpoch, 1) },
        options,
        judged.temperatures,
      )
    : judged;
  const record: Omit<ModelRecord, "files"> = {
    format: "muybridge",
    version: modelFormatVersion,
    task: "classification",
    classes: [...classes],
    features,
    head,
    network:
      kind && head !== "linear"
        ? {
            ...kind,
            layers: settings.layers,
            hidden: settings.hidden,
            dropout: settings.dropout,
            input: network.input,
            pooling: network.pooling,
            ...(isPerFrame ? { output: "sequence" as const } : {}),
          }
        : null,
    linear: final.parts.linear ? { blocks: linearBlocks(blocks) } : null,
    training: {
      recipe,
      ...(earlier ? { from: earlier.model.digest } : {}),
      ...(engine === "onnx" ? {} : { engine }),
      seed: settings.seed,
      batchSize: settings.batchSize,
      learningRate: settings.learningRate,
      epochs: settings.epochs,
      patience: settings.patience,
      ...(kind && head !== "linear" ? { fitting } : {}),
      bestEpoch: judged.bestEpoch,
      temperature: judged.temperatures.model,
      meanPoolTemperature: judged.temperatures.meanPool,
      history: [...judged.history],
      ...(selected.selection ? { selection: selected.selection } : {}),
      refit: again,
      data: {
        name: dataset.name,
        split: assignment.method,
        clips: {
          train: training.length,
          validation: validation.length,
          test: assignment.splits.filter((split) => split === "test").length,
        },
        failed: identified.failed.length + failed.length,
      },
    },
    splits: sidesByDigest(placedClips(placed), assignment.splits),
    clips: clipsByDigest(placedClips(placed)),
    validation: judged.validation,
    muybridge: packageVersion(),
  };
  return createModel({ record, ...final.parts });
}

/**
 * Whether each frame is to be labelled.
 *
 * @throws MuybridgeError ERR_USAGE for an output that there is not.
 */
function labelsFrames({ output = "last", rnn }: TrainOptions): boolean {
  const complain = (message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter: "output" });
  };
  if (!outputs.includes(output)) {
    complain(`output must be ${outputs.join(" or ")}; it is ${output}.`);
  }
  if (output === "sequence" && rnn === "meanpool") {
    complain("The classifier meanpool sees a clip's mean, and cannot label its frames.");
  }
  return output === "sequence";
}

/** The settings that a caller leaves out. */
function leftOut(options: Partial<TrainingSettings>): string[] {
  const names = Object.keys(defaultTrainingSettings) as (keyof TrainingSettings)[];
  return names.filter((name) => options[name] === undefined);
}

function checkDecay(weightDecay: number): void {
  if (weightDecay >= 0 && weightDecay <= maxWeightDecay) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `weightDecay must be a number from 0 to ${maxWeightDecay}; it is ${weightDecay}.`,
    { parameter: "weightDecay" },
  );
}

/** The model in a directory, if it was made by this recipe and is whole. */
async function openIfMade(directory: string, recipe: string): Promise<Model | undefined> {
  const model = await openModel(directory).catch(() => undefined);
  if (model?.record.training.recipe === recipe) return model;
  await model?.close();
  return undefined;
}

/**
 * The features of every clip that training may look at.
 *
 * @param recalled examples whose features are there already, put before the others
 */
export async function extractExamples(
  items: readonly IdentifiedItem[],
  { splits }: SplitAssignment,
  run: Run,
  options: RunOptions,
  recalled: readonly PlacedExample[] = [],
): Promise<{ examples: PlacedExample[]; failed: MuybridgeError[] }> {
  const wanted = items
    .map((item, index) => ({ ...item, split: splits[index]! }))
    .filter(({ split }) => split !== "test");
  const examples: PlacedExample[] = [...recalled];
  const failed: MuybridgeError[] = [];
  const outcomes = mapVideos(
    wanted,
    async ({ path, name, digest, content, span, label, group, split }) => {
      const { signal } = options;
      const { features, dimension } = await run.features.clip(path, content, signal, span);
      const clip = { name, digest, content, label, split, features, dimension };
      return { ...clip, ...(group === undefined ? {} : { group }) };
    },
    progressOptions("features", wanted.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) failed.push(outcome.error);
    else examples.push(outcome.value);
  }
  return { examples, failed };
}
