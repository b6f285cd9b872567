import { open, readFile, stat } from "node:fs/promises";
import { MuybridgeError } from "../core/errors.js";
import { unreadableFile } from "../core/unreadable-file.js";
import { csvSequence } from "./csv-sequence.js";
import { type FileSequence, invalidSequence, maxSequenceFileSize } from "./file-sequence.js";
import { looksLikeSafetensors, safetensorsSequence } from "./safetensors-sequence.js";

export type { FileSequence } from "./file-sequence.js";

/** Options of {@link readSequenceFile}. */
export interface ReadSequenceOptions {
  readonly signal?: AbortSignal;
  /** Seconds it may take. Default: no limit. */
  readonly timeout?: number;
}

/** Bytes at the beginning by which a file is recognised. */
const headSize = 4096;

/**
 * Reads a sequence of vectors from a file: safetensors with a float32 tensor [T, D], as `muybridge features` writes
 * it, or CSV with a row of numbers a step. Which of the two it is, is seen by its content.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_DATASET_INVALID (saying what is wrong where), ERR_TOO_LARGE,
 * ERR_TIMEOUT; the signal's reason on abort.
 */
export async function readSequenceFile(
  path: string,
  { signal, timeout }: ReadSequenceOptions = {},
): Promise<FileSequence> {
  const deadline = performance.now() + 1000 * (timeout ?? Number.POSITIVE_INFINITY);
  const check = (): void => {
    signal?.throwIfAborted();
    if (performance.now() <= deadline) return;
    throw new MuybridgeError(
      "ERR_TIMEOUT",
      `${path} was not done within ${timeout} s and was given up. Raise --timeout if it is only long.`,
      { path },
    );
  };
  const { head, size } = await beginningOf(path);
  if (looksLikeSafetensors(head, size)) {
    return safetensorsSequence(
      path,
      await readFile(path).catch((error: unknown) => {
        throw unreadableFile(path, error);
      }),
    );
  }
  if (!isText(head)) {
    throw invalidSequence(
      path,
      "it is neither a safetensors file nor text; sequences are wanted here, not videos",
    );
  }
  return csvSequence(path, check);
}

async function beginningOf(path: string): Promise<{ head: Uint8Array; size: number }> {
  const fail = (error: unknown): never => {
    throw unreadableFile(path, error);
  };
  // Before it is opened: a named pipe would wait for a writer.
  const stats = await stat(path).catch(fail);
  if (!stats.isFile()) throw invalidSequence(path, "it is not a regular file");
  const file = await open(path).catch(fail);
  try {
    if (stats.size === 0) throw invalidSequence(path, "it is empty");
    if (stats.size > maxSequenceFileSize) {
      throw new MuybridgeError(
        "ERR_TOO_LARGE",
        `${path} is larger than ${maxSequenceFileSize} bytes, the most that is read of a sequence.`,
        { path },
      );
    }
    const { buffer, bytesRead } = await file.read(new Uint8Array(headSize), 0, headSize, 0);
    return { head: buffer.subarray(0, bytesRead), size: stats.size };
  } finally {
    await file.close();
  }
}

/** Control characters that no table has are those of other files; a head may end within a character. */
function isText(head: Uint8Array): boolean {
  return !head.some((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0d].includes(byte));
}
