import type { Dataset } from "../../datasets/dataset.js";
import { checkClasses, commonDimension, type PlacedExample } from "./check-examples.js";
import { datasetKind, sequenceSettings } from "./dataset-kind.js";
import { chooseFeatureSettings, type FeatureChoices } from "./feature-stage.js";
import { type NetworkRecipe, usualRecipe } from "./network-recipe.js";
import { openPlacedRun, type SplitChoices } from "./placed-run.js";
import type { RunOptions } from "./run.js";
import { sequenceRecipe } from "./sequence-recipe.js";
import { extractExamples } from "./train.js";
import { defaultTrainingSettings, type TrainingSettings } from "./training-settings.js";

/** Options of {@link openTrainingPart}. */
export type TrainingPartOptions = RunOptions & FeatureChoices & SplitChoices;

/** All that may be looked at before a test: the training and validation clips, and their features. */
export interface TrainingPart {
  readonly examples: readonly PlacedExample[];
  /** Values of a feature vector. */
  readonly dimension: number;
  /** How `train` trains on such data where nothing is chosen. */
  readonly recipe: NetworkRecipe;
  readonly defaults: TrainingSettings;
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
  const settings =
    datasetKind(dataset) === "sequence"
      ? sequenceSettings(options)
      : chooseFeatureSettings(options);
  const placed = await openPlacedRun(items, settings, options, options);
  await using run = placed.run;
  const { identified, assignment } = placed;
  const { examples, failed } = await extractExamples(identified.items, assignment, run, options);
  for (const error of [...identified.failed.map((each) => each.error), ...failed]) {
    warn(`Left out: ${error.message}`);
  }
  checkClasses(dataset, examples);
  const dimension = commonDimension(dataset, examples);
  return {
    examples,
    dimension,
    ...(settings.kind === "sequence"
      ? sequenceRecipe(dimension)
      : { recipe: usualRecipe, defaults: defaultTrainingSettings }),
    featuresKey: run.features.key(""),
  };
}
