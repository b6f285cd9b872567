import { meanOfRows } from "../mean-of-rows.js";
import type { FrameWindow, TimeSpan } from "./window-plan.js";

/** What a model says of a video over time: cells side by side from 0 to its end, each with its probabilities. */
export interface Track {
  /** [cells + 1] seconds, ascending: the i-th cell goes from edges[i] to edges[i + 1]. */
  readonly edges: Float64Array;
  /** float32, row-major [cells, classes], each row summing to 1 */
  readonly probabilities: Float32Array;
}

/** A cell is left out where it would be shorter than this; seconds. */
const grace = 1e-6;

/** Edges of cells of one stride each, the last one as long as what is left. */
export function strideEdges(duration: number, stride: number): Float64Array {
  const cells = Math.max(1, Math.ceil((duration - grace) / stride));
  return Float64Array.from({ length: cells + 1 }, (_, index) =>
    index === cells ? duration : index * stride,
  );
}

/**
 * Averages what windows say: each cell bears the mean of the windows that cover it, weighted by the time they share.
 * That also smooths the track: no window decides alone.
 */
export interface WindowAverage {
  /** @param probabilities float32 [classes] */
  add(window: TimeSpan, probabilities: Float32Array): void;
  /** The track; every cell must have been covered. */
  track(): Track;
}

/** Opens the average over some cells. */
export function averageWindows(edges: Float64Array, classes: number): WindowAverage {
  const cells = edges.length - 1;
  const sums = new Float64Array(cells * classes);
  const weights = new Float64Array(cells);
  // Windows come in order of time, so that the search goes on where the last window began.
  let from = 0;
  return {
    add({ start, end }, probabilities) {
      while (from < cells - 1 && edges[from + 1]! <= start) from += 1;
      for (let cell = from; cell < cells; cell++) {
        if (cell > from && edges[cell]! >= end) break;
        const shared = Math.min(end, edges[cell + 1]!) - Math.max(start, edges[cell]!);
        // A video without duration is one cell of no length.
        const weight = Math.max(shared, grace);
        weights[cell]! += weight;
        for (let c = 0; c < classes; c++) {
          sums[cell * classes + c]! += weight * probabilities[c]!;
        }
      }
    },
    track: () => ({
      edges,
      probabilities: Float32Array.from(
        sums,
        (sum, index) => sum / weights[Math.floor(index / classes)]!,
      ),
    }),
  };
}

/** The same for windows that say something of each of their frames: each frame bears the mean of what is said of it. */
export interface FrameAverage {
  /** @param probabilities float32 [frames of the window, classes] */
  add(window: FrameWindow, probabilities: Float32Array): void;
  /** float32, row-major [frames, classes]; of a frame that is in no window, what is said of the one before. */
  frames(): Float32Array;
}

/** Opens the average over some frames, of which the first is in a window. */
export function averageFrames(frames: number, classes: number): FrameAverage {
  const sums = new Float64Array(frames * classes);
  const counts = new Uint32Array(frames);
  return {
    add({ first, behind }, probabilities) {
      for (let frame = first; frame < behind; frame++) {
        counts[frame]! += 1;
        for (let c = 0; c < classes; c++) {
          sums[frame * classes + c]! += probabilities[(frame - first) * classes + c]!;
        }
      }
    },
    frames() {
      const means = new Float32Array(frames * classes);
      for (let frame = 0; frame < frames; frame++) {
        const row = frame * classes;
        if (counts[frame] === 0) {
          means.copyWithin(row, row - classes, row);
          continue;
        }
        for (let c = 0; c < classes; c++) means[row + c] = sums[row + c]! / counts[frame]!;
      }
      return means;
    },
  };
}

/**
 * The track of frames: each moment bears what is said of the nearest frame. Frames that are shown at the same time share
 * a cell.
 *
 * @param times [n] ascending seconds
 * @param frames float32 [n, classes]
 */
export function trackOfFrames(
  times: Float64Array,
  frames: Float32Array,
  duration: number,
  classes: number,
): Track {
  const edges = [0];
  const rows: Float32Array[] = [];
  let from = 0;
  for (let frame = 0; frame < times.length; frame++) {
    const isLast = frame === times.length - 1;
    const middle = isLast ? duration : Math.min((times[frame]! + times[frame + 1]!) / 2, duration);
    if (middle <= edges.at(-1)! + grace && !(isLast && rows.length === 0)) continue;
    rows.push(meanOfRows(frames.subarray(from * classes, (frame + 1) * classes), classes));
    edges.push(middle);
    from = frame + 1;
  }
  // Where the last frames come no sooner than the video ends, its last cell reaches there.
  edges[edges.length - 1] = duration;
  const probabilities = new Float32Array(rows.length * classes);
  for (const [cell, row] of rows.entries()) probabilities.set(row, cell * classes);
  return { edges: Float64Array.from(edges), probabilities };
}

/** Mean of a track over time, float32 [classes]. */
export function meanOverTime({ edges, probabilities }: Track): Float32Array {
  const cells = edges.length - 1;
  const classes = probabilities.length / cells;
  const sums = new Float64Array(classes);
  let total = 0;
  for (let cell = 0; cell < cells; cell++) {
    const length = Math.max(edges[cell + 1]! - edges[cell]!, grace);
    total += length;
    for (let c = 0; c < classes; c++) sums[c]! += length * probabilities[cell * classes + c]!;
  }
  return Float32Array.from(sums, (sum) => sum / total);
}
