/** Ways to keep sampled frames: to the bit, or in a fifth of the bytes, hardly to be told apart by eye. */
export const frameEncodings = ["lossless", "webp"] as const;

/** How sampled frames are kept. */
export type FrameEncoding = (typeof frameEncodings)[number];

/**
 * What of an encoding decides the features. Lossless frames give the same features as those that were never kept;
 * the others do not, nor would those of another version.
 */
export function encodingKey(encoding: FrameEncoding | undefined): string | undefined {
  return encoding === "webp" ? "webp:v1" : undefined;
}
