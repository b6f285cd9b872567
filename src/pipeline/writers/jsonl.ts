import type { LabelResult } from "../label-result.js";
import { parseObject } from "./parse-object.js";
import { agreeAsFarAsTheyGo, type RecordFormat, type WrittenRecord } from "./record-format.js";

/** JSON lines: a result a line. */
export const jsonlFormat: RecordFormat = {
  opening: "",
  closing: "",
  before: () => "",
  record: toJsonLine,
  // An object without its last brace is none, so that one without its line break is complete.
  read: (line) => readResult(parseObject(line)),
  mayBegin: (line) => agreeAsFarAsTheyGo(line, '{"path":'),
};

/** A result as a line of JSON. */
export function toJsonLine(result: LabelResult): string {
  return `${JSON.stringify(result)}\n`;
}

function readResult(result: Record<string, unknown> | undefined): WrittenRecord | undefined {
  const { path, label, error, model, options } = result ?? {};
  if (typeof path !== "string") return undefined;
  if (typeof error === "object" && error !== null) return { path, failed: true };
  if (typeof label !== "string" || typeof model !== "string") return undefined;
  return { path, failed: false, model, ...(typeof options === "string" ? { options } : {}) };
}
