/**
 * Motion: small grey frames in, histograms of their optical flow out.
 */
import { checkFrames } from "../feature-extractor.js";
import { medianOfFlow } from "./camera-motion.js";
import { createCellGrid } from "./cell-grid.js";
import { createFlowEstimator } from "./lucas-kanade.js";
import { type CameraMotion, motionFrames, motionView } from "./motion-view.js";
import {
  boundaryHistograms,
  directions,
  flowBins,
  flowHistograms,
} from "./orientation-histograms.js";

/** Options of {@link createMotionExtractor}. */
export interface MotionOptions {
  /** Pixels of a frame, 16 to 1024. Default {@link motionFrames}. */
  readonly width?: number;
  readonly height?: number;
  /** Cells of the grid, across and down. Default {@link motionView}. */
  readonly columns?: number;
  readonly rows?: number;
  /**
   * What is taken off the flow before it is counted: its median over the picture, or nothing. Default "median".
   */
  readonly camera?: CameraMotion;
}

/** Motion from one frame to the next, frame after frame. */
export interface MotionHistograms {
  /**
   * float32, row-major [n, dimension]: HOF [rows, columns, 9], then MBH of the flow to the right and of that
   * downwards, each [rows, columns, 8]. Pixels a frame at {@link motionFrames}' rate; none is negative.
   */
  readonly vectors: Float32Array;
  /** float64 [n] seconds: the middle between the two frames. */
  readonly timestamps: Float64Array;
  readonly n: number;
}

/** Sees the frames of one video after the other, in their order. */
export interface MotionExtractor {
  /** Values of a vector. */
  readonly dimension: number;
  /**
   * The motion up to each of these frames, the first of them seen from the last of the call before. A frame with the
   * time of the one before is that frame again, and tells nothing.
   *
   * @param frames uint8 grey, row-major [n, height, width]
   * @param timestamps float64 [n] seconds, ascending
   * @throws RangeError where the length of `frames` or `timestamps` is not that of n frames
   */
  push(frames: Uint8Array, timestamps: Float64Array, n: number): MotionHistograms;
  /** Begins another video. What it is computed in stays: memory of WebAssembly is scarce. */
  reset(): void;
}

/** Pixels, of a picture 80 across, that something moves at least in a frame's time; less is noise. */
const stillBelow = 0.3;

/** Cells across or down at most. */
const mostCells = 16;

/**
 * Opens an extractor of motion. The flow is Lucas and Kanade's; it is brought to the time of a frame at
 * the usual rate, so that videos of other rates, and of changing ones, give the same.
 *
 * @throws RangeError for sizes out of range
 */
export function createMotionExtractor(options: MotionOptions = {}): MotionExtractor {
  const { width, height } = { ...motionFrames, ...options };
  const { columns, rows, camera } = { ...motionView, ...options };
  for (const [name, value] of Object.entries({ columns, rows })) {
    if (Number.isInteger(value) && value >= 1 && value <= mostCells) continue;
    throw new RangeError(`${name} must be a whole number from 1 to ${mostCells}; it is ${value}.`);
  }
  const estimator = createFlowEstimator(width, height);
  const grid = createCellGrid(width, height, columns, rows);
  const flowEnd = grid.cells * flowBins;
  const boundaryEnd = flowEnd + grid.cells * directions;
  const dimension = boundaryEnd + grid.cells * directions;
  const still = (stillBelow * width) / motionFrames.width;
  let last = Number.NEGATIVE_INFINITY;
  return {
    dimension,
    reset() {
      estimator.reset();
      last = Number.NEGATIVE_INFINITY;
    },
    push(frames, timestamps, n) {
      checkFrames(frames, n, width * height);
      if (timestamps.length !== n) {
        throw new RangeError(`timestamps must hold ${n} times; it holds ${timestamps.length}.`);
      }
      const vectors = new Float32Array(n * dimension);
      const middles: number[] = [];
      for (const [i, time] of timestamps.entries()) {
        const elapsed = time - last;
        if (!(elapsed > 0)) continue;
        const flow = estimator.next(frames.subarray(i * width * height, (i + 1) * width * height));
        if (flow) {
          const { u, v } = flow;
          const vector = vectors.subarray(middles.length * dimension);
          const scale = 1 / (elapsed * motionFrames.rate);
          const view = {
            camera:
              camera === "none" ? ([0, 0] as const) : ([medianOfFlow(u), medianOfFlow(v)] as const),
            scale,
            stillBelow: still,
          };
          flowHistograms(flow, view, grid, vector.subarray(0, flowEnd));
          boundaryHistograms(u, scale, grid, vector.subarray(flowEnd, boundaryEnd));
          boundaryHistograms(v, scale, grid, vector.subarray(boundaryEnd, dimension));
          middles.push((time + last) / 2);
        }
        last = time;
      }
      return {
        vectors: vectors.slice(0, middles.length * dimension),
        timestamps: Float64Array.from(middles),
        n: middles.length,
      };
    },
  };
}
