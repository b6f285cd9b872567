import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { medianOfFlow } from "../../../src/features/motion/camera-motion.js";
import { createCellGrid } from "../../../src/features/motion/cell-grid.js";
import type { Flow } from "../../../src/features/motion/lucas-kanade.js";
import {
  boundaryHistograms,
  flowHistograms,
  histogramBins,
  mirroredBins,
} from "../../../src/features/motion/orientation-histograms.js";

const size = { width: 8, height: 6 };
const length = size.width * size.height;
const one = createCellGrid(size.width, size.height, 1, 1);
const asItIs = { camera: [0, 0], scale: 1, stillBelow: 0.3 } as const;

const everywhere = (u: number, v: number): Flow => ({
  ...size,
  u: new Float32Array(length).fill(u),
  v: new Float32Array(length).fill(v),
});

function histogram(flow: Flow, view: Parameters<typeof flowHistograms>[1] = asItIs): number[] {
  const into = new Float32Array(9);
  flowHistograms(flow, view, one, into);
  return [...into];
}

test.each([
  ["right", 2, 0, 0],
  ["right and down", 1, 1, 1],
  ["down", 0, 2, 2],
  ["left and down", -1, 1, 3],
  ["left", -2, 0, 4],
  ["left and up", -1, -1, 5],
  ["up", 0, -2, 6],
  ["right and up", 1, -1, 7],
])("motion to the %s falls into its bin, by its length", (_, u, v, bin) => {
  const expected = new Array<number>(9).fill(0);
  expected[bin] = Math.hypot(u, v);
  for (const [index, value] of histogram(everywhere(u, v)).entries()) {
    expect(value).toBeCloseTo(expected[index]!, 5);
  }
});

test("motion between two directions falls into both, which make it up", () => {
  const axis = (bin: number) => [Math.cos((bin * Math.PI) / 4), Math.sin((bin * Math.PI) / 4)];
  fc.assert(
    fc.property(fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }), (angle) => {
      const vector = [3 * Math.cos(angle), 3 * Math.sin(angle)];
      const bins = histogram(everywhere(vector[0]!, vector[1]!));
      expect(bins.filter((value) => value > 1e-5).length).toBeLessThanOrEqual(2);
      for (const part of [0, 1]) {
        const sum = bins
          .slice(0, 8)
          .reduce((total, value, bin) => total + value * axis(bin)[part]!, 0);
        expect(sum).toBeCloseTo(vector[part]!, 4);
      }
    }),
  );
});

test("what hardly moves is counted as still", () => {
  expect(histogram(everywhere(0.2, 0.2))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
  expect(histogram(everywhere(0.2, 0.2), { ...asItIs, scale: 2 })[8]).toBe(0);
});

test("what the camera did is taken off", () => {
  const flow = everywhere(3, -1);
  const camera = [medianOfFlow(flow.u), medianOfFlow(flow.v)] as const;
  expect(camera).toEqual([3, -1]);
  expect(histogram(flow, { ...asItIs, camera })).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test("the median is that of sorted values, to a part of a pixel, and holds out at any value", () => {
  const values = fc.array(fc.double({ min: -15, max: 15, noNaN: true }), {
    minLength: 1,
    maxLength: 50,
  });
  fc.assert(
    fc.property(values, (list) => {
      const sorted = Float32Array.from(list).sort();
      const middle = sorted[Math.ceil(sorted.length / 2) - 1]!;
      expect(Math.abs(medianOfFlow(Float32Array.from(list)) - middle)).toBeLessThanOrEqual(1 / 64);
    }),
  );
  expect(medianOfFlow(Float32Array.of(1000, 1000, -1000))).toBe(16);
});

test("each cell tells of its own pixels, also where they do not divide evenly", () => {
  const grid = createCellGrid(size.width, size.height, 3, 4);
  const flow = everywhere(0, 0);
  // The last column and the last row.
  flow.u[2 * size.width + 7] = 4;
  const into = new Float32Array(12 * 9);
  flowHistograms(flow, asItIs, grid, into);
  const cell = 1 * 3 + 2;
  expect(grid.pixels.reduce((sum, pixels) => sum + pixels, 0)).toBe(length);
  expect(into[cell * 9]! * grid.pixels[cell]!).toBeCloseTo(4, 5);
  expect(into.filter((value, index) => index % 9 !== 8 && value > 0)).toHaveLength(1);
});

test("motion boundaries are blind to what moves all alike, and see what does not", () => {
  const into = new Float32Array(8);
  boundaryHistograms(everywhere(5, -2).u, 1, one, into);
  expect([...into].every((value) => value === 0)).toBe(true);
  // Faster to the right: the slope points to the right, half of it at either edge.
  const sheared = Float32Array.from({ length }, (_, i) => (i % size.width) * 0.5);
  boundaryHistograms(sheared, 1, one, into);
  expect(into[0]).toBeCloseTo((0.5 * 6 + 0.25 * 2) / 8, 5);
  expect([...into.slice(1)].every((value) => value === 0)).toBe(true);
});

test("the histograms of the mirrored flow are those of the flow, with bins in the place of their mirror images", () => {
  const random = createRandom("mirrored flow");
  const noise = (): Float32Array => Float32Array.from({ length }, () => 2 * random.normal());
  const [u, v] = [noise(), noise()];
  const mirror = (component: Float32Array, sign: number): Float32Array =>
    component.map((_, i) => {
      const x = i % size.width;
      return sign * component[i - x + (size.width - 1 - x)]!;
    });
  const histograms = (flow: Flow): number[][] => {
    const boundaries = [flow.u, flow.v].map((component) => {
      const into = new Float32Array(8);
      boundaryHistograms(component, 1, one, into);
      return [...into];
    });
    return [histogram(flow), ...boundaries];
  };
  const seen = histograms({ ...size, u, v });
  // What goes to the right goes to the left.
  const mirrored = histograms({ ...size, u: mirror(u, -1), v: mirror(v, 1) });
  expect(mirroredBins.map((bins) => bins.length)).toEqual(histogramBins);
  for (const [h, bins] of mirroredBins.entries()) {
    expect(new Set(seen[h]).size).toBe(bins.length);
    for (const [bin, other] of bins.entries()) {
      expect(mirrored[h]![other]!).toBeCloseTo(seen[h]![bin]!, 5);
    }
  }
});
