import { checkFrames } from "./feature-extractor.js";

/** Options of {@link createFrameDifferences}. */
export interface DifferenceOptions {
  /** How many frames lie between the two that are compared, the later one counted. Default 1. */
  readonly gap?: number;
  /** What a difference of brightness is multiplied by. Default 2. */
  readonly gain?: number;
}

/** Compares the frames of one video, in their order. */
export interface FrameDifferences {
  /**
   * What has changed up to each of these frames, as a picture that a CNN takes: 128 + gain · (frame - the one `gap`
   * before), rounded, within 0 and 255. The first `gap` frames of all have none.
   *
   * @param frames uint8, row-major [n, frameSize]
   * @param n number of frames, at least 1
   * @returns uint8, row-major [m, frameSize], m the number of frames that have one before them
   * @throws RangeError where the length of `frames` is not n · frameSize
   */
  push(frames: Uint8Array, n: number): Uint8Array;
}

/** The level that says "no change". */
const unchanged = 128;

/** Most frames that are kept to be compared with: 38 MB at 224 by 224. */
const largestGap = 256;

/**
 * Opens the comparison of frames for one video.
 *
 * @param frameSize bytes of a frame
 * @throws RangeError for a gap that is not a whole number from 1 to 256, or a gain that is not above 0
 */
export function createFrameDifferences(
  frameSize: number,
  { gap = 1, gain = 2 }: DifferenceOptions = {},
): FrameDifferences {
  if (!(Number.isInteger(gap) && gap >= 1 && gap <= largestGap)) {
    throw new RangeError(`gap must be a whole number from 1 to ${largestGap}; it is ${gap}.`);
  }
  if (!(gain > 0 && Number.isFinite(gain))) {
    throw new RangeError(`gain must be a number above 0; it is ${gain}.`);
  }
  // Every difference there is, from -255 to 255.
  const levels = Uint8ClampedArray.from(
    { length: 511 },
    (_, index) => unchanged + gain * (index - 255),
  );
  /** The last `gap` frames, the oldest first. */
  let held: Uint8Array[] = [];
  return {
    push(frames, n) {
      checkFrames(frames, n, frameSize);
      const earlier = [
        ...held,
        ...Array.from({ length: n }, (_, i) => frames.subarray(i * frameSize, (i + 1) * frameSize)),
      ];
      const differences = new Uint8Array(Math.max(earlier.length - gap, 0) * frameSize);
      for (let i = 0; i + gap < earlier.length; i++) {
        const before = earlier[i]!;
        const after = earlier[i + gap]!;
        const at = i * frameSize;
        for (let k = 0; k < frameSize; k++) {
          differences[at + k] = levels[after[k]! - before[k]! + 255]!;
        }
      }
      // Copies, as the caller may fill the batch anew.
      held = earlier.slice(-gap).map((frame) => frame.slice());
      return differences;
    },
  };
}
