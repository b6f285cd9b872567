import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { isAbort, MuybridgeError, messageOf } from "../core/errors.js";
import { splitBytes } from "../core/split-bytes.js";

/** Longest path of a list, in bytes: far beyond what any system opens. */
const longestPath = 2 ** 20;

const lineBreak = 10;

/**
 * The paths of a list, as they come: one a line; or, where its first bytes hold a NUL, each ended by NUL, as
 * `find -print0` writes them, so that a path may hold line breaks. Empty lines are passed over.
 *
 * @param name a file, or `-` for standard input
 * @throws MuybridgeError ERR_FILE_NOT_FOUND where it cannot be read.
 */
export async function* readPathList(
  name: string,
  stdin: Readable = process.stdin,
): AsyncGenerator<string, void> {
  try {
    const chunks = name === "-" ? stdin : createReadStream(name);
    const source: AsyncIterator<Uint8Array> = chunks[Symbol.asyncIterator]();
    const first = await source.next();
    if (first.done) return;
    const nul = first.value.includes(0);
    const all = { [Symbol.asyncIterator]: () => withFirst(first.value, source) };
    for await (const { bytes } of splitBytes(all, nul ? 0 : lineBreak, { longest: longestPath })) {
      const path = nul ? bytes.toString() : bytes.toString().replace(/\r$/, "");
      if (path !== "") yield path;
    }
  } catch (error) {
    // An abort ends the whole; it is not the list's fault.
    if (isAbort(error)) throw error;
    throw new MuybridgeError(
      "ERR_FILE_NOT_FOUND",
      `The list ${name} cannot be read: ${messageOf(error)}`,
      { path: name, cause: error },
    );
  }
}

async function* withFirst(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
