import type { ProbedItem } from "../../datasets/check-dataset.js";
import { isSequenceFile } from "../sequence/file-sequence.js";
import { readSequenceFile } from "../sequence/read-sequence-file.js";
import { probeThroughCache } from "./probe-stage.js";
import type { StageCache } from "./stage-cache.js";

/**
 * Looks at a file of a data set: at a video's headers, through the cache, or at all of a sequence.
 *
 * @throws MuybridgeError of `probeVideo` and `readSequenceFile`.
 */
export async function probeItem(path: string, cache: StageCache): Promise<ProbedItem> {
  if (isSequenceFile(path)) {
    const { duration, dimension } = await readSequenceFile(path);
    return { duration, dimension };
  }
  // A check hashes every file anyway. One that cannot be hashed is left to probing, which says why.
  const contentDigest = await cache.contentDigest(path).catch(() => undefined);
  return { duration: (await probeThroughCache({ path, contentDigest }, cache)).duration };
}
