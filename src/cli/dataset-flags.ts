import { type Command, InvalidArgumentError } from "commander";
import type { Dataset } from "../../datasets/dataset.js";
import type { DatasetOptions } from "../../datasets/open-dataset.js";
import { wholeNumber } from "./command.js";
import type { Reporter } from "./reporter.js";

/** How a data set is read. */
export interface DatasetFlags {
  readonly fold?: number;
  readonly lists?: string;
  readonly videos?: string;
  readonly groupBy?: string;
  readonly columns?: Readonly<Record<string, string>>;
}

/** What a data set may be, for the help of commands. */
export const datasetHelp =
  "directory with one folder a class, manifest (.csv, .tsv, .jsonl), or ucf101:DIR, hmdb51:DIR, kth:DIR, kinetics:FILE, labelstudio:FILE, vtt:DIR";

/** Adds --fold, --lists, --videos, --group-by and --columns. */
export function addDatasetOptions(command: Command): Command {
  return command
    .option(
      "--fold <n>",
      "official split of ucf101:DIR or hmdb51:DIR (default: 1)",
      wholeNumber(1, 3),
    )
    .option("--lists <dir>", "directory of the official lists of ucf101:, hmdb51: or kth:DIR")
    .option(
      "--videos <dir>",
      "directory of the videos of kinetics:FILE or labelstudio:FILE (default: the file's)",
    )
    .option(
      "--group-by <what>",
      "what makes a group: source or camera (hmdb51:), person or scenario (kth:) (default: the first)",
    )
    .option(
      "--columns <names>",
      "names of a manifest's columns, as path=clip,label=class",
      renames,
    );
}

/** Opens the data set that a command names; what stands behind its warnings is told with --verbose. */
export async function openNamedDataset(
  name: string,
  flags: DatasetFlags,
  reporter: Reporter,
): Promise<Dataset> {
  // Late, since most commands need no data set.
  const { openDataset } = await import("../../datasets/open-dataset.js");
  const dataset = await openDataset(name, datasetOptions(flags));
  for (const line of dataset.details) reporter.detail(line);
  return dataset;
}

/** The options of a data set, from the command's. */
function datasetOptions(flags: DatasetFlags): DatasetOptions {
  const { fold, lists, videos, groupBy, columns } = flags;
  return {
    ...(fold === undefined ? {} : { fold }),
    ...(lists === undefined ? {} : { lists }),
    ...(videos === undefined ? {} : { videos }),
    ...(groupBy === undefined ? {} : { groupBy }),
    ...(columns === undefined ? {} : { columns }),
  };
}

function renames(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => pair.split("="));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(""))) {
    throw new InvalidArgumentError("It must look like path=clip,label=class.");
  }
  return Object.fromEntries(pairs as [string, string][]);
}
