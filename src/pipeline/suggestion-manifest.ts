import { dirname, extname, isAbsolute, relative, resolve } from "node:path";
import { stringify } from "csv-stringify/sync";
import { MuybridgeError } from "../core/errors.js";
import { parseImageSequence, resolveVideoPath } from "../frames/image-sequence.js";
import type { SuggestedVideo } from "./suggest.js";

/** How suggestions are written: as a table, or as JSON lines. Data sets are opened from both. */
export const suggestionFormats = ["csv", "jsonl"] as const;

/** One of {@link suggestionFormats}. */
export type SuggestionFormat = (typeof suggestionFormats)[number];

/**
 * The format that a file's name asks for.
 *
 * @throws MuybridgeError ERR_USAGE for a name that no data set is opened from.
 */
export function suggestionFormat(file: string): SuggestionFormat {
  const extension = extname(file).toLowerCase();
  const format = suggestionFormats.find((name) => extension === `.${name}`);
  if (format) return format;
  throw new MuybridgeError(
    "ERR_USAGE",
    `${file} must end in .csv or .jsonl: suggestions are a manifest to fill in, which a data set is opened from.`,
    { path: file, parameter: "out" },
  );
}

/**
 * Suggestions as a manifest whose labels are to be filled in. What the model takes a video for is in columns of its own,
 * which the manifest's reader passes over.
 *
 * @param file where the manifest will lie, so that its paths hold from there; absolute ones stay as they are. Without it
 * all paths are absolute, since nobody knows where standard output goes.
 */
export function suggestionManifest(
  videos: readonly SuggestedVideo[],
  format: SuggestionFormat,
  file?: string,
): string {
  const rows = videos.map(({ path, guess, confidence }) => ({
    path: pathFrom(path, file),
    label: "",
    guess,
    confidence: Math.round(confidence * 1e6) / 1e6,
  }));
  if (format === "jsonl") return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return stringify(rows, {
    header: true,
    columns: ["path", "label", "guess", "confidence"],
    record_delimiter: "\r\n",
    // RFC 4180 quotes either line break; csv-stringify only its own delimiter.
    quoted_match: /[\r\n]/,
  });
}

function pathFrom(path: string, file: string | undefined): string {
  const absolute = resolveVideoPath("", path);
  const directory = parseImageSequence(path)?.directory;
  if (file === undefined || isAbsolute(directory ?? path)) return absolute;
  const folder = dirname(resolve(file));
  if (directory === undefined) return asFile(relative(folder, absolute));
  // From the manifest's folder to itself the way is empty.
  const way = relative(folder, resolve(directory)) || ".";
  return absolute.replace(resolve(directory), () => way);
}

/** A file whose name begins like an image sequence is reached by way of its folder. */
function asFile(path: string): string {
  return path.startsWith("images:") ? `./${path}` : path;
}
