import { spansOverlap } from "../src/frames/span.js";
import { type DatasetFinding, listed, type SeenItem } from "./findings.js";
import { groupBy } from "./group-items.js";

/**
 * Parts of one video that are in different parts of the data set, or that overlap under different labels. Where all of
 * them have groups, the groups say what belongs together, but what overlaps is seen on both sides in any case.
 */
export function dividedVideos(seen: readonly SeenItem[]): DatasetFinding[] {
  return [...groupBy(seen, ({ content }) => content).values()].flatMap((own): DatasetFinding[] => {
    const findings: DatasetFinding[] = [];
    if (!own.some(({ span }) => span)) return findings;
    const leaks = own.filter((item) =>
      own.some(
        (other) =>
          other.split !== item.split &&
          (item.group === undefined || other.group === undefined || overlap(item, other)),
      ),
    );
    if (leaks.length > 0) {
      findings.push({
        severity: "error",
        message: `one video in different parts: ${listed(leaks)}`,
      });
    }
    const mixed = own.filter((item) =>
      own.some((other) => other.label !== item.label && overlap(item, other)),
    );
    if (mixed.length > 0) {
      findings.push({
        severity: "warning",
        message: `parts of one video that overlap have different labels: ${listed(mixed)}`,
      });
    }
    return findings;
  });
}

/** Whether two parts of a video overlap; the same part twice is a duplicate, and told as such. */
function overlap({ span: a }: SeenItem, { span: b }: SeenItem): boolean {
  const isSame = (a?.start ?? 0) === (b?.start ?? 0) && a?.end === b?.end;
  return !isSame && spansOverlap(a, b);
}
