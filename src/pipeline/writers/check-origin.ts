import type { WrittenRecord } from "./record-format.js";
import type { ResultOrigin } from "./result-writer.js";
import { outError } from "./unwritable.js";

/**
 * Makes sure that a result that is to be kept was made by the same model with the same settings.
 *
 * @throws MuybridgeError ERR_USAGE naming what differs.
 */
export function checkOrigin(place: string, record: WrittenRecord, origin: ResultOrigin): void {
  if (record.failed) return;
  if (record.model !== origin.model) {
    throw outError(
      `${place} was made by another model (${shortly(record.model)}; this one is ${shortly(origin.model)}). Resume with that model, or write to another place.`,
    );
  }
  if (record.options !== origin.options) {
    throw outError(
      `${place} was made with other options (${record.options ?? "not told"}; those of now are ${origin.options}). Resume with the options of then (such as --top, --threshold, --strict), or write to another place.`,
    );
  }
}

function shortly(digest: string | undefined): string {
  return (digest ?? "unknown").slice(0, 16);
}
