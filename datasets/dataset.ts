/**
 * Data sets: adapters that turn the public ways of laying out labelled videos into one list, and the motions
 * generator.
 */
import { digestOf } from "../src/core/digest.js";
import { MuybridgeError } from "../src/core/errors.js";
import type { Span } from "../src/frames/decoder.js";

/** The parts of a data set. Training sees the first, early stopping the second, nothing but evaluation the third. */
export type Split = "train" | "validation" | "test";

/** A labelled video, or a labelled part of one. */
export interface DatasetItem {
  /** Absolute path. */
  readonly path: string;
  /** The path as the data set names it, with the span behind it where there is one: `a.mp4#t=1.5,4`. */
  readonly name: string;
  readonly label: string;
  /** The part of the video that bears the label. Default: all of it. */
  readonly span?: Span;
  /**
   * What clips of one scene or person share; a split keeps them on one side. Parts of one video that have no group
   * are kept on one side by the video.
   */
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
  /** What stands behind the warnings, one by one, such as each missing file: for who wants to know everything. */
  readonly details: readonly string[];
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
  details: readonly string[] = [],
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
  const classes = [...new Set(items.map(({ label }) => label))].sort();
  return { name, classes, items, warnings, details };
}

/** Names that data sets give the parts. */
const splitNames: Readonly<Record<string, Split>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validate: "validation",
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

/** What a clip is known by: the SHA-256 of the video's content, and for a part of it of the content and the span. */
export function clipDigest(content: string, span: Span | undefined): string {
  return span ? digestOf({ content, start: span.start ?? 0, end: span.end }) : content;
}
