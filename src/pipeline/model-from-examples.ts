import type { Dataset } from "../../datasets/dataset.js";
import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import type { StreamName } from "../features/streams/feature-stream.js";
import { nearestClassMean } from "../sequence/nearest-class-mean.js";
import { fitStandardisation, standardise, stepDeviation } from "../sequence/standardisation.js";
import type { CalibrationVideos } from "./calibrate.js";
import { datasetKind, sequenceSettings } from "./dataset-kind.js";
import { featureBlocks } from "./feature-blocks.js";
import {
  type ClipFeatures,
  chooseFeatureSettings,
  type FeatureChoices,
  type FeatureSettings,
} from "./feature-stage.js";
import type { Ground } from "./ground.js";
import { type IdentifiedItem, identifyItems } from "./identify-items.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import { createModel, type Model } from "./model.js";
import { modelFormatVersion } from "./model-record.js";
import { nearestBlocks } from "./nearest-blocks.js";
import { packageVersion } from "./package-version.js";
import { sidesByDigest } from "./placed-run.js";
import { clipsByDigest } from "./remembered-clips.js";
import { openRun, type Run, type RunOptions } from "./run.js";
import { decodesFewFrames } from "./stream-settings.js";

/** Options of {@link modelFromExamples}. */
export interface ExamplesOptions extends RunOptions, FeatureChoices {}

/** What is seen of examples where nothing else is said: pieces of motion tell actions apart where scenes do not. */
const exampleStreams: readonly StreamName[] = ["rgb", "cuboids"];

function usualStreams(choices: FeatureChoices): Pick<FeatureChoices, "streams"> {
  return decodesFewFrames(choices) ? {} : { streams: exampleStreams };
}

/** An example and its features. */
interface Example {
  readonly item: IdentifiedItem;
  readonly clip: ClipFeatures;
}

/**
 * A model without training, of a few clips a class: a video belongs to the class whose examples' mean features are
 * nearest, over the frames and pieces of motion where no streams are chosen. All clips of the data set are examples,
 * whatever part it gives them.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID where there are fewer than two classes, a class has no example that can be
 * read, or vectors have not all the same size; ERR_USAGE for choices out of range, and for those of videos where there are
 * none; the signal's reason on abort.
 */
export async function modelFromExamples(
  dataset: Dataset,
  options: ExamplesOptions = {},
): Promise<Model> {
  const { classes } = dataset;
  if (classes.length < 2) {
    throw invalid(
      dataset,
      `has one class only, ${classes.join("")}; to tell classes apart takes two`,
    );
  }
  const settings: FeatureSettings =
    datasetKind(dataset) === "sequence"
      ? sequenceSettings(options)
      : chooseFeatureSettings({ ...usualStreams(options), ...options });
  const warn = options.onWarning ?? (() => {});
  for (const warning of dataset.warnings) warn(warning);
  await using run = await openRun(settings, options, (ground) =>
    calibrationVideos(dataset, ground, options),
  );
  const { examples, failed } = await readExamples(dataset, run, options);
  for (const { message } of failed) warn(`Left out: ${message}`);
  for (const label of classes) {
    if (examples.some(({ item }) => item.label === label)) continue;
    throw invalid(dataset, `has no example of ${label} that can be read`);
  }
  const dimension = examples[0]!.clip.dimension;
  if (examples.some(({ clip }) => clip.dimension !== dimension)) {
    throw invalid(dataset, "has examples whose vectors differ in size");
  }
  const fitted = fitStandardisation(
    examples.map(({ clip }) => clip.features),
    dimension,
  );
  // A few clips say little of how clips differ, so that how their frames do counts as well.
  const standardisation = { ...fitted, deviation: stepDeviation(fitted) };
  const labels = examples.map(({ item }) => classes.indexOf(item.label));
  const meanPool = nearestClassMean(
    examples.map(({ clip }) => standardise(clip.features, standardisation).context),
    labels,
    { classes: classes.length, dimension },
  );
  const features = run.features.record(dimension);
  const blocks = featureBlocks(features);
  const nearest =
    blocks.length > 1
      ? nearestBlocks(
          examples.map(({ clip }) => clip.features),
          labels,
          blocks,
          standardisation,
          classes.length,
        )
      : undefined;
  const items = examples.map(({ item }) => item);
  const digests = examples.map(({ item }) => [item.digest, item.label]);
  return createModel({
    standardisation,
    meanPool,
    ...(nearest ? { linear: nearest.layer } : {}),
    parameters: {},
    record: {
      format: "muybridge",
      version: modelFormatVersion,
      task: "classification",
      classes: [...classes],
      features,
      head: nearest ? "linear" : "meanpool",
      network: null,
      linear: nearest ? { blocks: nearest.blocks } : null,
      training: {
        recipe: digestOf({
          version: packageVersion(),
          method: "nearest-class-mean",
          features: run.features.key(""),
          digests,
        }),
        method: "nearest-class-mean",
        seed: 0,
        batchSize: examples.length,
        learningRate: 1,
        epochs: 0,
        patience: 0,
        bestEpoch: 0,
        temperature: 1,
        meanPoolTemperature: 1,
        history: [],
        refit: false,
        data: {
          name: dataset.name,
          split: "given",
          clips: { train: examples.length, validation: 0, test: 0 },
          failed: failed.length,
        },
      },
      splits: sidesByDigest(
        items,
        items.map(() => "train"),
      ),
      clips: clipsByDigest(items),
      validation: null,
      muybridge: packageVersion(),
    },
  });
}

async function readExamples(
  dataset: Dataset,
  run: Run,
  options: RunOptions,
): Promise<{ examples: Example[]; failed: MuybridgeError[] }> {
  const identified = await identifyItems(dataset.items, run, options);
  const failed = identified.failed.map(({ error }) => error);
  const examples: Example[] = [];
  const outcomes = mapVideos(
    identified.items,
    async (item): Promise<Example> => ({
      item,
      clip: await run.features.clip(item.path, item.content, options.signal, item.span),
    }),
    progressOptions("examples", identified.items.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) failed.push(outcome.error);
    else examples.push(outcome.value);
  }
  return { examples, failed };
}

/** The examples, to measure the ranges of a network in int8 on. */
async function calibrationVideos(
  dataset: Dataset,
  ground: Ground,
  options: RunOptions,
): Promise<CalibrationVideos> {
  const { items } = await identifyItems(dataset.items, ground, options);
  return {
    paths: [...new Set(items.map(({ path }) => path))],
    among: items.map(({ digest }) => digest),
  };
}

function invalid({ name }: Dataset, what: string): MuybridgeError {
  return new MuybridgeError("ERR_DATASET_INVALID", `${name} ${what}.`, { path: name });
}
