import type { DatasetItem } from "./dataset.js";

/** Something that a user should know before training. An error would make the result worthless. */
export interface DatasetFinding {
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** What is looked at in a file. */
export interface ProbedItem {
  /** Seconds. */
  readonly duration: number;
  /** Values of a vector, of a sequence. */
  readonly dimension?: number;
}

/** A clip whose file could be read. */
export interface SeenItem extends DatasetItem, ProbedItem {
  /** SHA-256 of the file's content. */
  readonly content: string;
}

/** Names that a finding lists; a long video may have hundreds of parts. */
const listedNames = 8;

/** Names of clips, as a finding lists them. */
export function listed(items: readonly SeenItem[]): string {
  const names = items.slice(0, listedNames).map(({ name }) => name);
  const more = items.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
