import { readdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { isVideoFile, listFiles } from "../src/frames/video-files.js";
import { isSequenceFile } from "../src/sequence/file-sequence.js";
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
 * class folders in them. Where no folder holds a video, their sequences (.csv, .safetensors) are taken.
 */
export async function openFolderPerClass(directory: string): Promise<Dataset> {
  const root = resolve(directory);
  const videos = await itemsBelow(root, isVideoFile);
  return createDataset(
    directory,
    videos.length > 0 ? videos : await itemsBelow(root, isSequenceFile),
  );
}

async function itemsBelow(root: string, wanted: (name: string) => boolean): Promise<DatasetItem[]> {
  const folders = await subdirectories(root);
  const splits = folders.map(splitNamed);
  const items: DatasetItem[] = [];
  if (folders.length > 0 && splits.every((split) => split !== undefined)) {
    for (const [index, folder] of folders.entries()) {
      for (const label of await subdirectories(join(root, folder))) {
        items.push(
          ...(await itemsOf(root, join(root, folder, label), label, splits[index], wanted)),
        );
      }
    }
  } else {
    for (const label of folders)
      items.push(...(await itemsOf(root, join(root, label), label, undefined, wanted)));
  }
  return items;
}

async function itemsOf(
  root: string,
  folder: string,
  label: string,
  split: Split | undefined,
  wanted: (name: string) => boolean,
): Promise<DatasetItem[]> {
  const paths = await listFiles(folder, wanted);
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
