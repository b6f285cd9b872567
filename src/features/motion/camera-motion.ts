/** Parts of a pixel that the median is told to. */
const partsOfPixel = 32;

/** Pixels on each side of nothing that are told apart. */
const reach = 16;

/**
 * The median of one component of a flow, to 1/32 of a pixel: how the camera moved, where most of the picture is
 * background.
 *
 * @param plane pixels, float32
 */
export function medianOfFlow(plane: Float32Array): number {
  const middle = reach * partsOfPixel;
  const last = 2 * middle;
  const counts = new Uint32Array(last + 1);
  for (let i = 0; i < plane.length; i++) {
    const bin = Math.round(plane[i]! * partsOfPixel) + middle;
    counts[Math.max(0, Math.min(bin, last))]! += 1;
  }
  let seen = 0;
  let bin = 0;
  while (2 * (seen += counts[bin]!) < plane.length) bin += 1;
  return (bin - middle) / partsOfPixel;
}
