import { readFile, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { MuybridgeError } from "../src/core/errors.js";
import { listVideoFiles } from "../src/frames/video-files.js";
import {
  createDataset,
  type Dataset,
  type DatasetItem,
  groupInName,
  type Split,
} from "./dataset.js";

/** Options of {@link openUcf101}. */
export interface Ucf101Options {
  /** Which of the three official splits. Default 1. */
  readonly fold?: number;
  /** Directory of the official lists. Default: the data's own, or ucfTrainTestlist in it. */
  readonly lists?: string;
}

/**
 * UCF101 (Soomro, Zamir & Shah 2012): folders of classes with files like v_Lunges_g05_c02.avi, and the official
 * lists trainlist0N.txt and testlist0N.txt. Those files and classes that exist are used. Official splits have no
 * validation part; training takes it from whole training groups.
 *
 * @throws MuybridgeError ERR_USAGE for another fold; ERR_FILE_NOT_FOUND where there is no such directory;
 * ERR_DATASET_INVALID where the lists are not found or name none of the files.
 */
export async function openUcf101(directory: string, options: Ucf101Options = {}): Promise<Dataset> {
  const fold = options.fold ?? 1;
  if (![1, 2, 3].includes(fold)) {
    throw new MuybridgeError("ERR_USAGE", `UCF101 has the folds 1, 2 and 3; there is no ${fold}.`, {
      parameter: "fold",
    });
  }
  if (!(await stat(directory).catch(() => undefined))?.isDirectory()) {
    throw new MuybridgeError("ERR_FILE_NOT_FOUND", `There is no directory ${directory}.`, {
      path: directory,
    });
  }
  const candidates = options.lists
    ? [options.lists]
    : [directory, join(directory, "ucfTrainTestlist")];
  const train = await readList(candidates, `trainlist0${fold}.txt`);
  const test = await readList(candidates, `testlist0${fold}.txt`);
  const splits = new Map<string, Split>([
    ...train.map((name) => [name, "train"] as const),
    ...test.map((name) => [name, "test"] as const),
  ]);
  const root = resolve(directory);
  const items: DatasetItem[] = [];
  let unlisted = 0;
  for (const path of await listVideoFiles(root)) {
    const [label = "", file] = path.slice(root.length + 1).split(sep);
    const split = splits.get(`${label}/${file}`);
    if (split === undefined) {
      unlisted += 1;
      continue;
    }
    const group = groupInName(path, label);
    items.push({
      path,
      name: `${label}/${file}`,
      label,
      split,
      ...(group === undefined ? {} : { group }),
    });
  }
  const warnings =
    unlisted > 0 ? [`${unlisted} videos are in none of the official lists and left out.`] : [];
  return createDataset(`ucf101:${directory}`, items, warnings);
}

async function readList(directories: readonly string[], name: string): Promise<string[]> {
  for (const directory of directories) {
    const text = await readFile(join(directory, name), "utf8").catch(() => undefined);
    // Training lists have the class's number behind the name.
    if (text !== undefined)
      return text
        .split(/\r?\n/)
        .map((line) => line.split(" ")[0]!)
        .filter(Boolean);
  }
  throw new MuybridgeError(
    "ERR_DATASET_INVALID",
    `The official list ${name} is not in ${directories.join(" or ")}. Name its folder with --lists.`,
    { parameter: "lists" },
  );
}
