import { stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { parse } from "csv-parse/sync";
import { readBoundedFile } from "../src/core/bounded-file.js";
import { MuybridgeError, messageOf } from "../src/core/errors.js";
import { parseStrictJson } from "../src/core/strict-json.js";
import { placeOnDisk, resolveVideoPath } from "../src/frames/image-sequence.js";
import { spanFragment } from "../src/frames/span.js";
import { tellMissing } from "./adapter.js";
import {
  createDataset,
  type Dataset,
  type DatasetItem,
  groupInName,
  splitNamed,
} from "./dataset.js";

/** Options of {@link openManifest}. */
export interface ManifestOptions {
  /** Names of this manifest's columns for path, label, group, split, start and end, where they are others. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** Extensions of files that are manifests. */
export const manifestExtensions: ReadonlySet<string> = new Set([".csv", ".tsv", ".jsonl"]);

/** Largest manifest that is read, in bytes: a million rows. A text of twice the size is the longest that can be. */
export const maxManifestSize = 2 ** 28;

/** Most rows: three times as many as the largest data sets of actions have clips. */
export const maxRows = 2_000_000;

/** Longest path, label or group, in characters; paths end at 4096 bytes nearly everywhere. */
const maxTextLength = 8192;

/** The columns that are read. Others are ignored. */
const knownColumns = ["path", "label", "group", "split", "start", "end"] as const;

/**
 * A table of videos: CSV (RFC 4180), TSV, or JSON lines, with the columns `path` and `label` and optionally
 * `group`, `split` (train, validation or val, test), `start` and `end` (seconds; a row is then a part of its video,
 * which may have several). Paths are absolute or relative to its folder, the directory of `images:DIR` as well.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND; ERR_DATASET_INVALID naming the row and the column.
 */
export async function openManifest(path: string, options: ManifestOptions = {}): Promise<Dataset> {
  const text = await readManifest(path);
  const columns = checkColumns(options.columns ?? {});
  const rows =
    extname(path).toLowerCase() === ".jsonl"
      ? parseJsonLines(path, text)
      : parseTable(path, text, columns);
  const items = rows.map((row, index) => itemOf(path, row, index, columns));
  const files = new Set(items.map((item) => placeOnDisk(item.path)));
  const absent = new Set<string>();
  for (const file of files) {
    if (!(await stat(file).catch(() => undefined))) absent.add(file);
  }
  const missing = items.filter((item) => absent.has(placeOnDisk(item.path)));
  const { warnings, details } = tellMissing(
    missing.map(({ name }) => name),
    items.length,
  );
  return createDataset(path, items, warnings, details);
}

type Row = Readonly<Record<string, unknown>>;

async function readManifest(path: string): Promise<string> {
  try {
    const bytes = await readBoundedFile(path, maxManifestSize, (why) => invalid(path, `it ${why}`));
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof MuybridgeError) throw error;
    throw new MuybridgeError(
      "ERR_FILE_NOT_FOUND",
      `The manifest ${path} cannot be read: ${messageOf(error)}`,
      { path, cause: error },
    );
  }
}

function parseTable(path: string, text: string, columns: Readonly<Record<string, string>>): Row[] {
  const isTsv = extname(path).toLowerCase() === ".tsv";
  let rows: Row[];
  try {
    rows = parse(text, {
      columns: (names: string[]) => checkHeader(path, names, columns),
      bom: true,
      skip_empty_lines: true,
      delimiter: isTsv ? "\t" : ",",
      // A tab-separated file quotes nothing.
      quote: isTsv ? null : '"',
      to: maxRows + 1,
    }) as Row[];
  } catch (error) {
    if (error instanceof MuybridgeError) throw error;
    throw invalid(path, messageOf(error), error);
  }
  if (rows.length > maxRows) throw tooManyRows(path);
  return rows;
}

/** Of two columns of one name that is read, the second would be taken, whatever was meant. */
function checkHeader(
  path: string,
  names: string[],
  columns: Readonly<Record<string, string>>,
): string[] {
  const read = knownColumns.map((name) => columns[name] ?? name);
  const twice = read.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice === undefined) return names;
  throw invalid(path, `its header has the column "${shown(twice)}" twice`);
}

function parseJsonLines(path: string, text: string): Row[] {
  const rows: Row[] = [];
  let number = 0;
  // One after the other, since to split a text of nothing but line breaks takes gigabytes.
  for (let start = 0; start < text.length; number++) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? text.length : end).replace(/^\uFEFF/, "");
    start = end < 0 ? text.length : end + 1;
    if (line.trim() === "") continue;
    if (rows.length === maxRows) throw tooManyRows(path);
    rows.push(parseLine(path, line, number + 1));
  }
  return rows;
}

function parseLine(path: string, line: string, number: number): Row {
  let row: unknown;
  try {
    row = parseStrictJson(line);
  } catch (error) {
    throw invalid(path, `line ${number} is not JSON (${messageOf(error)})`, error);
  }
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row as Row;
  throw invalid(path, `line ${number} is not an object`);
}

function tooManyRows(path: string): MuybridgeError {
  return invalid(path, `it has more than ${maxRows} rows`);
}

/** A text of the file as an error shows it. */
function shown(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function itemOf(
  path: string,
  row: Row,
  index: number,
  columns: Readonly<Record<string, string>>,
): DatasetItem {
  const where = `row ${index + 1}`;
  const read = (name: string): string | undefined => {
    const column = columns[name] ?? name;
    if (!Object.hasOwn(row, column)) return undefined;
    const value = row[column];
    if (value === null || value === undefined || value === "") return undefined;
    if (typeof value !== "string" && typeof value !== "number") {
      throw invalid(path, `${where} has no text in the column "${column}"`);
    }
    const text = String(value);
    if (text.length <= maxTextLength) return text;
    throw invalid(
      path,
      `${where} has ${text.length} characters in the column "${column}"; ${maxTextLength} at most`,
    );
  };
  const seconds = (column: "start" | "end"): number | undefined => {
    const text = read(column)?.trim();
    if (text === undefined || text === "") return undefined;
    const value = Number(text);
    if (value >= 0 && Number.isFinite(value)) return value;
    throw invalid(
      path,
      `${where} has "${text}" in the column "${columns[column] ?? column}"; it must be seconds from the video's start`,
    );
  };
  const [start, end] = [seconds("start"), seconds("end")];
  if (end !== undefined && end <= (start ?? 0)) {
    throw invalid(
      path,
      `${where} ends at ${end} s, which is not after its start at ${start ?? 0} s`,
    );
  }
  const span = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
  const name = read("path");
  const label = read("label");
  if (name === undefined)
    throw invalid(path, `${where} has nothing in the column "${columns.path ?? "path"}"`);
  if (label === undefined)
    throw invalid(path, `${where} has nothing in the column "${columns.label ?? "label"}"`);
  const splitText = read("split");
  const split = splitText === undefined ? undefined : splitNamed(splitText);
  if (splitText !== undefined && split === undefined) {
    throw invalid(
      path,
      `${where} has the split "${shown(splitText)}"; it must be train, validation (val) or test`,
    );
  }
  const group = read("group") ?? groupInName(name, label);
  return {
    path: videoPath(path, name, where),
    name: `${name}${spanFragment(span)}`,
    label,
    ...(start === undefined && end === undefined ? {} : { span }),
    ...(group === undefined ? {} : { group }),
    ...(split === undefined ? {} : { split }),
  };
}

function videoPath(path: string, name: string, where: string): string {
  try {
    return resolveVideoPath(dirname(path), name);
  } catch (error) {
    throw invalid(path, `${where} has a path that is none (${messageOf(error)})`, error);
  }
}

function checkColumns(columns: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const unknown = Object.keys(columns).find(
    (name) => !knownColumns.some((known) => known === name),
  );
  if (unknown === undefined) return columns;
  throw new MuybridgeError(
    "ERR_USAGE",
    `There is no column "${unknown}" to rename; there are ${knownColumns.join(", ")}.`,
    { parameter: "columns" },
  );
}

function invalid(path: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError("ERR_DATASET_INVALID", `The manifest ${path} cannot be used: ${why}.`, {
    path,
    cause,
  });
}
