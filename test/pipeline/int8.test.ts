import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type LabelledVideo,
  label,
  MuybridgeError,
  openDataset,
  openFeatureExtractor,
  openModel,
  train,
} from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { openContentStore } from "../../src/core/content-store.js";
import { writeSmallCnn } from "../features/small-cnn.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares } from "./growing-squares.js";

const root = sharedDirectory();
const data = join(root, "squares");
const cnn = join(root, "small.tflite");
const cacheDir = join(root, "cache");
const modelDir = join(root, "model");
const settings = {
  cnn,
  precision: "int8",
  count: 6,
  hidden: 8,
  epochs: 2,
  seed: 3,
  jobs: 2,
} as const;

beforeAll(async () => {
  await writeFile(cnn, writeSmallCnn());
  await writeGrowingSquares(data, 4);
});

test("train measures a network's ranges on training clips, and the model keeps them", async () => {
  const stages = new Set<string>();
  await using model = await train(await openDataset(data), {
    ...settings,
    cacheDir,
    onProgress: ({ stage }) => stages.add(stage),
  });
  expect(stages).toContain("calibrate");
  await model.save(modelDir);
  const record = JSON.parse(await readFile(join(modelDir, "model.json"), "utf8"));
  const { precision, ranges } = record.features.cnn.choice;
  expect(precision).toBe("int8");
  expect(Object.keys(ranges).length).toBeGreaterThan(1);
});

test("the model labels with its own ranges, where no cache knows them", async () => {
  await using model = await openModel(modelDir);
  const elsewhere = join(root, "label-cache");
  const clip = join(data, "grow", "v_grow_g01_c01.mp4");
  const results: LabelledVideo[] = [];
  for await (const result of label([clip], { model, cacheDir: elsewhere, jobs: 1 })) {
    results.push(result as LabelledVideo);
  }
  expect(results).toMatchObject([{ frames: 6, cached: { features: false } }]);
});

test("training again gives the same model, whatever the cache had measured before", async () => {
  await using first = await openModel(modelDir);
  const other = join(root, "other-cache");
  const store = openContentStore(other);
  const frames = new Uint8Array(32 * 32 * 3).fill(9);
  await (
    await openFeatureExtractor(cnn, { precision: "int8", calibration: frames, store })
  ).close();
  await using again = await train(await openDataset(data), { ...settings, cacheDir: other });
  expect(again.digest).toBe(first.digest);
});

test("without videos that decode, the first one's error is told", async () => {
  const broken = join(root, "broken");
  await writeGrowingSquares(broken, 3);
  const dataset = await openDataset(broken);
  for (const { path } of dataset.items) await writeFile(path, "no video");
  await expect(
    train(dataset, { ...settings, cacheDir: join(root, "cache-of-none") }),
  ).rejects.toMatchObject({ constructor: MuybridgeError, code: "ERR_NOT_A_VIDEO" });
});

test("a processor on which int8 is slower is told of", async () => {
  const store = openContentStore(cacheDir);
  const told: string[] = [];
  // Another number of frames each time, so that something is computed.
  const trainAgain = async (count: number): Promise<void> => {
    const onWarning = (message: string): void => void told.push(message);
    const options = { ...settings, count, cacheDir, onWarning };
    await (await train(await openDataset(data), options)).close();
  };
  await trainAgain(2);
  const keys: string[] = [];
  for await (const { key } of store.list()) if (key.startsWith("cnn-speed:")) keys.push(key);
  expect(keys).toHaveLength(1);
  told.length = 0;
  await store.put(keys[0]!, "", { float32: 2, int8: 3 });
  await trainAgain(5);
  expect(told.filter((message) => message.includes("1.5 times as long in int8"))).toHaveLength(1);
});
