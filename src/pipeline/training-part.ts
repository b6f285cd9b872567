import type { Dataset } from "../../datasets/dataset.js";
import { assignSplits } from "../../datasets/splits.js";
import { checkClasses, commonDimension, type PlacedExample } from "./check-examples.js";
import { datasetKind, sequenceSettings } from "./dataset-kind.js";
import { chooseFeatureSettings, type FeatureChoices } from "./feature-stage.js";
import type { Ground } from "./ground.js";
import { identifyItems } from "./identify-items.js";
import { type NetworkRecipe, usualRecipe } from "./network-recipe.js";
import { openRun, type RunOptions } from "./run.js";
import { sequenceRecipe } from "./sequence-recipe.js";
import { extractExamples, type PlacedItems, trainingVideos } from "./train.js";

/** Options of {@link openTrainingPart}. */
export interface TrainingPartOptions extends RunOptions, FeatureChoices {
  /** Decides the split where the data set says nothing. */
  readonly seed: number;
  readonly splitRatio?: readonly [number, number, number];
}

/** All that may be looked at before a test: the training and validation clips, and their features. */
export interface TrainingPart {
  readonly examples: readonly PlacedExample[];
  /** Values of a feature vector. */
  readonly dimension: number;
  /** How `train` trains on such data where nothing is chosen. */
  readonly recipe: NetworkRecipe;
  /** What decides the features, but for the videos' content. */
  readonly featuresKey: unknown;
}

/**
 * Computes the features of the training and validation clips, split as `train` splits them. Test clips that the
 * data set names are not even opened; where it names none, they are hashed to know which they are, and no more.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID where a class has no training clip or there are fewer than two
 * classes; ERR_USAGE for options out of range; the signal's reason on abort.
 */
export async function openTrainingPart(
  dataset: Dataset,
  options: TrainingPartOptions,
): Promise<TrainingPart> {
  const warn = options.onWarning ?? (() => {});
  const given = dataset.items.some(({ split }) => split !== undefined);
  const items = dataset.items
    .filter(({ split }) => split !== "test")
    // Without its test clips a data set must not look as if it had no split of its own.
    .map((item) => (given && !item.split ? { ...item, split: "train" as const } : item));
  const place = async (ground: Ground): Promise<PlacedItems> => {
    const identified = await identifyItems(items, ground, options);
    const assignment = assignSplits(identified.items, {
      seed: options.seed,
      ...(options.splitRatio ? { ratio: options.splitRatio } : {}),
    });
    return { identified, assignment };
  };
  let placed: PlacedItems | undefined;
  const settings =
    datasetKind(dataset) === "sequence"
      ? sequenceSettings(options)
      : chooseFeatureSettings(options);
  await using run = await openRun(settings, options, async (ground) => {
    placed = await place(ground);
    return trainingVideos(placed);
  });
  const { identified, assignment } = placed ?? (await place(run));
  const { examples, failed } = await extractExamples(identified.items, assignment, run, options);
  for (const error of [...identified.failed.map((each) => each.error), ...failed]) {
    warn(`Left out: ${error.message}`);
  }
  checkClasses(dataset, examples);
  const dimension = commonDimension(dataset, examples);
  return {
    examples,
    dimension,
    recipe: settings.kind === "sequence" ? sequenceRecipe(dimension).recipe : usualRecipe,
    featuresKey: run.features.key(""),
  };
}
