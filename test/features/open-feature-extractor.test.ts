import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ContentStore, openContentStore } from "../../src/core/content-store.js";
import type { FeatureExtractor } from "../../src/features/feature-extractor.js";
import {
  type FeatureExtractorOptions,
  openFeatureExtractor,
} from "../../src/features/open-feature-extractor.js";
import { resolveCnn } from "../../src/features/resolve-cnn.js";
import { createGraph, encodeModel } from "../../src/onnx/graph.js";
import { float32, int64 } from "../../src/onnx/tensor.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { frame, frameSize, frames, largestDifference, row } from "./pictures.js";

const directory = sharedDirectory();

const key = `cnn:${(await resolveCnn({ cnn: "mobilenet-v2" })).digest}`;
let store: ContentStore;
let cnn: FeatureExtractor;
let together: Float32Array;

beforeAll(async () => {
  store = openContentStore(join(directory, "cache"));
  cnn = await openFeatureExtractor("mobilenet-v2", { store });
  together = await cnn.extract(frames, 7);
});
afterAll(() => cnn.close());

test("an unknown network or engine is wrong usage", async () => {
  await expect(openFeatureExtractor("vgg-99", { store })).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "cnn",
  });
  const options = { store, engine: "abacus" } as unknown as FeatureExtractorOptions;
  await expect(openFeatureExtractor("mobilenet-v2", options)).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "engine",
  });
});

test("it takes frames of other sides, to the features of the network opened for that side, to the bit", async () => {
  const side = 64;
  const size = side * side * 3;
  const small = frames.slice(0, 3 * size);
  const preprocessing = { inputSize: side };
  await using own = await openFeatureExtractor("mobilenet-v2", {
    store: openContentStore(join(directory, "small-cache")),
    preprocessing,
  });
  expect([cnn.takesAnySize, own.takesAnySize]).toEqual([true, false]);
  expect(await cnn.extract(small, 3, { side })).toEqual(await own.extract(small, 3));
  // In the middle of frames of its own side, nothing changes.
  expect(await cnn.extract(frames, 7)).toEqual(together);
  await expect(cnn.extract(small, 2, { side })).rejects.toBeInstanceOf(RangeError);
  await expect(cnn.extract(small, 3, { side: 0 })).rejects.toBeInstanceOf(RangeError);
  await expect(own.extract(frames, 7, { side: 224 })).rejects.toThrow(
    /64 pixels a side, not of 224/,
  );
});

test("no certain side is taken for any: another layer, engine or side that was chosen", async () => {
  const choices = [
    { precision: "int8" },
    { engine: "tfjs" },
    { layer: "FeatureExtractor/MobilenetV2/expanded_conv_16/project/BatchNorm/FusedBatchNorm" },
    { preprocessing: { inputSize: 224 } },
    { preprocessing: { channels: "bgr" } },
  ] as const;
  const taken = await Promise.all(
    choices.map(
      async (choice) => (await resolveCnn({ cnn: "mobilenet-v2", ...choice })).takesAnySize,
    ),
  );
  expect(taken).toEqual([true, false, false, false, true]);
});

test("the converted network is kept in the store, and nothing else", async () => {
  const keys: string[] = [];
  for await (const entry of store.list()) keys.push(entry.key);
  expect(keys).toEqual([key]);
});

test("what is in the store is used, without the weights being read again", async () => {
  // A network of another kind under the same key: it gives the level of the first pixel, 1280 times.
  const graph = createGraph("first pixel");
  const input = graph.input("frames", "uint8", ["n", "height", "width", 3]);
  const [zeros, ones] = [0, 1].map((bound) => graph.constant(int64([bound, bound, bound])));
  const axes = graph.constant(int64([1, 2, 3]));
  const first = graph.node("Slice", [input, zeros!, ones!, axes]);
  const level = graph.node("Cast", [graph.node("Squeeze", [first, axes])], { to: { i: 1 } });
  const column = graph.node("Unsqueeze", [level, graph.constant(int64([1]))]);
  const copies = graph.constant(float32(new Float32Array(1280).fill(1), [1, 1280]));
  graph.output(graph.node("MatMul", [column, copies]), "float32", ["n", 1280], "features");
  const other = openContentStore(join(directory, "other-cache"));
  await other.put(key, encodeModel(graph), { dimension: 1280, inputSize: 224 });
  await using substitute = await openFeatureExtractor("mobilenet-v2", { store: other });
  const features = await substitute.extract(frames, 7);
  const levels = Array.from({ length: 7 }, (_, i) => frames[i * frameSize]!);
  expect(Array.from({ length: 7 }, (_, i) => features[i * 1280 + 5])).toEqual(levels);
});

test("a damaged entry is converted again, not trusted", async () => {
  const damaged = join(directory, "damaged-cache");
  const kept = await store.get(key);
  await openContentStore(damaged).put(key, kept!.data, kept!.metadata);
  const entries = await readdir(join(damaged, "content-v2"), {
    recursive: true,
    withFileTypes: true,
  });
  const [file] = entries.filter((entry) => entry.isFile());
  const path = join(file!.parentPath, file!.name);
  const bytes = await readFile(path);
  bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 1000);
  await writeFile(path, bytes);
  const told: string[] = [];
  const watched = openContentStore(damaged, (name) => told.push(name));
  await using mended = await openFeatureExtractor("mobilenet-v2", { store: watched });
  const features = await mended.extract(frame(6), 1);
  expect(largestDifference([...features], row(together, 6))).toBeLessThan(1e-4);
  expect(told).toEqual([key]);
});

test("a store that cannot be written costs the conversion, not the work", async () => {
  const path = join(directory, "a-file");
  await writeFile(path, "not a directory");
  await using opened = await openFeatureExtractor("mobilenet-v2", {
    store: openContentStore(path),
  });
  const features = await opened.extract(frame(6), 1);
  expect(largestDifference([...features], row(together, 6))).toBeLessThan(1e-4);
});

test("without a store the network is kept in the cache directory", async () => {
  const cache = join(directory, "cache-of-its-own");
  const before = process.env.MUYBRIDGE_CACHE_DIR;
  process.env.MUYBRIDGE_CACHE_DIR = cache;
  try {
    await (await openFeatureExtractor()).close();
  } finally {
    if (before === undefined) delete process.env.MUYBRIDGE_CACHE_DIR;
    else process.env.MUYBRIDGE_CACHE_DIR = before;
  }
  expect(await openContentStore(cache).get(key)).toBeDefined();
});
