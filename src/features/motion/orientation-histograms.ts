import type { CellGrid } from "./cell-grid.js";
import type { Flow } from "./lucas-kanade.js";

/** Directions that vectors are told apart by: 45 degrees from one to the next, from the right by way of down. */
export const directions = 8;

/** Bins of a cell of the flow histogram: one for each direction, and one for what stands still. */
export const flowBins: number = directions + 1;

/** Bins of a cell in the histogram of the flow, and in those of the boundaries of its two components. */
export const histogramBins: readonly number[] = [flowBins, directions, directions];

// Along x what is mirrored turns round; the slopes of a component that itself turns round, along y instead.
const aroundY = (bin: number): number => (directions + directions / 2 - bin) % directions;
const aroundX = (bin: number): number => (directions - bin) % directions;
const mirroredBy = (turn: (bin: number) => number): number[] =>
  Array.from({ length: directions }, (_, bin) => turn(bin));

/**
 * For each bin of each of the {@link histogramBins}, the one that has its place when the picture is mirrored: what goes
 * to the right goes to the left.
 */
export const mirroredBins: readonly (readonly number[])[] = [
  [...mirroredBy(aroundY), directions],
  mirroredBy(aroundX),
  mirroredBy(aroundY),
];

/** How the flow is seen. */
export interface FlowView {
  /** What the camera did, in pixels; taken off. */
  readonly camera: readonly [number, number];
  /** What the flow is multiplied by. */
  readonly scale: number;
  /** Pixels; what is shorter, camera and scale allowed for, stands still. */
  readonly stillBelow: number;
}

/**
 * Histograms of flow (HOF; Laptev et al. 2008): of each cell, the flow's length along each direction, a pixel's mean,
 * and the part of the pixels that stand still.
 *
 * @param into float32 [cells, 9], written
 */
export function flowHistograms(
  { u, v }: Flow,
  { camera, scale, stillBelow }: FlowView,
  { width, height, columnOf, rowOf, pixels }: CellGrid,
  into: Float32Array,
): void {
  const [cameraU, cameraV] = camera;
  const still = stillBelow * stillBelow;
  into.fill(0);
  for (let y = 0; y < height; y++) {
    const firstCell = rowOf[y]!;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const alongX = (u[i]! - cameraU) * scale;
      const alongY = (v[i]! - cameraV) * scale;
      const at = (firstCell + columnOf[x]!) * flowBins;
      if (alongX * alongX + alongY * alongY < still) into[at + directions]! += 1;
      else addVector(alongX, alongY, into, at);
    }
  }
  divideCells(into, pixels, flowBins);
}

/**
 * Histograms of a motion boundary (MBH; Dalal, Triggs & Schmid 2006): of each cell, the length along each direction of
 * the slopes of one component of the flow, a pixel's mean. What all moves alike leaves no trace in it.
 *
 * @param component of the flow, float32 [height, width]
 * @param scale what the flow is multiplied by
 * @param into float32 [cells, 8], written
 */
export function boundaryHistograms(
  component: Float32Array,
  scale: number,
  { width, height, columnOf, rowOf, pixels }: CellGrid,
  into: Float32Array,
): void {
  const half = scale / 2;
  into.fill(0);
  for (let y = 0; y < height; y++) {
    const firstCell = rowOf[y]!;
    const row = y * width;
    const above = y === 0 ? row : row - width;
    const below = y === height - 1 ? row : row + width;
    for (let x = 0; x < width; x++) {
      const left = x === 0 ? x : x - 1;
      const right = x === width - 1 ? x : x + 1;
      addVector(
        (component[row + right]! - component[row + left]!) * half,
        (component[below + x]! - component[above + x]!) * half,
        into,
        (firstCell + columnOf[x]!) * directions,
      );
    }
  }
  divideCells(into, pixels, directions);
}

/**
 * Adds a vector to a histogram: taken apart into two along the directions on either side of it. The two make up the
 * vector, so that nothing jumps from bin to bin; and it takes no angle.
 */
function addVector(x: number, y: number, histogram: Float32Array, at: number): void {
  const alongX = Math.abs(x);
  const alongY = Math.abs(y);
  // No branches: which way a pixel goes cannot be foreseen.
  const octant = +(x < 0) | (+(y < 0) << 1) | (+(alongX > alongY) << 2);
  histogram[at + straightOf[octant]!]! += Math.abs(alongX - alongY);
  histogram[at + diagonalOf[octant]!]! += Math.min(alongX, alongY) * Math.SQRT2;
}

/** The direction along an axis and the diagonal on either side of a vector, by its octant. */
const straightOf = Uint8Array.of(2, 2, 6, 6, 0, 4, 0, 4);
const diagonalOf = Uint8Array.of(1, 3, 7, 5, 1, 3, 7, 5);

function divideCells(histograms: Float32Array, pixels: Float32Array, bins: number): void {
  for (let i = 0; i < histograms.length; i++) histograms[i]! /= pixels[Math.floor(i / bins)]!;
}
