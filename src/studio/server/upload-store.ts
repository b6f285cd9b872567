import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { link, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { MultipartFile } from "@fastify/multipart";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { isVideoFile } from "../../frames/video-files.js";
import { largestUpload } from "./limits.js";

/** What an upload is called until it is whole. */
const partMark = ".part-";

/** Longest name, in UTF-8 bytes, with room for a number. */
const longestName = 200;

/** Removes what uploads left that were cut off. */
export async function removeParts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(partMark)) await rm(join(directory, name), { force: true });
  }
}

/**
 * Writes an uploaded video to a folder: it has its name only when all of it is there and on the disk. A name that is taken
 * gets a number; nothing is overwritten.
 *
 * @returns the path
 * @throws MuybridgeError ERR_NOT_A_VIDEO by its name; ERR_TOO_LARGE; ERR_USAGE where it cannot be written.
 */
export async function keepUpload(directory: string, upload: MultipartFile): Promise<string> {
  const name = plainName(upload.filename);
  if (!isVideoFile(name)) {
    upload.file.resume();
    const why = `${name} is not a video by its name; known extensions are listed in docs/formats.md.`;
    throw new MuybridgeError("ERR_NOT_A_VIDEO", why, { path: name });
  }
  const part = join(directory, `${partMark}${randomUUID()}`);
  try {
    await pipeline(upload.file, createWriteStream(part, { flags: "wx", mode: 0o600 }));
    if (upload.file.truncated) {
      const why = `${name} is larger than ${largestUpload / 2 ** 30} GiB; put it under the served folder and pick it there.`;
      throw new MuybridgeError("ERR_TOO_LARGE", why, { path: name });
    }
    const file = await open(part, "r+");
    await file.sync();
    await file.close();
    return await giveName(directory, part, name);
  } catch (cause) {
    if (cause instanceof MuybridgeError) throw cause;
    const why = `${name} could not be kept: ${messageOf(cause)}`;
    throw new MuybridgeError("ERR_USAGE", why, { path: name, cause });
  } finally {
    await rm(part, { force: true });
  }
}

/** Gives a file its name, or the first one with a number that is free. */
async function giveName(directory: string, part: string, name: string): Promise<string> {
  const dot = name.lastIndexOf(".");
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? name : `${name.slice(0, dot)}-${number}${name.slice(dot)}`;
    const target = join(directory, numbered);
    try {
      await moveTo(part, target);
      return target;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** A link is made or not, at once, and never over another file. */
async function moveTo(part: string, target: string): Promise<void> {
  try {
    await link(part, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    // A file system without links (exFAT): the name is taken first, then given.
    await (await open(target, "wx")).close();
    await rename(part, target);
  }
}

/** The last part of a name, without what file systems or terminals would take for something else. */
function plainName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? "";
  const plain = last
    .normalize("NFC")
    .replace(/[\p{Cc}<>:"|?*]/gu, "_")
    .replace(/^\.+/, "_");
  const dot = Math.max(plain.lastIndexOf("."), 0);
  let stem = plain.slice(0, dot);
  const extension = plain.slice(dot).slice(0, 16);
  while (Buffer.byteLength(stem) > longestName) stem = [...stem].slice(0, -1).join("");
  return `${stem}${extension}`;
}
