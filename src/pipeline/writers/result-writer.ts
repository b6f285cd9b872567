import type { LabelResult } from "../label-result.js";

/** Names of the formats. */
export const resultFormatNames = ["jsonl", "csv", "vtt", "labelstudio"] as const;

/** Name of a format. */
export type ResultFormatName = (typeof resultFormatNames)[number];

/** Writes results as they come, in their order. */
export interface ResultWriter {
  /** Results of an earlier run that are kept, as far as they are known: a format with a file a video meets them one by one. */
  readonly kept: { readonly labelled: number; readonly failed: number };
  /**
   * Whether a path still wants a result: false where an earlier run wrote it. To be asked once for each input, in
   * their order, before its result is written.
   */
  wants(path: string): Promise<boolean>;
  /** Resolves when the result is handed on; each is handed on whole. */
  write(result: LabelResult): Promise<void>;
  close(): Promise<void>;
}

/** What made results. Those of another model or of other settings are not mixed with them. */
export interface ResultOrigin {
  /** Digest of the model. */
  readonly model: string;
  /** Digest of the model and the settings. */
  readonly options: string;
}

/** Options of `openResultWriter`. */
export interface ResultWriterOptions {
  /** Go on with what an earlier run wrote, if it is of this origin. */
  readonly resume?: ResultOrigin;
  /** Paths of all inputs, for a format that writes a file a video. */
  readonly paths?: readonly string[];
  /** What the file of each of them is called, without extension. */
  readonly nameOutputs?: (paths: readonly string[]) => readonly string[];
}
