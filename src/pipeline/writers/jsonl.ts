import type { LabelResult } from "../label-result.js";

/** A result as a line of JSON. */
export function toJsonLine(result: LabelResult): string {
  return `${JSON.stringify(result)}\n`;
}
