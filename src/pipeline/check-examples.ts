import type { Dataset, Split } from "../../datasets/dataset.js";
import { MuybridgeError } from "../core/errors.js";
import type { Example } from "./fit-classifier.js";

/** A clip that takes part in training, and the part it belongs to. */
export interface PlacedExample extends Example {
  /** As the data set names it. */
  readonly name: string;
  /** What it is known by (see `IdentifiedItem`). */
  readonly digest: string;
  /** SHA-256 of the whole video's content. */
  readonly content: string;
  readonly group?: string;
  readonly split: Split;
  readonly dimension: number;
}

/**
 * The dimension of all features. Those of videos have one in any case; files may hold anything.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID naming two files that differ.
 */
export function commonDimension({ name }: Dataset, examples: readonly PlacedExample[]): number {
  const first = examples[0]!;
  const other = examples.find(({ dimension }) => dimension !== first.dimension);
  if (!other) return first.dimension;
  throw new MuybridgeError(
    "ERR_DATASET_INVALID",
    `${name} has vectors of ${first.dimension} values in ${first.name} and of ${other.dimension} in ${other.name}; all must have the same.`,
    { path: name },
  );
}

/**
 * Checks that there is something to tell apart, and something to learn it from.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID naming the classes.
 */
export function checkClasses(
  { name, classes }: Dataset,
  training: readonly Pick<Example, "label">[],
): void {
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
      `${name} has no training clip that can be read for: ${empty.join(", ")}.`,
      { path: name },
    );
  }
}
