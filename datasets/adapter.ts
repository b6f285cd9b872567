import { stat } from "node:fs/promises";
import { MuybridgeError } from "../src/core/errors.js";
import type { Dataset } from "./dataset.js";

/** Options of every adapter; one that has no use for an option that is given refuses it. */
export interface AdapterOptions {
  /** Which of the official splits, from 1. */
  readonly fold?: number;
  /** Directory of the official lists. */
  readonly lists?: string;
  /** Directory of the videos, where they do not lie beside the file that names them. */
  readonly videos?: string;
  /** What makes a group, where there is more than one thing that clips share. */
  readonly groupBy?: string;
}

/** A way of laying out labelled videos. */
export interface DatasetAdapter {
  /** What stands before the place, as "ucf101" in `ucf101:DIR`. */
  readonly prefix: string;
  /** What the place is. */
  readonly place: "directory" | "file";
  /** The options that it knows. */
  readonly options: readonly (keyof AdapterOptions)[];
  /** @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_DATASET_INVALID, ERR_USAGE. */
  readonly open: (place: string, options: AdapterOptions) => Promise<Dataset>;
}

/**
 * Opens a data set through its adapter.
 *
 * @throws MuybridgeError ERR_USAGE for an option that the adapter does not know; ERR_FILE_NOT_FOUND where there is no
 * such directory or file; else as the adapter does.
 */
export async function openThrough(
  adapter: DatasetAdapter,
  place: string,
  options: AdapterOptions,
): Promise<Dataset> {
  const { prefix, place: kind, options: known } = adapter;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const unknown = given.find(([name]) => !known.some((option) => option === name))?.[0];
  if (unknown !== undefined) {
    throw new MuybridgeError("ERR_USAGE", `${unknown} has no meaning for ${prefix}:${place}.`, {
      parameter: unknown,
    });
  }
  const stats = await stat(place).catch(() => undefined);
  if (!(kind === "directory" ? stats?.isDirectory() : stats?.isFile())) {
    throw new MuybridgeError("ERR_FILE_NOT_FOUND", `There is no ${kind} ${place}.`, {
      path: place,
    });
  }
  return adapter.open(place, options);
}

/**
 * Checks the number of an official split.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function checkFold(name: string, fold: number): void {
  if ([1, 2, 3].includes(fold)) return;
  throw new MuybridgeError("ERR_USAGE", `${name} has the folds 1, 2 and 3; there is no ${fold}.`, {
    parameter: "fold",
  });
}

/**
 * Checks what clips are grouped by.
 *
 * @throws MuybridgeError ERR_USAGE listing what there is.
 */
export function checkGroupBy<Way extends string>(
  name: string,
  ways: readonly Way[],
  given: string | undefined,
): Way {
  const way = given === undefined ? ways[0] : ways.find((each) => each === given);
  if (way !== undefined) return way;
  throw new MuybridgeError(
    "ERR_USAGE",
    `${name} can be grouped by ${ways.join(" or ")}, not by ${given}.`,
    { parameter: "groupBy" },
  );
}

/** Warning and details of files that a data set names and that are not there; nothing where none is missing. */
export function tellMissing(
  missing: readonly string[],
  total: number,
): { readonly warnings: string[]; readonly details: string[] } {
  if (missing.length === 0) return { warnings: [], details: [] };
  return {
    warnings: [`${missing.length} of ${total} files are missing, the first: ${missing[0]}`],
    details: missing.map((name) => `missing: ${name}`),
  };
}
