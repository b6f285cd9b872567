import type { Comparison, FlowMemory, Plane } from "./flow-kernels.js";

/** The kernels in plain JavaScript, where there is no WebAssembly with SIMD; some three times as slow. */
export function openJavaScriptFlow(): FlowMemory {
  return {
    plane: (length) => new Float32Array(length),
    kernels: {
      multiply(a, b, products) {
        for (let i = 0; i < products.length; i++) products[i] = a[i]! * b[i]!;
      },
      windowSums,
      invert(xx, xy, yy, ridge) {
        for (let i = 0; i < xx.length; i++) {
          const a = xx[i]! + ridge;
          const b = xy[i]!;
          const c = yy[i]! + ridge;
          const scale = 1 / (a * c - b * b);
          xx[i] = c * scale;
          xy[i] = -b * scale;
          yy[i] = a * scale;
        }
      },
      compare,
      step(flow, ownInverse, ownSum, xy, otherSum, limit) {
        for (let i = 0; i < flow.length; i++) {
          const step = ownInverse[i]! * ownSum[i]! + xy[i]! * otherSum[i]!;
          flow[i]! += Math.max(-limit, Math.min(step, limit));
        }
      },
    },
  };
}

/** By running sums, so that a large window costs no more than a small one. */
function windowSums(plane: Plane, sums: Plane, width: number, radius: number): void {
  const height = plane.length / width;
  const columns = new Float32Array(width);
  for (let i = 0; i < Math.min(radius, height) * width; i++) columns[i % width]! += plane[i]!;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const entering = row + radius * width;
    const leaving = row - (radius + 1) * width;
    if (entering < plane.length) {
      for (let x = 0; x < width; x++) columns[x]! += plane[entering + x]!;
    }
    if (leaving >= 0) {
      for (let x = 0; x < width; x++) columns[x]! -= plane[leaving + x]!;
    }
    let sum = 0;
    for (let x = 0; x < Math.min(radius, width); x++) sum += columns[x]!;
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += columns[x + radius]!;
      if (x > radius) sum -= columns[x - radius - 1]!;
      sums[row + x] = sum;
    }
  }
}

function compare(comparison: Comparison): void {
  const { first, slopeX, slopeY, second, u, v, productX, productY, width, height } = comparison;
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
      const change = first[i]! - upper - (toY - row) * (lower - upper);
      productX[i] = slopeX[i]! * change;
      productY[i] = slopeY[i]! * change;
    }
  }
}
