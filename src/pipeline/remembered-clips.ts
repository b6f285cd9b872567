import type { Split } from "../../datasets/dataset.js";
import type { Span } from "../frames/decoder.js";
import type { IdentifiedItem } from "./identify-items.js";
import type { ModelRecord } from "./model-record.js";

/** What a model remembers of a clip: enough to find its features again, not where its file is. */
export interface RememberedClip
  extends Pick<IdentifiedItem, "digest" | "content" | "label" | "span" | "group"> {
  readonly side: Split;
}

/** The clips of a model, in the order of its record. */
export function rememberedClips({
  clips,
  splits,
}: Pick<ModelRecord, "clips" | "splits">): RememberedClip[] {
  return Object.entries(clips).map(([digest, { label, group, content, start, end }]) => ({
    digest,
    content: content ?? digest,
    label,
    side: splits[digest]!,
    ...(group === undefined ? {} : { group }),
    ...(start === undefined && end === undefined ? {} : { span: spanOf(start, end) }),
  }));
}

/** Clips as a model's record has them. */
export function clipsByDigest(
  items: readonly Pick<IdentifiedItem, "digest" | "content" | "label" | "span" | "group">[],
): ModelRecord["clips"] {
  return Object.fromEntries(
    items.map(({ digest, content, label, span, group }) => [
      digest,
      {
        label,
        ...(group === undefined ? {} : { group }),
        ...(span === undefined ? {} : { content, ...span }),
      },
    ]),
  );
}

function spanOf(start: number | undefined, end: number | undefined): Span {
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}
