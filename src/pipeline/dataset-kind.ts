import type { Dataset } from "../../datasets/dataset.js";
import { MuybridgeError } from "../core/errors.js";
import { isSequenceFile } from "../sequence/file-sequence.js";
import type { FeatureChoices, FeatureSettings, SequenceSettings } from "./feature-stage.js";

/**
 * Whether a data set holds videos, or sequences of vectors (.csv, .safetensors), by the names of its files.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID naming a file of each where it holds both.
 */
export function datasetKind({ name, items }: Dataset): FeatureSettings["kind"] {
  const sequence = items.find(({ path }) => isSequenceFile(path));
  const video = items.find(({ path }) => !isSequenceFile(path));
  if (!sequence || !video) return sequence ? "sequence" : "video";
  throw new MuybridgeError(
    "ERR_DATASET_INVALID",
    `${name} holds sequences (${sequence.name}) and videos (${video.name}); a model takes one of the two.`,
    { path: name },
  );
}

/**
 * Checks that a data set holds what a model takes.
 *
 * @throws MuybridgeError ERR_MODEL_MISMATCH naming a file where it does not; ERR_DATASET_INVALID.
 */
export function checkDatasetKind(dataset: Dataset, { kind }: FeatureSettings): void {
  const found = datasetKind(dataset);
  if (found === kind) return;
  throw new MuybridgeError(
    "ERR_MODEL_MISMATCH",
    `${dataset.name} holds ${found}s (${dataset.items[0]?.name}); the model takes ${kind}s.`,
    { path: dataset.name },
  );
}

/** Choices that say how videos become features. */
const videoChoices = [
  "decoder",
  "count",
  "fps",
  "keyframes",
  "every",
  "limit",
  "start",
  "end",
  "fit",
  "cnn",
  "cnnLayer",
  "cnnEngine",
  "precision",
  "preprocessing",
  "streams",
] as const satisfies readonly (keyof FeatureChoices)[];

/** One of the choices that say how videos become features, where any is made. */
export function videoChoice(choices: FeatureChoices): keyof FeatureChoices | undefined {
  return videoChoices.find((name) => choices[name] !== undefined);
}

/**
 * The settings for sequences, of which nothing is to be chosen.
 *
 * @throws MuybridgeError ERR_USAGE naming a choice that only videos leave.
 */
export function sequenceSettings(choices: FeatureChoices): SequenceSettings {
  const chosen = videoChoice(choices);
  if (chosen === undefined) return { kind: "sequence" };
  throw new MuybridgeError(
    "ERR_USAGE",
    `${chosen} is for videos; this data set holds sequences, which are taken as they are.`,
    { parameter: chosen },
  );
}
