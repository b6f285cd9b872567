import { join, resolve, sep } from "node:path";
import { listVideoFiles } from "../src/frames/video-files.js";
import { type AdapterOptions, checkFold, type DatasetAdapter } from "./adapter.js";
import {
  createDataset,
  type Dataset,
  type DatasetItem,
  groupInName,
  type Split,
} from "./dataset.js";
import { linesOf, readListIn } from "./official-lists.js";

/**
 * UCF101 (Soomro, Zamir & Shah 2012): folders of classes with files like v_Lunges_g05_c02.avi, and the official
 * lists trainlist0N.txt and testlist0N.txt. Those files and classes that exist are used. Official splits have no
 * validation part; training takes it from whole training groups.
 */
export const ucf101: DatasetAdapter = {
  prefix: "ucf101",
  place: "directory",
  options: ["fold", "lists"],
  open: openUcf101,
};

async function openUcf101(
  directory: string,
  { fold = 1, lists }: AdapterOptions,
): Promise<Dataset> {
  checkFold("UCF101", fold);
  const candidates = lists ? [lists] : [directory, join(directory, "ucfTrainTestlist")];
  // Training lists have the class's number behind the name.
  const readList = async (name: string): Promise<string[]> =>
    linesOf(await readListIn(candidates, name)).map((line) => line.split(" ")[0]!);
  const train = await readList(`trainlist0${fold}.txt`);
  const test = await readList(`testlist0${fold}.txt`);
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
