import type { LabelResult } from "../label-result.js";

/** What a record that was written says of itself. */
export interface WrittenRecord {
  readonly path: string;
  readonly failed: boolean;
  /** Digest of the model; absent of a failed one. */
  readonly model?: string;
  /** Digest of the model and the settings; absent of a failed one. */
  readonly options?: string;
}

/**
 * A format in which one file holds all results, each as a record of its own. A file is the opening, the records with
 * what stands before each of them, and the closing.
 */
export interface RecordFormat {
  readonly opening: string;
  readonly closing: string;
  /** What stands before a record, on its line. */
  readonly before: (first: boolean) => string;
  /** A result; ends in a line break. */
  readonly record: (result: LabelResult) => string;
  /** The byte between whose pairs a line break is part of a record. */
  readonly quote?: number;
  /**
   * What a line of a file is, without its line break: a record; nothing (`"frame"`: part of the opening or the
   * closing); or undefined, where it is neither.
   *
   * @param ended whether its line break is there
   */
  readonly read: (line: string, ended: boolean) => WrittenRecord | "frame" | undefined;
  /** Whether a line may be the beginning of a record that was cut off. */
  readonly mayBegin: (line: string) => boolean;
}

/** Whether one of two texts begins with the other. */
export function agreeAsFarAsTheyGo(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
