import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openContentStore } from "../../src/core/content-store.js";
import type { FeatureExtractor } from "../../src/features/feature-extractor.js";
import { openFeatureExtractor } from "../../src/features/open-feature-extractor.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { cosine, frames, n, row } from "./pictures.js";

/** Clips of UCF101, where they lie beside the project. */
const clips = fileURLToPath(new URL("../../../shared/data/ucf101-5class", import.meta.url));
const arePresent = existsSync(clips);
if (!arePresent) {
  console.warn(
    "SKIPPED: engines are not compared on real videos, as ../shared/data/ucf101-5class is missing.",
  );
}

/** How like the features of the engines are, for every frame: the cosine of the angle between them. */
const likeness = 0.9999;

const store = openContentStore(join(sharedDirectory(), "cache"));
let onnx: FeatureExtractor;
let tfjs: FeatureExtractor;
beforeAll(async () => {
  onnx = await openFeatureExtractor("mobilenet-v2", { store, engine: "onnx" });
  tfjs = await openFeatureExtractor("mobilenet-v2", { store, engine: "tfjs" });
});
afterAll(async () => {
  await onnx?.close();
  await tfjs?.close();
});

async function leastLikeness(pixels: Uint8Array, count: number): Promise<number> {
  const [one, two] = [await onnx.extract(pixels, count), await tfjs.extract(pixels, count)];
  const each = Array.from({ length: count }, (_, i) => cosine(row(one, i), row(two, i)));
  return Math.min(...each);
}

test("both engines give the same features of drawn pictures", async () => {
  expect(await leastLikeness(frames, n)).toBeGreaterThanOrEqual(likeness);
});

test.skipIf(!arePresent)("both engines give the same features of real videos", async () => {
  const classes = readdirSync(clips, { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(classes.length).toBeGreaterThan(0);
  for (const { name } of classes) {
    const [first] = readdirSync(join(clips, name)).filter((file) => file.endsWith(".avi"));
    for await (const batch of sampleFrames(join(clips, name, first!), { count: 3, size: 224 })) {
      expect(await leastLikeness(batch.frames, batch.n), name).toBeGreaterThanOrEqual(likeness);
    }
  }
});

test("the engines' features are never taken for one another", () => {
  expect(onnx.digest).not.toBe(tfjs.digest);
});

test("TensorFlow.js keeps as many tensors as before, however many frames it computes", async () => {
  const tf = await import("@tensorflow/tfjs-core");
  const picture = frames.subarray(0, tfjs.inputSize ** 2 * 3);
  await tfjs.extract(picture, 1);
  const before = tf.memory();
  for (let i = 0; i < 3; i++) await tfjs.extract(picture, 1);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numBytes).toBe(before.numBytes);
});
