/** A frame on screen. Times in seconds from the clip's first frame. */
export interface ShownFrame {
  readonly time: number;
  /** The next frame's time; where this is the last frame, the time it ends. */
  readonly until: number;
  /** Whether it is a keyframe. */
  readonly key: boolean;
  /** Whether this is the last frame. */
  readonly last: boolean;
}

/** Says, frame by frame, how often the frame on screen is taken. */
export interface FrameSelector {
  /** How many times it is taken: 0 for most. */
  take(frame: ShownFrame): number;
  /** Whether no later frame will be taken. */
  done(): boolean;
}

/** Seconds by which times may differ that are meant to be the same: they are rounded to the container's clock. */
export const grace = 5e-7;

/** Times one frame may be repeated by an `fps` plan, so that a gap of 10^9 s in the time stamps has an end. */
export const maxRepeats = 10_000;
