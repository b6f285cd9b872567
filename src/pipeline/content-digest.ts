import pMap from "p-map";
import { digestOf } from "../core/digest.js";
import { listPictures, parseImageSequence } from "../frames/image-sequence.js";

/** Stands for a picture that cannot be read; decoding passes it over. */
const unreadable = "unreadable";

/** Pictures of one sequence that are hashed at once. */
const concurrency = 8;

/**
 * The digest of a video's content: of a file its own; of `images:DIR` that of its rate and of its pictures' digests
 * in the order in which they are shown, whatever they are called. A picture that cannot be read counts as such.
 *
 * @param fileDigest SHA-256 of a file's bytes
 * @throws MuybridgeError of `fileDigest`, for a file, and of `listPictures`.
 */
export async function contentDigest(
  path: string,
  fileDigest: (path: string) => Promise<string>,
): Promise<string> {
  const sequence = parseImageSequence(path);
  if (!sequence) return fileDigest(path);
  const pictures = await pMap(
    await listPictures(sequence, path),
    (picture) => fileDigest(picture).catch(() => unreadable),
    { concurrency },
  );
  return digestOf({ frameRate: sequence.frameRate, pictures });
}
