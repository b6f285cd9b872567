import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import wabt from "wabt";
import { createRandom } from "../../../src/core/random.js";
import { flowKernelsBase64 } from "../../../src/features/motion/flow-kernels-wasm.js";
import { createFlowEstimator, type Flow } from "../../../src/features/motion/lucas-kanade.js";
import { openWebAssemblyFlow } from "../../../src/features/motion/webassembly-flow-kernels.js";
import {
  height,
  type Motion,
  meanError,
  motions,
  picture,
  shift,
  width,
} from "./moving-pictures.js";

/** OpenCV's flow of the same pictures; `vectors` of every tenth pixel from the fifth on, row by row. */
interface Reference {
  readonly name: string;
  readonly farneback: ReferenceFlow;
  readonly dis: ReferenceFlow;
}

interface ReferenceFlow {
  readonly meanError: number;
  readonly vectors: readonly (readonly [number, number])[];
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../fixtures/optical-flow.json", import.meta.url), "utf8"),
) as { readonly cases: readonly Reference[] };

/** Pixels at the border that OpenCV's mean error leaves out. */
const margin = 8;

const unmoved = picture(shift(0, 0));

function flowBetween(first: Uint8Array, second: Uint8Array): Flow {
  const estimator = createFlowEstimator(width, height);
  expect(estimator.next(first)).toBeUndefined();
  return estimator.next(second)!;
}

/** The flow of a picture that moves so. */
const flowOf = (motion: Motion, noise?: (index: number) => number): Flow =>
  flowBetween(picture(motion, noise), unmoved);

describe.each(cases)("$name", ({ name, farneback, dis }) => {
  const motion = motions[name]!;
  const flow = flowOf(motion);

  test("is found to a tenth of a pixel, and to an eighth with the border", () => {
    expect(meanError(flow, motion, margin)).toBeLessThan(0.1);
    expect(meanError(flow, motion, 0)).toBeLessThan(0.125);
  });

  test("is what OpenCV's DIS finds, and Farneback's where that is right", () => {
    const distance = ({ vectors }: ReferenceFlow) =>
      vectors.reduce((sum, [u, v], i) => {
        const at = (5 + 10 * Math.floor(i / 8)) * width + 5 + 10 * (i % 8);
        return sum + Math.hypot(flow.u[at]! - u, flow.v[at]! - v);
      }, 0) / vectors.length;
    expect(dis.vectors).toHaveLength(48);
    expect(distance(dis)).toBeLessThan(0.13);
    if (farneback.meanError < 0.2) expect(distance(farneback)).toBeLessThan(0.2);
  });
});

test("a still scene has no flow at all", () => {
  const { u, v } = flowBetween(unmoved, unmoved);
  expect([...u, ...v].every((value) => value === 0)).toBe(true);
});

test("what has no texture has no flow, however its brightness changes", () => {
  const { u, v } = flowBetween(
    new Uint8Array(width * height).fill(10),
    new Uint8Array(width * height).fill(250),
  );
  expect([...u, ...v].every((value) => value === 0)).toBe(true);
});

test("any shift of up to five pixels is found", () => {
  const pixels = fc.double({ min: -3.5, max: 3.5, noNaN: true });
  fc.assert(
    fc.property(pixels, pixels, (u, v) => {
      const motion = shift(u, v);
      expect(meanError(flowOf(motion), motion, margin)).toBeLessThan(0.15);
    }),
    { numRuns: 30, seed: 1 },
  );
});

test("something that moves over a still background is seen where it is", () => {
  const inside = (x: number, y: number) => x >= 24 && x < 52 && y >= 16 && y < 44;
  const flow = flowOf((x, y) => (inside(x, y) ? [2, 1] : [0, 0]));
  const at = (x: number, y: number) => [flow.u[y * width + x]!, flow.v[y * width + x]!] as const;
  for (const [x, y] of [
    [32, 24],
    [38, 30],
    [44, 36],
  ] as const) {
    const [u, v] = at(x, y);
    expect(Math.hypot(u - 2, v - 1)).toBeLessThan(0.3);
  }
  for (const [x, y] of [
    [8, 8],
    [70, 30],
    [40, 56],
  ] as const) {
    expect(Math.hypot(...at(x, y))).toBeLessThan(0.15);
  }
});

test("noise of 8 levels blurs the flow and does not drown it", () => {
  const random = createRandom(1);
  const noise = () => 8 * random.normal();
  const motion = shift(1.5, -0.75);
  const flow = flowBetween(picture(motion, noise), picture(shift(0, 0), noise));
  expect(meanError(flow, motion, margin)).toBeLessThan(0.35);
});

test("each picture is compared with the one before it", () => {
  const estimator = createFlowEstimator(width, height);
  estimator.next(picture(shift(0, 0)));
  const there = estimator.next(picture(shift(-1, 0)))!;
  expect(meanError(there, shift(1, 0), margin)).toBeLessThan(0.1);
  const back = estimator.next(picture(shift(0, 0)))!;
  expect(meanError(back, shift(-1, 0), margin)).toBeLessThan(0.1);
});

test("odd sizes are taken, and other sizes refused by name", () => {
  const estimator = createFlowEstimator(33, 17);
  const noise = createRandom(2);
  const grey = Uint8Array.from({ length: 33 * 17 }, () => noise.integer(0, 255));
  estimator.next(grey);
  expect([...estimator.next(grey)!.u].every((value) => value === 0)).toBe(true);
  expect(() => createFlowEstimator(15, 60)).toThrow(/width .* 16 to 1024; it is 15/);
  expect(() => createFlowEstimator(80, 60.5)).toThrow(/height/);
  expect(() => estimator.next(grey.subarray(1))).toThrow(/33 \* 17 pixels; it holds 560/);
});

test("flow-kernels.wat is what is built in", async () => {
  const source = new URL("../../../src/features/motion/flow-kernels.wat", import.meta.url);
  const { parseWat } = await wabt();
  const module = parseWat("flow-kernels.wat", await readFile(source, "utf8"), { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  expect(Buffer.from(buffer).toString("base64")).toBe(flowKernelsBase64);
  expect(openWebAssemblyFlow([16], 4)).toBeDefined();
});

test("WebAssembly and JavaScript find the same flow, at any size", () => {
  const side = fc.integer({ min: 16, max: 41 });
  const speed = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(side, side, speed, fc.integer(), (columns, rows, pixels, seed) => {
      const random = createRandom(seed);
      const scene = Uint8Array.from({ length: 60 * 60 }, () => random.integer(0, 255));
      // Moves along a row of noise, which leaves the picture at its border and is lost at high speed.
      const frame = (time: number) =>
        Uint8Array.from(
          { length: columns * rows },
          (_, i) => scene[Math.floor(i / columns) * 60 + (i % columns) + time * pixels]!,
        );
      const estimators = (["webassembly", "javascript"] as const).map((engine) =>
        createFlowEstimator(columns, rows, engine),
      );
      for (const estimator of estimators) estimator.next(frame(0));
      const [fast, plain] = estimators.map((estimator) => estimator.next(frame(1))!);
      for (let i = 0; i < columns * rows; i++) {
        expect(Math.abs(fast!.u[i]! - plain!.u[i]!)).toBeLessThan(1e-3);
        expect(Math.abs(fast!.v[i]! - plain!.v[i]!)).toBeLessThan(1e-3);
      }
    }),
    { numRuns: 40, seed: 1 },
  );
});
