/** The level that says "no change". */
const unchanged = 128;

/** Makes pictures of what has changed between frames, for a CNN to see. */
export interface DifferencePictures {
  /**
   * 128 + gain · (later - earlier), rounded, within 0 and 255.
   *
   * @param earlier uint8, of any shape
   * @param later uint8, of the same length
   * @returns uint8, of the same shape
   * @throws RangeError where the lengths differ
   */
  between(earlier: Uint8Array, later: Uint8Array): Uint8Array;
}

/**
 * Signed differences as pictures, as the motion stream of Wang et al. 2016 ("RGB difference") sees them.
 *
 * @param gain what a difference of brightness is multiplied by
 * @throws RangeError for a gain that is not above 0
 */
export function createDifferencePictures(gain: number): DifferencePictures {
  if (!(gain > 0 && Number.isFinite(gain))) {
    throw new RangeError(`gain must be a number above 0; it is ${gain}.`);
  }
  // Every difference there is, from -255 to 255.
  const levels = Uint8ClampedArray.from(
    { length: 511 },
    (_, index) => unchanged + gain * (index - 255),
  );
  return {
    between(earlier, later) {
      const { length } = later;
      if (earlier.length !== length) {
        throw new RangeError(
          `The frames must be of one size; they hold ${earlier.length} and ${length} bytes.`,
        );
      }
      const differences = new Uint8Array(length);
      for (let i = 0; i < length; i++) differences[i] = levels[later[i]! - earlier[i]! + 255]!;
      return differences;
    },
  };
}
