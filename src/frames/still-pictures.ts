import { errorOf, MuybridgeError } from "../core/errors.js";
import { type ImageSequence, listPictures } from "./image-sequence.js";
import { describePicture, openPicture, type Picture, readPictureFile } from "./picture-file.js";
import type { PictureSource } from "./picture-source.js";

/**
 * Opens a directory of still pictures as one video. Its header is that of the first picture that has one; the
 * others may have other sizes. Of an animated picture the first frame is taken.
 *
 * @param input the input as the user wrote it, for errors
 * @throws MuybridgeError as `listPictures`; ERR_NO_FRAMES where no picture can be read; ERR_TOO_LARGE.
 */
export async function openStillPictures(
  sequence: ImageSequence,
  input: string,
): Promise<PictureSource> {
  const paths = await listPictures(sequence, input);
  const { frameRate } = sequence;
  const times = Array.from({ length: paths.length + 1 }, (_, i) => i / frameRate);
  const info = {
    ...(await describeFirst(paths, input)),
    duration: times.at(-1)!,
    frameRate,
    container: "images",
    hasAudio: false,
  };
  return {
    info,
    times,
    truncated: false,
    reach: 1,
    read: (index) => readStill(paths[index]!).catch(asReason),
  };
}

async function readStill(path: string): Promise<Picture> {
  const { bytes, header } = await readPictureFile(path);
  return { ...header.autoOrient, open: () => openPicture(bytes, { autoOrient: true }) };
}

async function describeFirst(
  paths: readonly string[],
  input: string,
): Promise<ReturnType<typeof describePicture>> {
  let reason: Error | undefined;
  for (const path of paths) {
    const file = await readPictureFile(path).catch(asReason);
    if (!(file instanceof Error)) return describePicture(file);
    reason ??= file;
  }
  throw new MuybridgeError(
    "ERR_NO_FRAMES",
    `${input} holds ${paths.length} pictures of which not one can be read; the first: ${reason?.message}.`,
    { path: input, cause: reason },
  );
}

/** A picture that cannot be read is passed over; one that is too large is for the user to decide. */
function asReason(thrown: unknown): Error {
  if (thrown instanceof MuybridgeError) throw thrown;
  return errorOf(thrown);
}
