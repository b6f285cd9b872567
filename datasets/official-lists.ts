import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readBoundedFile } from "../src/core/bounded-file.js";
import { MuybridgeError } from "../src/core/errors.js";

/** Largest list that is read, in bytes: the official ones have less than one megabyte. */
const maxListSize = 1 << 26;

/**
 * The first of some directories that holds a file; the text of that file.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID naming the file and the directories; where it is too large.
 */
export async function readListIn(directories: readonly string[], name: string): Promise<string> {
  for (const directory of directories) {
    const path = join(directory, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile()) continue;
    const refuse = (why: string): MuybridgeError =>
      new MuybridgeError("ERR_DATASET_INVALID", `The list ${path} ${why}.`, { path });
    return (await readBoundedFile(path, maxListSize, refuse)).toString("utf8");
  }
  throw new MuybridgeError(
    "ERR_DATASET_INVALID",
    `The official list ${name} is not in ${directories.join(" or ")}. Name its folder with --lists.`,
    { parameter: "lists" },
  );
}

/** The lines of a text that hold anything, without the blanks around them. */
export function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
}
