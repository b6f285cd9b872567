import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { parse } from "csv-parse/sync";
import { MuybridgeError, messageOf } from "../src/core/errors.js";
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

/** Largest manifest that is read, in bytes: millions of rows. */
export const maxManifestSize = 1 << 30;

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
  const stats = await stat(path).catch(() => undefined);
  if (stats && stats.size > maxManifestSize)
    throw invalid(path, `it is larger than ${maxManifestSize} bytes`);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new MuybridgeError(
      "ERR_FILE_NOT_FOUND",
      `The manifest ${path} cannot be read: ${messageOf(error)}`,
      {
        path,
        cause: error,
      },
    );
  });
  const columns = checkColumns(options.columns ?? {});
  const rows =
    extname(path).toLowerCase() === ".jsonl" ? parseJsonLines(path, text) : parseTable(path, text);
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

function parseTable(path: string, text: string): Row[] {
  try {
    return parse(text, {
      columns: true,
      bom: true,
      skip_empty_lines: true,
      delimiter: extname(path).toLowerCase() === ".tsv" ? "\t" : ",",
      // A tab-separated file quotes nothing.
      quote: extname(path).toLowerCase() === ".tsv" ? null : '"',
    }) as Row[];
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
}

function parseJsonLines(path: string, text: string): Row[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      try {
        const row: unknown = JSON.parse(line);
        if (typeof row === "object" && row !== null && !Array.isArray(row)) return [row as Row];
      } catch (error) {
        throw invalid(path, `line ${index + 1} is not JSON (${messageOf(error)})`, error);
      }
      throw invalid(path, `line ${index + 1} is not an object`);
    });
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
    if (typeof value === "string" || typeof value === "number") return String(value);
    throw invalid(path, `${where} has no text in the column "${column}"`);
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
      `${where} has the split "${splitText}"; it must be train, validation (val) or test`,
    );
  }
  const group = read("group") ?? groupInName(name, label);
  return {
    path: resolveVideoPath(dirname(path), name),
    name: `${name}${spanFragment(span)}`,
    label,
    ...(start === undefined && end === undefined ? {} : { span }),
    ...(group === undefined ? {} : { group }),
    ...(split === undefined ? {} : { split }),
  };
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
