import type { ProbedItem } from "../../datasets/check-dataset.js";
import { probeVideo } from "../frames/probe-video.js";
import { isSequenceFile } from "../sequence/file-sequence.js";
import { readSequenceFile } from "../sequence/read-sequence-file.js";

/**
 * Looks at a file of a data set: at a video's headers, at all of a sequence.
 *
 * @throws MuybridgeError of `probeVideo` and `readSequenceFile`.
 */
export async function probeItem(path: string): Promise<ProbedItem> {
  if (!isSequenceFile(path)) return { duration: (await probeVideo(path)).duration };
  const { duration, dimension } = await readSequenceFile(path);
  return { duration, dimension };
}
