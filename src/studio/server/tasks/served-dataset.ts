import type { Dataset } from "../../../../datasets/dataset.js";
import { openDataset } from "../../../../datasets/open-dataset.js";
import { MuybridgeError } from "../../../core/errors.js";
import { placeOnDisk } from "../../../frames/image-sequence.js";
import type { ServedFiles } from "../served-files.js";

/**
 * Opens a data set of which every file is under the served folders: a manifest may name any file of the machine.
 *
 * @throws MuybridgeError of `openDataset`; ERR_DATASET_INVALID naming a file that is elsewhere.
 */
export async function openServedDataset(files: ServedFiles, path: string): Promise<Dataset> {
  await files.locate(path);
  const dataset = await openDataset(path);
  const places = new Set(dataset.items.map((item) => placeOnDisk(item.path)));
  for (const place of places) {
    if (!(await files.isOutside(place))) continue;
    const why = `${path} names ${place}, which is not under the folders that are served. Start with --root for its folder.`;
    throw new MuybridgeError("ERR_DATASET_INVALID", why, { path });
  }
  return dataset;
}
