/**
 * Data sets: adapters that turn the public ways of laying out labelled videos into one list, and the motions
 * generator.
 */
import { MuybridgeError } from "../src/core/errors.js";

/** The parts of a data set. Training sees the first, early stopping the second, nothing but evaluation the third. */
export type Split = "train" | "validation" | "test";

/** A labelled video. */
export interface DatasetItem {
  /** Absolute path. */
  readonly path: string;
  /** The path as the data set names it. */
  readonly name: string;
  readonly label: string;
  /** What clips of one scene or person share; a split keeps them on one side. */
  readonly group?: string;
  /** The part it belongs to, where the data set says so. */
  readonly split?: Split;
}

/** A list of labelled videos. */
export interface Dataset {
  /** What it was opened by. */
  readonly name: string;
  /** Labels, sorted. */
  readonly classes: readonly string[];
  readonly items: readonly DatasetItem[];
  /** What a user should know: files that are missing, rows that were left out. */
  readonly warnings: readonly string[];
}

/**
 * Puts a data set together.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID where there are no items.
 */
export function createDataset(
  name: string,
  items: readonly DatasetItem[],
  warnings: readonly string[] = [],
): Dataset {
  if (items.length === 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${name} holds no labelled videos. See docs/datasets.md.`,
      {
        path: name,
      },
    );
  }
  return { name, classes: [...new Set(items.map(({ label }) => label))].sort(), items, warnings };
}

/** Names that data sets give the parts. */
const splitNames: Readonly<Record<string, Split>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  test: "test",
};

/** The part that a name stands for, if any. */
export function splitNamed(name: string): Split | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(splitNames, key) ? splitNames[key] : undefined;
}

/**
 * The group in a file's name like UCF101's `v_Lunges_g05_c02.avi`, within its class; scenes are not shared by
 * classes. Folders above it say nothing.
 */
export function groupInName(path: string, label: string): string | undefined {
  const match = /_g(\d+)_[^/\\]*$/.exec(path);
  return match ? `${label}/g${match[1]}` : undefined;
}
