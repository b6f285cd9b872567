import { clipDigest, type DatasetItem } from "../../datasets/dataset.js";
import type { MuybridgeError } from "../core/errors.js";
import type { LongCallOptions } from "../core/progress.js";
import type { Ground } from "./ground.js";
import { mapVideos, progressOptions } from "./map-videos.js";

/** An item, and what it is known by. */
export interface IdentifiedItem extends DatasetItem {
  /** SHA-256 of its content; of a part of a video, of the video's content and the span. */
  readonly digest: string;
  /** SHA-256 of the whole video's content. */
  readonly content: string;
}

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
  // A long video may have hundreds of parts; it is read once.
  const contents = new Map<string, Promise<string>>();
  const contentOf = (path: string): Promise<string> => {
    const known = contents.get(path) ?? run.cache.contentDigest(path);
    contents.set(path, known);
    return known;
  };
  const outcomes = mapVideos(
    items,
    async (item): Promise<IdentifiedItem> => {
      const content = await contentOf(item.path);
      return { ...item, content, digest: clipDigest(content, item.span) };
    },
    progressOptions("identify", items.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) failed.push({ name: outcome.name, error: outcome.error });
    else identified.push(outcome.value);
  }
  return { items: identified, failed };
}
