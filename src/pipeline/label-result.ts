/** A class and how likely it is. */
export interface RankedLabel {
  readonly label: string;
  /** In [0, 1], six decimals. */
  readonly confidence: number;
}

/** A part of a video and its label; seconds. */
export interface Segment extends RankedLabel {
  readonly start: number;
  readonly end: number;
}

/** A video's label. */
export interface LabelledVideo extends RankedLabel {
  /** As it was given. */
  readonly path: string;
  /** The most likely classes, the most likely one first. */
  readonly top: readonly RankedLabel[];
  /** In order of time, from 0 to the end, without gaps; neighbours differ in their label. */
  readonly segments: readonly Segment[];
  /** There where it was asked for. */
  readonly track?: LabelTrack;
  /** Seconds. */
  readonly duration: number;
  /** Frames that were looked at. */
  readonly frames: number;
  /** There where the file ends early or holds damaged data. */
  readonly truncated?: true;
  /** Digest of the model. */
  readonly model: string;
  /** Digest of the model and the settings: equal where results may stand in one file. */
  readonly options: string;
  /** The stages of which nothing was computed in this run. */
  readonly cached: {
    readonly frames: boolean;
    readonly features: boolean;
    readonly predictions: boolean;
  };
  readonly elapsedMs: number;
}

/** Probabilities over the time of a video. */
export interface LabelTrack {
  /** In the order of the probabilities. */
  readonly classes: readonly string[];
  /** Seconds at which each row begins; it holds until the next one, the last until the end. */
  readonly times: readonly number[];
  /** A row each, of one probability a class, six decimals. */
  readonly probabilities: readonly (readonly number[])[];
}

/** A video that could not be labelled. */
export interface FailedLabel {
  readonly path: string;
  readonly error: { readonly code: string; readonly message: string };
}

/** One line of the output. */
export type LabelResult = LabelledVideo | FailedLabel;
