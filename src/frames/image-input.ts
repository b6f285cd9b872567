import { open, stat } from "node:fs/promises";
import { parseImageSequence } from "./image-sequence.js";
import { pictureFormat, signatureLength } from "./picture-format.js";

/**
 * Whether an input is for the decoder of pictures: `images:DIR`, or a GIF or WebP file, known by its first bytes.
 * A still picture of another format is no video. What cannot be read is left to the decoder of videos, which says why.
 *
 * @throws MuybridgeError ERR_USAGE for a wrong image sequence.
 */
export async function isImageInput(path: string): Promise<boolean> {
  if (parseImageSequence(path)) return true;
  const stats = await stat(path).catch(() => undefined);
  // Opening a pipe would wait for whoever writes to it.
  if (!stats?.isFile()) return false;
  const format = pictureFormat(await readStart(path).catch(() => new Uint8Array()));
  return format === "gif" || format === "webp";
}

async function readStart(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(signatureLength), 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
