/** Part of the promised frames or time that may be missing from a whole file: headers round, and count what is not shown. */
const slack = 0.05;

/** Frames that may be missing on top of that: B-frames at the end, an edit list. */
const slackFrames = 3;

/** Seconds that may be missing on top of that. */
const slackSeconds = 0.5;

/** What a file's header promises; 0 where it promises nothing. */
export interface PromisedLength {
  /** Of the video stream. */
  readonly frames: number;
  /** Of the video stream. */
  readonly videoSeconds: number;
  /** Of all streams. */
  readonly seconds: number;
}

/** Whether less was found in a file than its header promises. */
export function fallsShort(found: PromisedLength, promised: PromisedLength): boolean {
  const missingFrames = promised.frames - found.frames;
  const missingSeconds = promised.seconds - found.seconds;
  // An AVI counts frames that are empty, so that the one before stays on screen: then no time is missing.
  const missingTime = promised.videoSeconds - found.videoSeconds;
  const timeOfFrames = (promised.videoSeconds * missingFrames) / promised.frames;
  const areEmpty = promised.videoSeconds > 0 && missingTime < timeOfFrames / 2;
  return (
    (promised.frames > 0 && missingFrames > slack * promised.frames + slackFrames && !areEmpty) ||
    (promised.seconds > 0 && missingSeconds > slack * promised.seconds + slackSeconds)
  );
}
