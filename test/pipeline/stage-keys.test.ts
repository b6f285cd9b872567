import { execFileSync } from "node:child_process";
import { copyFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LabelledVideo, label, type Model, openDataset, train } from "muybridge";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VideoInfo } from "../../src/frames/decoder.js";
import { calibrate } from "../../src/pipeline/calibrate.js";
import {
  chooseFeatureSettings,
  type FeatureChoices,
  openFeatureStage,
} from "../../src/pipeline/feature-stage.js";
import type { FrameEncoding } from "../../src/pipeline/frame-encoding.js";
import { probeThroughCache } from "../../src/pipeline/probe-stage.js";
import { openStageCache } from "../../src/pipeline/stage-cache.js";
import type { WorkerPool } from "../../src/pipeline/worker-pool.js";
import { writeSmallCnn } from "../features/small-cnn.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "./growing-squares.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const clip = join(root, "clip.mp4");
const cnn = join(root, "small.tflite");
const otherCnn = join(root, "other.tflite");
const hasFfmpeg = (() => {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn("SKIPPED: features by another decoder. The ffmpeg program is missing.");
    return false;
  }
})();
let pool: WorkerPool;

beforeAll(async () => {
  await writeSquare(clip, "grow", "clip");
  const file = writeSmallCnn();
  await writeFile(cnn, file);
  // The same network with another byte of its weights.
  const at = Buffer.from(file).lastIndexOf("second kernel") - 200;
  await writeFile(otherCnn, file.with(at, file[at]! ^ 1));
  // The processes run what is built.
  const built = new URL("../../dist/src/pipeline/worker-pool.js", import.meta.url).href;
  const { openWorkerPool } = (await import(
    built
  )) as typeof import("../../src/pipeline/worker-pool.js");
  pool = openWorkerPool({ jobs: 1 });
});

afterAll(() => pool.close());

const base: FeatureChoices = { cnn, count: 4 };

/** The features of a video by some choices, and what of them the cache held. */
async function extract(
  choices: FeatureChoices = {},
  cacheFrames: FrameEncoding | "none" = "lossless",
  path = clip,
) {
  const cache = openStageCache({ cacheDir });
  const { count, ...rest } = base;
  const sampled = ["fps", "keyframes", "every"].some((way) => way in choices);
  const chosen = chooseFeatureSettings({ ...rest, ...(sampled ? {} : { count }), ...choices });
  const settings = await calibrate(chosen, async () => ({ paths: [path] }), { cache, pool }, {});
  const stage = await openFeatureStage(settings, cache, pool, {
    ...(cacheFrames === "none" ? {} : { cacheFrames }),
  });
  const { framesCached, cached, features } = await stage.clip(
    path,
    await cache.contentDigest(path),
  );
  return { frames: framesCached, features: cached, values: features };
}

const nothing = { frames: false, features: false };
const frames = { frames: true, features: false };
const all = { frames: true, features: true };

describe("of a video whose frames and features are kept, another", () => {
  beforeAll(async () => {
    expect(await extract()).toMatchObject(nothing);
    expect(await extract()).toMatchObject(all);
  });

  test.each<[string, FeatureChoices, typeof nothing]>([
    ["number of frames", { count: 5 }, nothing],
    ["rate", { fps: 3 }, nothing],
    ["plan: keyframes", { keyframes: true }, nothing],
    ["plan: every n-th frame", { every: 4 }, nothing],
    ["limit", { every: 4, limit: 2 }, nothing],
    ["start", { start: 0.5 }, nothing],
    ["end", { end: 1 }, nothing],
    ["fit: crop", { fit: "crop" }, nothing],
    ["fit: pad", { fit: "pad" }, nothing],
    ["CNN", { cnn: otherCnn }, frames],
    ["layer", { cnnLayer: "first" }, frames],
    ["precision", { precision: "int8" }, frames],
    ["order of the colours", { preprocessing: { channels: "bgr" } }, frames],
    ["scale", { preprocessing: { scale: 0.01 } }, frames],
    ["mean", { preprocessing: { mean: [1, 2, 3] } }, frames],
    ["deviation", { preprocessing: { deviation: [2, 2, 2] } }, frames],
    ...(hasFfmpeg ? [["decoder", { decoder: "ffmpeg" } as const, nothing] as const] : []),
  ] as [string, FeatureChoices, typeof nothing][])(
    "%s computes that stage and those after it, once",
    async (_, choices, expected) => {
      expect(await extract(choices)).toMatchObject(expected);
      expect(await extract(choices)).toMatchObject(all);
      expect(await extract()).toMatchObject(all);
    },
  );

  test("encoding of the frames: lossless ones give the same features as none, webp others", async () => {
    const { values } = await extract();
    const own = { start: 0.25 };
    const without = await extract(own, "none");
    expect(without).toMatchObject(nothing);
    // The features were kept without their frames, and serve with them.
    expect(await extract(own)).toMatchObject(all);
    expect((await extract({ cnn: otherCnn, ...own })).frames).toBe(false);
    const lossy = await extract({}, "webp");
    expect(lossy).toMatchObject(nothing);
    expect(lossy.values).not.toEqual(values);
    expect(await extract({}, "webp")).toMatchObject(all);
    expect(await extract()).toMatchObject(all);
  });

  test.each(["lossless", "webp"] as const)(
    "features of kept frames (%s) are those of frames that were just decoded",
    async (encoding) => {
      const first = await extract({ cnn: otherCnn, end: 1.5 }, encoding);
      const own = { end: 1.5, cnnLayer: "first" };
      const fromKept = await extract(own, encoding);
      expect([first.frames, fromKept.frames]).toEqual([false, true]);
      const before = openStageCache({ cacheDir });
      await before.clear();
      const decoded = await extract(own, encoding);
      expect(decoded.frames).toBe(false);
      expect(decoded.values).toEqual(fromKept.values);
    },
  );
});

test("a renamed, copied or touched video is found again in every stage, a changed one in none", async () => {
  const path = join(root, "first.mp4");
  await writeSquare(path, "shrink", "first");
  const info = async (file: string): Promise<{ info: VideoInfo; hits: number | undefined }> => {
    const cache = openStageCache({ cacheDir });
    const before = (await cache.use()).probe?.hits ?? 0;
    const contentDigest = await cache.quickDigest(file);
    const found = await probeThroughCache({ path: file, contentDigest }, cache);
    await cache.close();
    return { info: found, hits: (await cache.use()).probe!.hits - before };
  };
  const first = await info(path);
  expect(first).toMatchObject({ hits: 0, info: { width: 96, height: 72, duration: 2 } });
  expect(await extract({}, "lossless", path)).toMatchObject(nothing);
  const isKnown = async (file: string): Promise<void> => {
    expect(await info(file)).toEqual({ ...first, hits: 1 });
    expect(await extract({}, "lossless", file)).toMatchObject(all);
  };
  await copyFile(path, join(root, "copy.mp4"));
  await isKnown(join(root, "copy.mp4"));
  await utimes(path, new Date(), new Date());
  await isKnown(path);
  await rename(path, join(root, "renamed.mp4"));
  await isKnown(join(root, "renamed.mp4"));
  await writeSquare(path, "shrink", "changed");
  expect((await info(path)).hits).toBe(0);
  expect(await extract({}, "lossless", path)).toMatchObject(nothing);
});

test("another model computes predictions alone, and what only shapes the output nothing", async () => {
  const data = join(root, "squares");
  await writeGrowingSquares(data, 3);
  const dataset = await openDataset(data);
  const settings = { ...base, hidden: 4, epochs: 1, jobs: 1, cacheDir };
  const trained = (seed: number, choices: FeatureChoices = {}): Promise<Model> =>
    train(dataset, { ...settings, seed, ...choices });
  await using model = await trained(1);
  await using other = await trained(2);
  await using ofOtherCnn = await trained(1, { cnn: otherCnn });
  const cachedBy = async (options: Partial<Parameters<typeof label>[1]>): Promise<unknown> => {
    for await (const result of label([clip], { model, cacheDir, jobs: 1, ...options })) {
      return (result as LabelledVideo).cached;
    }
    return undefined;
  };
  await extract();
  expect(await cachedBy({})).toEqual({ frames: true, features: true, predictions: false });
  expect(await cachedBy({})).toEqual({ frames: true, features: true, predictions: true });
  const shaped = { top: 1, threshold: 0.9, strict: true };
  expect(await cachedBy(shaped)).toEqual({ frames: true, features: true, predictions: true });
  expect(await cachedBy({ model: other })).toEqual({
    frames: true,
    features: true,
    predictions: false,
  });
  expect(await cachedBy({ model: ofOtherCnn, cacheFrames: "lossless" })).toEqual({
    frames: true,
    features: false,
    predictions: false,
  });
  // A window decides how densely frames are taken; a stride only how the windows lie over them.
  const [dense, wide] = [
    { window: 1, stride: 0.5 },
    { window: 1, stride: 1 },
  ];
  expect(await cachedBy(dense)).toEqual({ ...nothing, predictions: false });
  expect(await cachedBy(wide)).toEqual({ ...all, predictions: false });
  expect(await cachedBy(dense)).toEqual({ ...all, predictions: true });
  expect(await cachedBy({})).toEqual({ frames: true, features: true, predictions: true });
});
