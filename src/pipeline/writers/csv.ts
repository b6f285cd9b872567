import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import type { LabelResult } from "../label-result.js";
import type { RecordFormat, WrittenRecord } from "./record-format.js";

const columns = [
  "path",
  "label",
  "confidence",
  "duration",
  "frames",
  "truncated",
  "error_code",
  "error_message",
  "model",
  "options",
] as const;

/** CSV (RFC 4180): a header, and a result a row. */
export const csvFormat: RecordFormat = {
  opening: row(columns),
  closing: "",
  before: () => "",
  record: toCsv,
  quote: '"'.charCodeAt(0),
  // A number without its last digits is a number, so that a row without its line break is not known to be complete.
  read: (line, ended) => (ended ? readRow(line) : undefined),
  mayBegin: () => true,
};

/** A result as a row. */
export function toCsv(result: LabelResult): string {
  if ("error" in result) {
    return row([result.path, "", "", "", "", "", result.error.code, result.error.message, "", ""]);
  }
  const { path, label, confidence, duration, frames, truncated, model, options } = result;
  const mark = truncated ? "true" : "";
  return row([path, label, confidence, duration, frames, mark, "", "", model, options]);
}

function row(values: readonly (string | number)[]): string {
  return stringify([values], {
    record_delimiter: "\r\n",
    // RFC 4180 quotes either line break; csv-stringify only its own delimiter.
    quoted_match: /[\r\n]/,
  });
}

function readRow(line: string): WrittenRecord | "frame" | undefined {
  let cells: string[] | undefined;
  try {
    cells = parse(line, { record_delimiter: "\r\n" })[0];
  } catch {
    return undefined;
  }
  if (cells?.length !== columns.length) return undefined;
  if (cells.every((cell, i) => cell === columns[i])) return "frame";
  const [path, label, , , , , code, , model, options] = cells as [string, ...string[]];
  if (code) return { path, failed: true };
  return label && model && options ? { path, failed: false, model, options } : undefined;
}
