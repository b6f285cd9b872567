import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ContentStore, openContentStore } from "../../src/core/content-store.js";
import { createRandom } from "../../src/core/random.js";
import { describeCnn } from "../../src/features/describe-cnn.js";
import type { FeatureExtractor } from "../../src/features/feature-extractor.js";
import {
  type FeatureExtractorOptions,
  openFeatureExtractor,
} from "../../src/features/open-feature-extractor.js";
import { resolveCnn } from "../../src/features/resolve-cnn.js";
import { createGraph, encodeModel } from "../../src/onnx/graph.js";
import { float32, int64 } from "../../src/onnx/tensor.js";
import { sharedDirectory } from "../frames/shared-directory.js";

const directory = sharedDirectory();
const frameSize = 224 * 224 * 3;

/** Seven pictures that nobody would mistake for one another. */
const pictures: readonly ((x: number, y: number, c: number) => number)[] = [
  () => 0,
  () => 255,
  (x) => x,
  (_, y) => y,
  (x, y) => (((x >> 4) + (y >> 4)) % 2) * 255,
  (x, y, c) => (Math.hypot(x - 112, y - 112) < 60 ? [230, 40, 20][c]! : [20, 60, 90][c]!),
  noise(),
];

function noise(): () => number {
  const random = createRandom("noise");
  return () => random.integer(0, 255);
}

const frames = new Uint8Array(pictures.length * frameSize);
for (const [i, levelAt] of pictures.entries()) {
  for (let p = 0; p < 224 * 224; p++) {
    for (let c = 0; c < 3; c++) {
      frames[i * frameSize + p * 3 + c] = levelAt(p % 224, Math.floor(p / 224), c);
    }
  }
}

function frame(i: number): Uint8Array {
  return frames.subarray(i * frameSize, (i + 1) * frameSize);
}

function row(features: Float32Array, i: number): number[] {
  return [...features.subarray(i * 1280, (i + 1) * 1280)];
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (u: readonly number[], v: readonly number[]): number =>
    u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const key = `cnn:${(await resolveCnn({ cnn: "mobilenet-v2" })).digest}`;
let store: ContentStore;
let cnn: FeatureExtractor;
let together: Float32Array;

beforeAll(async () => {
  store = openContentStore(join(directory, "cache"));
  cnn = await openFeatureExtractor("mobilenet-v2", { store });
  together = await cnn.extract(frames, pictures.length);
});
afterAll(() => cnn.close());

test("it says what it is", async () => {
  const { id, digest, dimension, inputSize } = cnn;
  expect({ id, digest, dimension, inputSize }).toEqual(
    await describeCnn({ cnn: "mobilenet-v2" }, store),
  );
  expect([dimension, inputSize]).toEqual([1280, 224]);
});

test("a frame gives 1280 finite numbers, means of Relu6 values", () => {
  expect(together).toBeInstanceOf(Float32Array);
  expect(together).toHaveLength(7 * 1280);
  expect(together.every((value) => value >= 0 && value <= 6)).toBe(true);
  // Dead features would be of no use.
  for (let i = 0; i < 7; i++)
    expect(row(together, i).filter((v) => v > 0).length).toBeGreaterThan(50);
});

test("a frame's features do not depend on the other frames of its batch", async () => {
  for (let i = 0; i < pictures.length; i++) {
    const alone = await cnn.extract(frame(i), 1);
    expect(largestDifference([...alone], row(together, i))).toBeLessThan(1e-4);
  }
  const [head, tail] = [frames.subarray(0, 5 * frameSize), frames.subarray(5 * frameSize)];
  const parts = [...(await cnn.extract(head, 5)), ...(await cnn.extract(tail, 2))];
  expect(largestDifference(parts, [...together])).toBeLessThan(1e-4);
});

test("the features come in the order of the frames", async () => {
  const reversed = new Uint8Array(frames.length);
  for (let i = 0; i < 7; i++) reversed.set(frame(6 - i), i * frameSize);
  const features = await cnn.extract(reversed, 7);
  for (let i = 0; i < 7; i++) {
    expect(largestDifference(row(features, i), row(together, 6 - i))).toBeLessThan(1e-4);
  }
});

test("different pictures give different features", () => {
  for (let i = 0; i < 7; i++) {
    for (let j = 0; j < i; j++) {
      expect(cosine(row(together, i), row(together, j)), `${i} and ${j}`).toBeLessThan(0.99);
    }
  }
});

test("a picture moved by a pixel is nearer to itself than to any other", async () => {
  const moved = new Uint8Array(frameSize);
  moved.set(frame(5).subarray(3));
  const features = [...(await cnn.extract(moved, 1))];
  const likeness = pictures.map((_, i) => cosine(features, row(together, i)));
  expect(likeness.indexOf(Math.max(...likeness))).toBe(5);
});

test("the order of the colours matters", async () => {
  const swapped = frame(5).slice();
  for (let p = 0; p < frameSize; p += 3) swapped.subarray(p, p + 3).reverse();
  const features = [...(await cnn.extract(swapped, 1))];
  expect(cosine(features, row(together, 5))).toBeLessThan(0.99);
});

test("frames are not altered, and may be a view", async () => {
  const padded = new Uint8Array(frameSize + 7);
  padded.set(frame(4), 7);
  const features = await cnn.extract(padded.subarray(7), 1);
  expect(largestDifference([...features], row(together, 4))).toBeLessThan(1e-4);
  expect(Buffer.compare(padded.subarray(7), frame(4))).toBe(0);
});

test.each([
  ["too few bytes", frameSize - 1, 1],
  ["too many bytes", frameSize + 1, 1],
  ["bytes of another number of frames", 2 * frameSize, 3],
  ["no frames", 0, 0],
  ["less than none", 0, -1],
  ["half a frame", frameSize / 2, 0.5],
  ["a number that is none", frameSize, Number.NaN],
])("%s are a RangeError", async (_, length, n) => {
  await expect(cnn.extract(new Uint8Array(length), n)).rejects.toBeInstanceOf(RangeError);
});

test("an aborted signal stops it", async () => {
  const reason = new Error("no more");
  const extracting = cnn.extract(frame(0), 1, { signal: AbortSignal.abort(reason) });
  await expect(extracting).rejects.toBe(reason);
});

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

test("a second opening gives the same features to the bit", async () => {
  await using again = await openFeatureExtractor("mobilenet-v2", { store });
  const [one, two] = [await cnn.extract(frame(6), 1), await again.extract(frame(6), 1)];
  expect(Buffer.compare(Buffer.from(one.buffer), Buffer.from(two.buffer))).toBe(0);
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
