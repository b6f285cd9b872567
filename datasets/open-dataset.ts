import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { MuybridgeError } from "../src/core/errors.js";
import { type AdapterOptions, type DatasetAdapter, openThrough } from "./adapter.js";
import type { Dataset } from "./dataset.js";
import { openFolderPerClass } from "./folder-per-class.js";
import { hmdb51 } from "./hmdb51.js";
import { kinetics } from "./kinetics.js";
import { kth } from "./kth.js";
import { labelStudio } from "./label-studio.js";
import { type ManifestOptions, manifestExtensions, openManifest } from "./manifest.js";
import { ucf101 } from "./ucf101.js";
import { vtt } from "./vtt.js";

/** Options of {@link openDataset}. */
export type DatasetOptions = ManifestOptions & AdapterOptions;

/** The layouts that are told by a word before the place. */
export const adapters: readonly DatasetAdapter[] = [
  ucf101,
  hmdb51,
  kth,
  kinetics,
  labelStudio,
  vtt,
];

/** How a data set of an adapter is named, as `ucf101:DIR`. */
const formOf = ({ prefix, place }: DatasetAdapter): string =>
  `${prefix}:${place === "directory" ? "DIR" : "FILE"}`;

/** The manifest that speaks for the folder it lies in. */
export const folderManifest = "manifest.csv";

/**
 * Opens a data set: a directory with one folder a class (or with a manifest.csv of its own, which then says
 * what is in it), a manifest (.csv, .tsv, .jsonl), or one of the {@link adapters}, as `ucf101:DIR`.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_DATASET_INVALID, ERR_USAGE.
 */
export async function openDataset(name: string, options: DatasetOptions = {}): Promise<Dataset> {
  const prefix = /^([a-z][a-z0-9]+):/.exec(name)?.[1];
  const adapter = adapters.find((each) => each.prefix === prefix);
  const { columns, ...adapterOptions } = options;
  if (adapter) {
    const place = name.slice(adapter.prefix.length + 1);
    // Columns are a manifest's; an adapter refuses them like every option it does not know.
    return openThrough(adapter, place, { ...adapterOptions, ...(columns ? { columns } : {}) });
  }
  const useless = Object.entries(adapterOptions).find(([, value]) => value !== undefined)?.[0];
  if (useless !== undefined) {
    throw new MuybridgeError("ERR_USAGE", `${useless} has no meaning for ${name}.`, {
      parameter: useless,
    });
  }
  const stats = await stat(name).catch(() => undefined);
  if (stats?.isDirectory()) {
    const manifest = join(name, folderManifest);
    const hasManifest = (await stat(manifest).catch(() => undefined))?.isFile() ?? false;
    return hasManifest ? openManifest(manifest, options) : openFolderPerClass(name);
  }
  if (stats && manifestExtensions.has(extname(name).toLowerCase()))
    return openManifest(name, options);
  if (stats) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${name} is neither a directory nor a .csv, .tsv or .jsonl file.`,
      {
        path: name,
      },
    );
  }
  if (prefix !== undefined) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `There is no kind of data set "${prefix}:"; there are ${adapters.map(formOf).join(", ")}.`,
      {
        parameter: "dataset",
      },
    );
  }
  throw new MuybridgeError("ERR_FILE_NOT_FOUND", `There is no data set ${name}.`, { path: name });
}
