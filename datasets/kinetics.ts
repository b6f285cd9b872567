import { basename, dirname, extname, relative, resolve, sep } from "node:path";
import { parse } from "csv-parse/sync";
import { readBoundedFile } from "../src/core/bounded-file.js";
import { MuybridgeError, messageOf } from "../src/core/errors.js";
import type { Span } from "../src/frames/decoder.js";
import { spanFragment } from "../src/frames/span.js";
import { listVideoFiles } from "../src/frames/video-files.js";
import { type AdapterOptions, type DatasetAdapter, tellMissing } from "./adapter.js";
import { createDataset, type Dataset, type DatasetItem, splitNamed } from "./dataset.js";
import { maxManifestSize, maxRows } from "./manifest.js";

/**
 * Kinetics (Kay et al. 2017): a CSV of label, youtube_id, time_start, time_end and split. Its videos are looked for
 * at any depth below its folder or the directory of `videos`: `ID_000010_000020.mp4`, which is the clip alone, or
 * `ID.mp4`, of which the clip is a span. Those that are not there, which no longer are on YouTube for many, are told
 * and left out.
 */
export const kinetics: DatasetAdapter = {
  prefix: "kinetics",
  place: "file",
  options: ["videos"],
  open: openKinetics,
};

type Row = Readonly<Record<string, string>>;

async function openKinetics(path: string, { videos }: AdapterOptions): Promise<Dataset> {
  const rows = await readRows(path);
  const root = resolve(videos ?? dirname(path));
  const byStem = new Map<string, string>();
  for (const file of await listVideoFiles(root)) {
    const stem = basename(file, extname(file));
    if (!byStem.has(stem)) byStem.set(stem, file);
  }
  const items: DatasetItem[] = [];
  const missing: string[] = [];
  for (const [index, row] of rows.entries()) {
    const { label, id, span, split } = readRow(path, row, index);
    const clip = `${id}_${sixDigits(span.start)}_${sixDigits(span.end)}`;
    const trimmed = byStem.get(clip);
    const file = trimmed ?? byStem.get(id);
    if (file === undefined) {
      missing.push(clip);
      continue;
    }
    const name = relative(root, file).split(sep).join("/");
    items.push({
      path: file,
      name: trimmed === undefined ? `${name}${spanFragment(span)}` : name,
      label,
      // Clips of one upload show one scene.
      group: id,
      ...(trimmed === undefined ? { span } : {}),
      ...(split === undefined ? {} : { split }),
    });
  }
  const { warnings, details } = tellMissing(missing, rows.length);
  if (items.length === 0 && missing.length > 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `None of the ${rows.length} videos that ${path} names is below ${root}, the first: ${missing[0]}. Name their folder with --videos.`,
      { path },
    );
  }
  return createDataset(`kinetics:${path}`, items, warnings, details);
}

async function readRows(path: string): Promise<Row[]> {
  const bytes = await readBoundedFile(path, maxManifestSize, (why) => invalid(path, `it ${why}`));
  let rows: Row[];
  try {
    rows = parse(bytes.toString("utf8"), {
      columns: true,
      bom: true,
      skip_empty_lines: true,
      to: maxRows + 1,
    }) as Row[];
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
  if (rows.length > maxRows) throw invalid(path, `it has more than ${maxRows} rows`);
  return rows;
}

function readRow(
  path: string,
  row: Row,
  index: number,
): { label: string; id: string; span: Required<Span>; split: ReturnType<typeof splitNamed> } {
  const where = `row ${index + 1}`;
  const read = (column: string): string => {
    const value = Object.hasOwn(row, column) ? row[column]!.trim() : "";
    if (value === "") throw invalid(path, `${where} has nothing in the column "${column}"`);
    return value;
  };
  const id = read("youtube_id");
  if (!/^[\w-]+$/.test(id)) throw invalid(path, `${where} has no YouTube id, but "${id}"`);
  const [start, end] = [Number(read("time_start")), Number(read("time_end"))];
  if (!(start >= 0 && end > start && end < 1e6)) {
    throw invalid(path, `${where} has no time span from time_start to time_end`);
  }
  const splitText = Object.hasOwn(row, "split") ? row.split!.trim() : "";
  const split = splitText === "" ? undefined : splitNamed(splitText);
  if (splitText !== "" && split === undefined) {
    throw invalid(
      path,
      `${where} has the split "${splitText}"; it must be train, validate or test`,
    );
  }
  return { label: read("label"), id, span: { start, end }, split };
}

/** A time as the names of trimmed clips have it: whole seconds, six digits. */
function sixDigits(seconds: number): string {
  return String(Math.trunc(seconds)).padStart(6, "0");
}

function invalid(path: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_DATASET_INVALID",
    `The Kinetics list ${path} cannot be used: ${why}.`,
    { path, cause },
  );
}
