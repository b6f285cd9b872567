import { createPyramid, fillPyramid, levelSizes, type PyramidLevel } from "./grey-pyramid.js";
import { windowMeans, windowSums } from "./window-sums.js";

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

/** Sides of pictures it takes, in pixels. */
const smallestSide = 16;
const largestSide = 1024;

/**
 * Opens an estimator of dense optical flow: Lucas & Kanade 1981, coarse to fine as in Bouguet 2001, with windows
 * around every pixel, and the flow averaged over 3 by 3 pixels at the end of each level.
 *
 * @param width pixels of a picture; 16 to 1024
 * @param height pixels of a picture; 16 to 1024
 * @throws RangeError for other sizes
 */
export function createFlowEstimator(width: number, height: number): FlowEstimator {
  for (const [name, side] of Object.entries({ width, height })) {
    if (Number.isInteger(side) && side >= smallestSide && side <= largestSide) continue;
    throw new RangeError(
      `${name} must be a whole number from ${smallestSide} to ${largestSide}; it is ${side}.`,
    );
  }
  const searches = levelSizes(width, height, levels).map(createSearch);
  let before = createPyramid(width, height, levels);
  let now = createPyramid(width, height, levels);
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
        follow(before[level]!, now[level]!.brightness, search);
      }
      const { u, v } = searches[0]!;
      return { width, height, u, v };
    },
  };
}

/** The search for the flow at one level. All planes are float32, row-major [height, width]. */
interface Search {
  readonly width: number;
  readonly height: number;
  readonly u: Float32Array;
  readonly v: Float32Array;
  /** The inverse of each window's structure tensor, the sums of the products of the slopes. */
  readonly inverseXX: Float32Array;
  readonly inverseXY: Float32Array;
  readonly inverseYY: Float32Array;
  /** Slopes times what is left of the change of brightness, and the sums of these over the windows. */
  readonly productX: Float32Array;
  readonly productY: Float32Array;
  readonly sumX: Float32Array;
  readonly sumY: Float32Array;
}

function createSearch({ width, height }: Pick<Search, "width" | "height">): Search {
  const plane = () => new Float32Array(width * height);
  return {
    width,
    height,
    u: plane(),
    v: plane(),
    inverseXX: plane(),
    inverseXY: plane(),
    inverseYY: plane(),
    productX: plane(),
    productY: plane(),
    sumX: plane(),
    sumY: plane(),
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

function follow(first: PyramidLevel, second: Float32Array, search: Search): void {
  invertTensors(first, search);
  const { width, u, v, productX, productY, sumX, sumY } = search;
  const { inverseXX, inverseXY, inverseYY } = search;
  for (let round = 0; round < iterations; round++) {
    compare(first, second, search);
    windowSums(productX, sumX, width, radius);
    windowSums(productY, sumY, width, radius);
    for (let i = 0; i < u.length; i++) {
      const stepX = inverseXX[i]! * sumX[i]! + inverseXY[i]! * sumY[i]!;
      const stepY = inverseXY[i]! * sumX[i]! + inverseYY[i]! * sumY[i]!;
      u[i]! += Math.max(-longestStep, Math.min(stepX, longestStep));
      v[i]! += Math.max(-longestStep, Math.min(stepY, longestStep));
    }
  }
  sumX.set(u);
  sumY.set(v);
  windowMeans(sumX, u, width, 1);
  windowMeans(sumY, v, width, 1);
}

function invertTensors({ slopeX, slopeY }: PyramidLevel, search: Search): void {
  const { width, productX: product, inverseXX, inverseXY, inverseYY } = search;
  const sumProducts = (a: Float32Array, b: Float32Array, sums: Float32Array) => {
    for (let i = 0; i < product.length; i++) product[i] = a[i]! * b[i]!;
    windowSums(product, sums, width, radius);
  };
  sumProducts(slopeX, slopeX, inverseXX);
  sumProducts(slopeX, slopeY, inverseXY);
  sumProducts(slopeY, slopeY, inverseYY);
  const ridge = regulariser * (2 * radius + 1) ** 2;
  for (let i = 0; i < product.length; i++) {
    const xx = inverseXX[i]! + ridge;
    const xy = inverseXY[i]!;
    const yy = inverseYY[i]! + ridge;
    const scale = 1 / (xx * yy - xy * xy);
    inverseXX[i] = yy * scale;
    inverseXY[i] = -xy * scale;
    inverseYY[i] = xx * scale;
  }
}

/** What the flow so far leaves unexplained. Pixels that leave the picture say nothing. */
function compare(
  { slopeX, slopeY, brightness }: PyramidLevel,
  second: Float32Array,
  { width, height, u, v, productX, productY }: Search,
): void {
  const right = width - 1;
  const bottom = height - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const toX = x + u[i]!;
      const toY = y + v[i]!;
      if (!(toX >= 0 && toX <= right && toY >= 0 && toY <= bottom)) {
        productX[i] = 0;
        productY[i] = 0;
        continue;
      }
      const column = toX === right ? right - 1 : toX | 0;
      const row = toY === bottom ? bottom - 1 : toY | 0;
      const at = row * width + column;
      const left = second[at]!;
      const leftBelow = second[at + width]!;
      const alongX = toX - column;
      const upper = left + alongX * (second[at + 1]! - left);
      const lower = leftBelow + alongX * (second[at + width + 1]! - leftBelow);
      const change = brightness[i]! - upper - (toY - row) * (lower - upper);
      productX[i] = slopeX[i]! * change;
      productY[i] = slopeY[i]! * change;
    }
  }
}
