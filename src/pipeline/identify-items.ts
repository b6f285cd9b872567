import type { DatasetItem } from "../../datasets/dataset.js";
import type { MuybridgeError } from "../core/errors.js";
import type { LongCallOptions } from "../core/progress.js";
import type { Ground } from "./ground.js";
import { mapVideos, progressOptions } from "./map-videos.js";

/** An item and the SHA-256 of its content. */
export type IdentifiedItem = DatasetItem & { readonly digest: string };

/** Items by their content, and those that cannot be read, both in the order given. */
export interface IdentifiedItems {
  readonly items: readonly IdentifiedItem[];
  readonly failed: readonly { readonly name: string; readonly error: MuybridgeError }[];
}

/** Finds out the content of each item of a data set. */
export async function identifyItems(
  items: readonly DatasetItem[],
  run: Ground,
  options: LongCallOptions,
): Promise<IdentifiedItems> {
  const identified: IdentifiedItem[] = [];
  const failed: { name: string; error: MuybridgeError }[] = [];
  const outcomes = mapVideos(
    items,
    async (item) => ({ ...item, digest: await run.cache.contentDigest(item.path) }),
    progressOptions("identify", items.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) failed.push({ name: outcome.name, error: outcome.error });
    else identified.push(outcome.value);
  }
  return { items: identified, failed };
}
