import type { Plane } from "./flow-kernels.js";

/** A grey picture at one size, and its slopes. All planes are float32, row-major [height, width]. */
export interface PyramidLevel {
  readonly width: number;
  readonly height: number;
  /** Brightness, 0-255, smoothed. */
  readonly brightness: Plane;
  /** How much brighter it gets a pixel to the right: central differences, half of one at the edge. */
  readonly slopeX: Plane;
  /** How much brighter it gets a pixel down. */
  readonly slopeY: Plane;
}

/** Sizes of the levels, the finest first: each half of the one before. */
export function levelSizes(
  width: number,
  height: number,
  levels: number,
): readonly { readonly width: number; readonly height: number }[] {
  return Array.from({ length: levels }, (_, level) => ({
    width: width >> level,
    height: height >> level,
  }));
}

/** Planes of a level of a pyramid. */
export const pyramidPlanes = 3;

/** Makes room for a pyramid, the finest level first. */
export function createPyramid(
  width: number,
  height: number,
  levels: number,
  plane: (length: number) => Plane,
): PyramidLevel[] {
  return levelSizes(width, height, levels).map((size) => ({
    ...size,
    brightness: plane(size.width * size.height),
    slopeX: plane(size.width * size.height),
    slopeY: plane(size.width * size.height),
  }));
}

/**
 * Fills a pyramid from a picture: the finest level is smoothed with 1-2-1 both ways, as slopes of single pixels are
 * mostly noise; each further one holds the means of two by two pixels of the one before.
 *
 * @param grey uint8, row-major [height, width] of the finest level
 */
export function fillPyramid(pyramid: readonly PyramidLevel[], grey: Uint8Array): void {
  const [finest] = pyramid;
  if (!finest) return;
  smoothPicture(grey, finest.brightness, finest.width, finest.height);
  for (const [index, level] of pyramid.entries()) {
    const finer = pyramid[index - 1];
    if (finer) halve(finer, level);
    slopes(level);
  }
}

function smoothPicture(grey: Uint8Array, out: Float32Array, width: number, height: number): void {
  const row = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    const above = Math.max(y - 1, 0) * width;
    const here = y * width;
    const below = Math.min(y + 1, height - 1) * width;
    for (let x = 0; x < width; x++) {
      row[x] = grey[above + x]! + 2 * grey[here + x]! + grey[below + x]!;
    }
    out[here] = (3 * row[0]! + row[1]!) / 16;
    for (let x = 1; x < width - 1; x++) {
      out[here + x] = (row[x - 1]! + 2 * row[x]! + row[x + 1]!) / 16;
    }
    out[here + width - 1] = (row[width - 2]! + 3 * row[width - 1]!) / 16;
  }
}

function halve(from: PyramidLevel, to: PyramidLevel): void {
  for (let y = 0; y < to.height; y++) {
    const upper = 2 * y * from.width;
    const lower = upper + from.width;
    for (let x = 0; x < to.width; x++) {
      to.brightness[y * to.width + x] =
        (from.brightness[upper + 2 * x]! +
          from.brightness[upper + 2 * x + 1]! +
          from.brightness[lower + 2 * x]! +
          from.brightness[lower + 2 * x + 1]!) /
        4;
    }
  }
}

function slopes({ brightness, slopeX, slopeY, width, height }: PyramidLevel): void {
  for (let y = 0; y < height; y++) {
    const above = Math.max(y - 1, 0) * width;
    const here = y * width;
    const below = Math.min(y + 1, height - 1) * width;
    for (let x = 0; x < width; x++) {
      slopeY[here + x] = (brightness[below + x]! - brightness[above + x]!) / 2;
    }
    slopeX[here] = (brightness[here + 1]! - brightness[here]!) / 2;
    for (let x = 1; x < width - 1; x++) {
      slopeX[here + x] = (brightness[here + x + 1]! - brightness[here + x - 1]!) / 2;
    }
    slopeX[here + width - 1] = (brightness[here + width - 1]! - brightness[here + width - 2]!) / 2;
  }
}
