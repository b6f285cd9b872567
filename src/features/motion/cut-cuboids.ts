import { cuboidParameters, descriptorSizes } from "./cuboid-parameters.js";
import { directions, histogramBins, mirroredBins } from "./orientation-histograms.js";

const { columns, rows, quarter, pairs, stride, parts, movesFrom } = cuboidParameters;

/** Cuts cuboids out of the motion of one video. */
export interface CuboidCutter {
  /**
   * Takes the motion from one frame to the next.
   *
   * @param vector float32 histograms of all fine cells, as a motion extractor gives them
   * @param time seconds
   * @returns the time in the middle of the cuboids that end here and were seen, if any do
   */
  next(vector: Float32Array, time: number): number | undefined;
  /** Sees the cuboids of a video too short for whole ones; returns the time in their middle, if there are any. */
  end(): number | undefined;
}

/**
 * Sees a cuboid: its descriptor in each histogram, float32, valid until the next one is seen. Roots of parts of 1 at most,
 * for [quarter, part in time, bin], quarters row by row.
 */
export type SeeCuboid = (descriptors: readonly Float32Array[]) => void;

/** Places where a quarter may begin, across and down. */
const across = columns - quarter + 1;
const down = rows - quarter + 1;

/** Values of all places in each histogram. */
const planeSizes = histogramBins.map((bins) => across * down * bins);

/** Added to a descriptor's sum before it is divided by it, so that what hardly moves is not blown up. Pixels. */
const faintest = 0.05;

/** Where a cuboid's quarters begin, from its first one, row by row. */
const quarterOffsets = [0, quarter, quarter * across, quarter * across + quarter];

/** The quarter in whose place each one is in the mirror image. */
const mirroredQuarters = [1, 0, 3, 2];

/**
 * Opens a cutter. Cuboids overlap by half a quarter in space and in time by all but the stride; of each that moves, it
 * and its mirror image are seen.
 */
export function createCuboidCutter(see: SeeCuboid): CuboidCutter {
  /** The latest pairs of frames: of each histogram, float32 [down, across, bins] means of quarters; and their times. */
  const recent: { readonly planes: readonly Float32Array[]; readonly time: number }[] = [];
  let seen = 0;
  const descriptors = descriptorSizes.map((size) => new Float32Array(size));
  const cut = (): number => {
    const inTime = Array.from({ length: parts }, (_, part) => {
      const first = Math.floor((part * recent.length) / parts);
      const end = Math.max(first + 1, Math.floor(((part + 1) * recent.length) / parts));
      return meanOf(recent.slice(first, end).map(({ planes }) => planes));
    });
    for (let row = 0; row + quarter < down; row++) {
      for (let column = 0; column + quarter < across; column++) {
        const place = row * across + column;
        if (movementAt(inTime, place) <= movesFrom) continue;
        for (const isMirrored of [false, true]) {
          for (const [h, descriptor] of descriptors.entries()) {
            describe(inTime, h, place, isMirrored, descriptor);
          }
          see(descriptors);
        }
      }
    }
    return (recent[0]!.time + recent.at(-1)!.time) / 2;
  };
  return {
    next(vector, time) {
      recent.push({ planes: quartersOf(vector), time });
      if (recent.length > pairs) recent.shift();
      seen += 1;
      return seen >= pairs && (seen - pairs) % stride === 0 ? cut() : undefined;
    },
    end: () => (seen > 0 && seen < pairs ? cut() : undefined),
  };
}

/** The means of the quarters that begin at each place. */
function quartersOf(vector: Float32Array): Float32Array[] {
  let from = 0;
  return histogramBins.map((bins, h) => {
    const plane = new Float32Array(planeSizes[h]!);
    let to = 0;
    for (let row = 0; row < down; row++) {
      for (let column = 0; column < across; column++) {
        for (let bin = 0; bin < bins; bin++) {
          let sum = 0;
          for (let y = 0; y < quarter; y++) {
            const start = from + ((row + y) * columns + column) * bins + bin;
            for (let x = 0; x < quarter; x++) sum += vector[start + x * bins]!;
          }
          plane[to++] = sum / (quarter * quarter);
        }
      }
    }
    from += columns * rows * bins;
    return plane;
  });
}

function meanOf(pairsOfPart: readonly (readonly Float32Array[])[]): Float32Array[] {
  return planeSizes.map((size, h) => {
    const mean = new Float32Array(size);
    for (const planes of pairsOfPart) {
      const plane = planes[h]!;
      for (let i = 0; i < size; i++) mean[i]! += plane[i]!;
    }
    for (let i = 0; i < size; i++) mean[i]! /= pairsOfPart.length;
    return mean;
  });
}

/** How far a cuboid's pixels move, on average. */
function movementAt(inTime: readonly (readonly Float32Array[])[], place: number): number {
  const bins = histogramBins[0]!;
  let sum = 0;
  for (const [flow] of inTime) {
    for (const offset of quarterOffsets) {
      const start = (place + offset) * bins;
      for (let bin = 0; bin < directions; bin++) sum += flow![start + bin]!;
    }
  }
  return sum / (quarterOffsets.length * parts);
}

/** Brings a cuboid's histogram to roots of parts of its sum: Hellinger's distance, and no matter how fast. */
function describe(
  inTime: readonly (readonly Float32Array[])[],
  histogram: number,
  place: number,
  isMirrored: boolean,
  descriptor: Float32Array,
): void {
  const bins = histogramBins[histogram]!;
  const turned = mirroredBins[histogram]!;
  let to = 0;
  let sum = 0;
  for (let q = 0; q < quarterOffsets.length; q++) {
    const offset = quarterOffsets[isMirrored ? mirroredQuarters[q]! : q]!;
    const start = (place + offset) * bins;
    for (const planes of inTime) {
      const plane = planes[histogram]!;
      for (let bin = 0; bin < bins; bin++) {
        const value = plane[start + (isMirrored ? turned[bin]! : bin)]!;
        descriptor[to++] = value;
        sum += value;
      }
    }
  }
  const scale = 1 / (sum + faintest);
  for (let i = 0; i < descriptor.length; i++) descriptor[i] = Math.sqrt(descriptor[i]! * scale);
}
