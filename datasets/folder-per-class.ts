import { readdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { listVideoFiles } from "../src/frames/video-files.js";
import {
  createDataset,
  type Dataset,
  type DatasetItem,
  groupInName,
  type Split,
  splitNamed,
} from "./dataset.js";

/**
 * A directory with one folder a class; where its folders are named train, val, validation or test, with the
 * class folders in them.
 */
export async function openFolderPerClass(directory: string): Promise<Dataset> {
  const root = resolve(directory);
  const folders = await subdirectories(root);
  const splits = folders.map(splitNamed);
  const items: DatasetItem[] = [];
  if (folders.length > 0 && splits.every((split) => split !== undefined)) {
    for (const [index, folder] of folders.entries()) {
      for (const label of await subdirectories(join(root, folder))) {
        items.push(...(await itemsOf(root, join(root, folder, label), label, splits[index])));
      }
    }
  } else {
    for (const label of folders)
      items.push(...(await itemsOf(root, join(root, label), label, undefined)));
  }
  return createDataset(directory, items);
}

async function itemsOf(
  root: string,
  folder: string,
  label: string,
  split: Split | undefined,
): Promise<DatasetItem[]> {
  const paths = await listVideoFiles(folder);
  return paths.map((path) => {
    const group = groupInName(path, label);
    return {
      path,
      name: relative(root, path),
      label,
      ...(group === undefined ? {} : { group }),
      ...(split === undefined ? {} : { split }),
    };
  });
}

async function subdirectories(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}
