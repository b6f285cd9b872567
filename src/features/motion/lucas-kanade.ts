import type { FlowEngine, FlowKernels, FlowMemory, Plane } from "./flow-kernels.js";
import {
  createPyramid,
  fillPyramid,
  levelSizes,
  type PyramidLevel,
  pyramidPlanes,
} from "./grey-pyramid.js";
import { openJavaScriptFlow } from "./javascript-flow-kernels.js";
import { openWebAssemblyFlow } from "./webassembly-flow-kernels.js";

/** Where each pixel of a picture goes in the next one, in pixels; float32, row-major [height, width]. */
export interface Flow {
  readonly width: number;
  readonly height: number;
  /** To the right. */
  readonly u: Float32Array;
  /** Downwards. */
  readonly v: Float32Array;
}

/** Sees one picture after the other. */
export interface FlowEstimator {
  /**
   * The flow from the picture before to this one; undefined for the first. Its planes are written anew by the next
   * call.
   *
   * @param grey uint8, row-major [height, width]
   * @throws RangeError where it holds another number of pixels
   */
  next(grey: Uint8Array): Flow | undefined;
  /** Forgets the picture before: the next one is the first of another video. */
  reset(): void;
}

/** Sizes of the picture: 3 let it see motion of some 6 pixels. */
const levels = 3;

/** Pixels on each side of one that are taken to move with it: windows of 7 by 7. */
const radius = 3;

/** Steps towards the flow at each level. */
const iterations = 2;

/**
 * Squared brightness that is added to the window's mean squared slopes, of 255²: where the slopes are no more than
 * noise, the flow stays what the coarser level says, or nothing.
 */
const regulariser = 4;

/** Pixels that a step goes at most: the slopes tell nothing of what is further away. */
const longestStep = 1.5;

/** Pixels on each side of one that its flow is averaged with in the end: outliers do not lead the next level astray. */
const smoothing = 1;

/** Sides of pictures it takes, in pixels. */
const smallestSide = 16;
const largestSide = 1024;

/**
 * Opens an estimator of dense optical flow: Lucas & Kanade 1981, coarse to fine as in Bouguet 2001, with windows
 * around every pixel, and the flow averaged over 3 by 3 pixels at the end of each level.
 *
 * @param width pixels of a picture; 16 to 1024
 * @param height pixels of a picture; 16 to 1024
 * @param engine Default "webassembly", and "javascript" where that is not to be had.
 * @throws RangeError for other sizes
 */
export function createFlowEstimator(
  width: number,
  height: number,
  engine: FlowEngine = "webassembly",
): FlowEstimator {
  for (const [name, side] of Object.entries({ width, height })) {
    if (Number.isInteger(side) && side >= smallestSide && side <= largestSide) continue;
    throw new RangeError(
      `${name} must be a whole number from ${smallestSide} to ${largestSide}; it is ${side}.`,
    );
  }
  const { plane, kernels } = openFlow(width, height, engine);
  const searches = levelSizes(width, height, levels).map((size) => createSearch(size, plane));
  let before = createPyramid(width, height, levels, plane);
  let now = createPyramid(width, height, levels, plane);
  let isFirst = true;
  return {
    next(grey) {
      if (grey.length !== width * height) {
        throw new RangeError(
          `A picture must hold ${width} * ${height} pixels; it holds ${grey.length}.`,
        );
      }
      [before, now] = [now, before];
      fillPyramid(now, grey);
      if (isFirst) {
        isFirst = false;
        return undefined;
      }
      for (let level = levels - 1; level >= 0; level--) {
        const search = searches[level]!;
        begin(search, searches[level + 1]);
        follow(before[level]!, now[level]!.brightness, search, kernels);
      }
      const { u, v } = searches[0]!;
      return { width, height, u, v };
    },
    reset() {
      isFirst = true;
    },
  };
}

/** Room for two pyramids and the search at each level. */
function openFlow(width: number, height: number, engine: FlowEngine): FlowMemory {
  const lengths = levelSizes(width, height, levels).flatMap((size) =>
    new Array<number>(2 * pyramidPlanes + searchPlanes).fill(size.width * size.height),
  );
  const opened = engine === "webassembly" ? openWebAssemblyFlow(lengths, width) : undefined;
  return opened ?? openJavaScriptFlow();
}

/** The search for the flow at one level. */
interface Search {
  readonly width: number;
  readonly height: number;
  readonly u: Plane;
  readonly v: Plane;
  /** The inverse of each window's structure tensor, the sums of the products of the slopes. */
  readonly inverseXX: Plane;
  readonly inverseXY: Plane;
  readonly inverseYY: Plane;
  /** Slopes times what is left of the change of brightness, and the sums of these over the windows. */
  readonly productX: Plane;
  readonly productY: Plane;
  readonly sumX: Plane;
  readonly sumY: Plane;
}

const searchPlanes = 9;

function createSearch(
  { width, height }: Pick<Search, "width" | "height">,
  plane: (length: number) => Plane,
): Search {
  const length = width * height;
  return {
    width,
    height,
    u: plane(length),
    v: plane(length),
    inverseXX: plane(length),
    inverseXY: plane(length),
    inverseYY: plane(length),
    productX: plane(length),
    productY: plane(length),
    sumX: plane(length),
    sumY: plane(length),
  };
}

/** Sets out from what the coarser level has found. */
function begin({ u, v, width, height }: Search, coarser: Search | undefined): void {
  if (!coarser) {
    u.fill(0);
    v.fill(0);
    return;
  }
  for (let y = 0; y < height; y++) {
    const row = Math.min(y >> 1, coarser.height - 1) * coarser.width;
    for (let x = 0; x < width; x++) {
      const at = row + Math.min(x >> 1, coarser.width - 1);
      u[y * width + x] = 2 * coarser.u[at]!;
      v[y * width + x] = 2 * coarser.v[at]!;
    }
  }
}

function follow(
  { brightness, slopeX, slopeY }: PyramidLevel,
  second: Plane,
  search: Search,
  kernels: FlowKernels,
): void {
  const { width, u, v, inverseXX, inverseXY, inverseYY } = search;
  const { productX, productY, sumX, sumY } = search;
  for (const [a, b, sums] of [
    [slopeX, slopeX, inverseXX],
    [slopeX, slopeY, inverseXY],
    [slopeY, slopeY, inverseYY],
  ] as const) {
    kernels.multiply(a, b, productX);
    kernels.windowSums(productX, sums, width, radius);
  }
  kernels.invert(inverseXX, inverseXY, inverseYY, regulariser * (2 * radius + 1) ** 2);
  for (let round = 0; round < iterations; round++) {
    kernels.compare({ ...search, first: brightness, slopeX, slopeY, second });
    kernels.windowSums(productX, sumX, width, radius);
    kernels.windowSums(productY, sumY, width, radius);
    kernels.step(u, inverseXX, sumX, inverseXY, sumY, longestStep);
    kernels.step(v, inverseYY, sumY, inverseXY, sumX, longestStep);
  }
  for (const flow of [u, v]) {
    kernels.windowSums(flow, sumX, width, smoothing);
    divideWindows(sumX, flow, search);
  }
}

/** Means of the sums over the windows of the smoothing, which are smaller at the border. */
function divideWindows(sums: Plane, means: Plane, { width, height }: Search): void {
  const side = 2 * smoothing + 1;
  const inside = (at: number, end: number) => side - (at === 0 ? 1 : 0) - (at === end ? 1 : 0);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const rows = inside(y, height - 1);
    const part = 1 / (rows * side);
    for (let x = 1; x < width - 1; x++) means[row + x] = sums[row + x]! * part;
    means[row] = sums[row]! / (rows * inside(0, width - 1));
    means[row + width - 1] = sums[row + width - 1]! / (rows * inside(width - 1, width - 1));
  }
}
