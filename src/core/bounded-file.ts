import { constants } from "node:fs";
import { open } from "node:fs/promises";

/**
 * Reads a regular file of at most so many bytes, whole. Anything else is refused before a byte is read: a pipe would
 * wait for its writer, and a device has no end.
 *
 * @param limit bytes
 * @param refuse makes the error of what is no regular file, or too large, from the reason
 * @throws the file system's own error where it cannot be opened
 */
export async function readBoundedFile(
  path: string,
  limit: number,
  refuse: (why: string, tooLarge: boolean) => Error,
): Promise<Buffer> {
  // Without waiting, since to open a pipe would wait as well.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw refuse("is not a regular file", false);
    if (stats.size > limit) {
      throw refuse(`has ${stats.size} bytes, and at most ${limit} are read`, true);
    }
    const bytes = Buffer.allocUnsafe(stats.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}
