import type { HeadSelection } from "../choose-head.js";
import { toldStreams } from "../head-candidates.js";
import type { ModelRecord } from "../model-record.js";
import { percent, table } from "./page.js";

/** What a head and its streams were chosen from, as a part of a page. Empty where nothing was chosen. */
export function selectionTable({ training: { selection } }: Pick<ModelRecord, "training">): string {
  if (!selection) return "";
  const { folds, n } = selection;
  return `<h2>What it was chosen from</h2>
<p>Each candidate was judged on ${n} training and validation clips in ${folds} folds of whole groups, each fold by what had learned from the others. The one with the lowest log loss was taken.</p>
${table(selectionColumns, selectionRows(selection, percent))}`;
}

/** What the columns of {@link selectionRows} are called. */
export const selectionColumns = ["head", "streams", "accuracy", "log loss", ""] as const;

/**
 * The candidates as rows of a table.
 *
 * @param told how the place where the table stands writes a fraction
 */
export function selectionRows(
  { candidates, chosen }: HeadSelection,
  told: (fraction: number) => string,
): string[][] {
  return candidates.map(({ accuracy, logLoss, ...candidate }, index) => [
    candidate.head,
    toldStreams(candidate),
    told(accuracy),
    logLoss.toFixed(3),
    index === chosen ? "taken" : "",
  ]);
}
