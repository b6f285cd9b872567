import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import wabt from "wabt";
import { createRandom } from "../../../src/core/random.js";
import { usualCodebooks } from "../../../src/features/motion/cuboid-codebook.js";
import {
  type CuboidKernels,
  placesAcross,
  placesDown,
  views,
} from "../../../src/features/motion/cuboid-kernels.js";
import { cuboidKernelsBase64 } from "../../../src/features/motion/cuboid-kernels-wasm.js";
import { createCuboidCutter } from "../../../src/features/motion/cut-cuboids.js";
import { openJavascriptCuboids } from "../../../src/features/motion/javascript-cuboid-kernels.js";
import { createMotionExtractor } from "../../../src/features/motion/motion-extractor.js";
import { openWebAssemblyCuboids } from "../../../src/features/motion/webassembly-cuboid-kernels.js";
import { linear, picture } from "./moving-pictures.js";

const codebooks = usualCodebooks();
const engines = (): readonly [CuboidKernels, CuboidKernels] => [
  openWebAssemblyCuboids(codebooks)!,
  openJavascriptCuboids(codebooks),
];

/** How far sums are apart, as a part of their length. */
const gap = (a: Float32Array, b: Float32Array): number =>
  Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...b);

test("cuboid-kernels.wat is what is built in", async () => {
  const source = new URL("../../../src/features/motion/cuboid-kernels.wat", import.meta.url);
  const { parseWat } = await wabt();
  const module = parseWat("cuboid-kernels.wat", await readFile(source, "utf8"), { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  expect(Buffer.from(buffer).toString("base64")).toBe(cuboidKernelsBase64);
});

test("WebAssembly and JavaScript add up the same of a film", () => {
  // Turns on and on, which is no motion of the camera.
  const n = 8;
  const frames = Buffer.concat(
    Array.from({ length: n }, (_, i) => picture(linear(0, 0.06 * i, -0.05 * i, 0.02 * i))),
  );
  const times = Float64Array.from({ length: n }, (_, i) => i / 15);
  const motion = createMotionExtractor({ columns: 16, rows: 12 }).push(frames, times, n);
  const all = engines();
  for (const kernels of all) {
    const cutter = createCuboidCutter(kernels);
    for (let i = 0; i < motion.n; i++) {
      cutter.next(motion.vectors.subarray(i * 4800, (i + 1) * 4800), motion.timestamps[i]!);
    }
  }
  const [fast, plain] = all;
  for (const [histogram, sum] of fast.sums.entries()) {
    expect(Math.hypot(...sum)).toBeGreaterThan(10);
    expect(gap(sum, plain.sums[histogram]!)).toBeLessThan(1e-4);
  }
});

test("each cuboid at each corner, as it is and mirrored, is the same to both", () => {
  const random = createRandom("roots of quarters");
  const [fast, plain] = engines();
  for (const view of views) {
    for (const [h, planes] of plain.roots[view].entries()) {
      for (const [part, plane] of planes.entries()) {
        plane.set(plane.map(() => random.next()));
        fast.roots[view][h]![part]!.set(plane);
      }
    }
  }
  const [right, below] = [placesAcross - 3, (placesDown - 3) * placesAcross];
  for (const place of [0, right, below, below + right]) {
    for (const view of views) {
      for (const [h, sum] of plain.sums.entries()) {
        for (const kernels of [fast, plain]) {
          kernels.sums[h]!.fill(0);
          kernels.add(h, view, place, 0.2);
        }
        expect(Math.hypot(...sum)).toBeGreaterThan(0.1);
        expect(gap(fast.sums[h]!, sum)).toBeLessThan(1e-4);
      }
    }
  }
});
