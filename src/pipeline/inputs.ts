import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { folderManifest } from "../../datasets/open-dataset.js";
import { parseImageSequence } from "../frames/image-sequence.js";
import { isVideoFile, listFiles } from "../frames/video-files.js";
import { isSequenceFile } from "../sequence/file-sequence.js";
import type { FeatureSettings } from "./feature-stage.js";
import { readPathList } from "./path-list.js";

/** Options of {@link expandInputs}. */
export interface InputOptions {
  /** Take every file of a directory, not only those with a known video extension. */
  readonly allFiles?: boolean;
  /** What is looked for in a directory: videos, or sequences (.csv, .safetensors). Default "video". */
  readonly kind?: FeatureSettings["kind"];
}

/** The list that is read from standard input. */
export const standardInput = "@-";

/**
 * Turns what a user names into paths: a file is itself; a directory its videos (or sequences), recursively, sorted by path
 * bytes; a pattern the files it matches; `@list.txt` the paths in that file, one a line (`@-`: standard input);
 * `images:DIR` is itself, one video. A path that does not exist is kept, so that it is told with the others.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND where a list cannot be read; ERR_USAGE for a wrong image sequence.
 */
export async function expandInputs(
  inputs: readonly string[],
  options: InputOptions = {},
): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of streamInputs(inputs, options)) paths.push(path);
  return paths;
}

/** The paths of {@link expandInputs} as they become known: those of standard input before it ends. */
export async function* streamInputs(
  inputs: readonly string[],
  options: InputOptions = {},
): AsyncGenerator<string, void> {
  for (const input of inputs) {
    if (input.startsWith("@")) yield* readPathList(input.slice(1));
    else yield* await expandInput(input, options);
  }
}

async function expandInput(input: string, options: InputOptions): Promise<string[]> {
  // Not a pattern, in spite of its question mark.
  if (parseImageSequence(input)) return [input];
  const stats = await stat(input).catch(() => undefined);
  if (stats?.isDirectory()) {
    const isWanted = options.kind === "sequence" ? isSequenceInput : isVideoFile;
    return listFiles(input, (name) => options.allFiles === true || isWanted(name));
  }
  // A file whose name looks like a pattern is that file.
  if (stats || !isDynamicPattern(input)) return [input];
  const matches = await glob(input, {
    onlyFiles: true,
    followSymbolicLinks: false,
    expandDirectories: false,
    absolute: isAbsolute(input),
  });
  if (matches.length === 0) return [input];
  return matches.sort(byBytes);
}

/** A manifest that speaks for its folder is a list of sequences, not one of them. */
function isSequenceInput(name: string): boolean {
  return isSequenceFile(name) && name !== folderManifest;
}

/** Order of the UTF-8 bytes of two paths: the same on every machine, whatever its language. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
