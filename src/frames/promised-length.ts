/** Part of the promised frames or time that may be missing from a whole file: headers round, and count what is not shown. */
const slack = 0.05;

/** Frames that may be missing on top of that: B-frames at the end, an edit list. */
const slackFrames = 3;

/** Seconds that may be missing on top of that. */
const slackSeconds = 0.5;

/** Whether less was found in a file than its header promises (0: it promises nothing). */
export function fallsShort(
  found: { readonly frames: number; readonly seconds: number },
  header: { readonly promisedFrames: number; readonly promisedSeconds: number },
): boolean {
  const { promisedFrames, promisedSeconds } = header;
  const missingFrames = promisedFrames - found.frames;
  const missingSeconds = promisedSeconds - found.seconds;
  return (
    (promisedFrames > 0 && missingFrames > slack * promisedFrames + slackFrames) ||
    (promisedSeconds > 0 && missingSeconds > slack * promisedSeconds + slackSeconds)
  );
}
