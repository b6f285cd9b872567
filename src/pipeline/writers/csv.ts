import { stringify } from "csv-stringify/sync";
import type { LabelResult } from "../label-result.js";

const columns = [
  "path",
  "label",
  "confidence",
  "duration",
  "frames",
  "truncated",
  "error_code",
  "error_message",
] as const;

/** The first line: the names of the columns. */
export const csvHeader = row(columns);

/** A result as a row (RFC 4180). */
export function toCsv(result: LabelResult): string {
  if ("error" in result) {
    return row([result.path, "", "", "", "", "", result.error.code, result.error.message]);
  }
  const { path, label, confidence, duration, frames, truncated } = result;
  return row([path, label, confidence, duration, frames, truncated ? "true" : "", "", ""]);
}

function row(values: readonly (string | number)[]): string {
  return stringify([values], { record_delimiter: "\r\n" });
}
