import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { MuybridgeError } from "../src/core/errors.js";
import type { Dataset } from "./dataset.js";
import { openFolderPerClass } from "./folder-per-class.js";
import { type ManifestOptions, manifestExtensions, openManifest } from "./manifest.js";
import { openUcf101, type Ucf101Options } from "./ucf101.js";

/** Options of {@link openDataset}. */
export type DatasetOptions = ManifestOptions & Ucf101Options;

/** The manifest that speaks for the folder it lies in. */
export const folderManifest = "manifest.csv";

/**
 * Opens a data set: a directory with one folder a class (or with a manifest.csv of its own, which then says
 * what is in it), a manifest (.csv, .tsv, .jsonl), or `ucf101:DIR`.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_DATASET_INVALID, ERR_USAGE.
 */
export async function openDataset(name: string, options: DatasetOptions = {}): Promise<Dataset> {
  const prefix = /^([a-z][a-z0-9]+):/.exec(name)?.[1];
  if (prefix === "ucf101") return openUcf101(name.slice("ucf101:".length), options);
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
      `There is no kind of data set "${prefix}:"; there is ucf101:DIR.`,
      {
        parameter: "dataset",
      },
    );
  }
  throw new MuybridgeError("ERR_FILE_NOT_FOUND", `There is no data set ${name}.`, { path: name });
}
