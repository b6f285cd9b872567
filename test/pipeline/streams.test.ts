import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  exportModel,
  type LabelledVideo,
  label,
  MuybridgeError,
  openDataset,
  openModel,
  train,
} from "muybridge";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.js";
import { decodeSafetensors } from "../../src/core/safetensors.js";
import type { StreamName } from "../../src/features/streams/feature-stream.js";
import { writeVideo } from "../../src/frames/video-writer.js";
import { calibrate } from "../../src/pipeline/calibrate.js";
import { featureBlocks } from "../../src/pipeline/feature-blocks.js";
import {
  type ClipFeatures,
  chooseFeatureSettings,
  type FeatureChoices,
  openFeatureStage,
} from "../../src/pipeline/feature-stage.js";
import type { FrameEncoding } from "../../src/pipeline/frame-encoding.js";
import { openStageCache } from "../../src/pipeline/stage-cache.js";
import { streamKeys } from "../../src/pipeline/stream-keys.js";
import type { WorkerPool } from "../../src/pipeline/worker-pool.js";
import { runProgram } from "../cli/run-program.js";
import { writeSmallCnn } from "../features/small-cnn.js";
import { remux } from "../frames/remux.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "./growing-squares.js";

const root = sharedDirectory();
const clip = join(root, "clip.mp4");
const cnn = join(root, "small.tflite");
const all = ["rgb", "difference", "motion", "cuboids"] as const;
const widths = { rgb: 16, difference: 16, motion: 400, cuboids: 1536 } as const;
let pool: WorkerPool;
/** Tasks that the processes were given, since it was emptied: the streams of each. */
const tasks: string[] = [];

beforeAll(async () => {
  await writeSquare(clip, "grow", "clip");
  await writeFile(cnn, writeSmallCnn());
  // The processes run what is built.
  const built = new URL("../../dist/src/pipeline/worker-pool.js", import.meta.url).href;
  const { openWorkerPool } = (await import(
    built
  )) as typeof import("../../src/pipeline/worker-pool.js");
  const opened = openWorkerPool({ jobs: 1 });
  pool = {
    ...opened,
    run(name, task, ...rest) {
      if ("streams" in task) tasks.push(task.streams.join());
      return opened.run(name, task, ...rest);
    },
  };
});

afterAll(() => pool.close());

/** What the streams tell of a video. */
async function look(
  streams: readonly StreamName[],
  {
    path = clip,
    cacheDir = join(root, "cache"),
    cacheFrames,
    ...choices
  }: FeatureChoices & {
    path?: string;
    cacheDir?: string;
    cacheFrames?: FrameEncoding;
  } = {},
): Promise<ClipFeatures> {
  const cache = openStageCache({ cacheDir });
  const plan = choices.fps === undefined && choices.every === undefined ? { count: 6 } : {};
  const settings = chooseFeatureSettings({ cnn, ...plan, ...choices, streams });
  const stage = await openFeatureStage(settings, cache, pool, cacheFrames ? { cacheFrames } : {});
  return stage.clip(path, await cache.contentDigest(path));
}

/** The columns of a stream. */
function columns({ features, n, dimension }: ClipFeatures, from: number, width: number): number[] {
  return Array.from({ length: n }, (_, i) => [
    ...features.subarray(i * dimension + from, i * dimension + from + width),
  ]).flat();
}

const state = ({ cached, framesCached }: ClipFeatures) => [cached, framesCached];

test("the key of rgb is what it was before there were other streams", () => {
  const content = "0".repeat(64);
  const digest = "1".repeat(64);
  const inputs = {
    content,
    fit: "stretch",
    size: 224,
    differenceSize: 128,
    cnn: digest,
    frames: undefined,
  } as const;
  const plan = { count: 16 };
  expect(digestOf(streamKeys.rgb({ ...inputs, decoder: "libav", plan }))).toBe(
    "6d93b783efb4cdb07dd20c625da25183aa03140aa720d63b21b34e3f8cb12333",
  );
  const others = { fit: "crop", size: 96, frames: "webp:v1", plan: { fps: 2, start: 1 } } as const;
  expect(digestOf(streamKeys.rgb({ ...inputs, ...others, decoder: "ffmpeg" }))).toBe(
    "dffdf8e5893528721472dbae26ea8f4c07bb8839bdb4bde7e016d63ff1c46401",
  );
});

describe("the streams of a clip", () => {
  test("are joined step by step, as each by itself tells, whatever was kept before", async () => {
    const joined = await look(all);
    expect([joined.n, joined.dimension]).toEqual([6, 1968]);
    expect(joined.features).toHaveLength(6 * 1968);
    expect(state(joined)).toEqual([false, false]);
    let from = 0;
    for (const name of all) {
      const alone = await look([name], { cacheDir: join(root, `alone-${name}`) });
      expect(state(alone)).toEqual([false, false]);
      expect(alone.timestamps).toEqual(joined.timestamps);
      expect([alone.duration, alone.truncated]).toEqual([2, false]);
      expect([...alone.features]).toEqual(columns(joined, from, widths[name]));
      from += widths[name];
    }
  });

  test("are computed together, and what is kept is not computed again", async () => {
    const own = { cacheDir: join(root, "partly") };
    tasks.length = 0;
    await look(["rgb"], own);
    const joined = await look(all, own);
    expect(state(joined)).toEqual([false, false]);
    expect(tasks).toEqual(["rgb", "difference,motion,cuboids"]);
    expect(state(await look(all, own))).toEqual([true, true]);
    expect(state(await look(["rgb", "motion"], own))).toEqual([true, true]);
    // Without the CNN's pictures, what is kept of the flow serves any CNN and any fit.
    const flow = ["motion", "cuboids"] as const;
    expect(state(await look(flow, { ...own, fit: "crop", cnnLayer: "first" }))).toEqual([
      true,
      true,
    ]);
    expect(tasks).toHaveLength(2);
    await look(all, { ...own, fit: "crop" });
    expect(tasks.at(-1)).toBe("rgb,difference");
    await look(all, { ...own, count: 5 });
    expect(tasks.at(-1)).toBe("rgb,difference,motion,cuboids");
    expect((await look(all)).features).toEqual(joined.features);
  });

  test("see kept frames as rgb alone; the others decode", async () => {
    const own = { cacheDir: join(root, "frames"), cacheFrames: "lossless" } as const;
    const first = await look(["rgb"], own);
    expect(state(first)).toEqual([false, false]);
    const otherLayer = { ...own, cnnLayer: "first" };
    expect((await look(["rgb"], otherLayer)).framesCached).toBe(true);
    // The frames serve rgb; difference has to decode, so that it is not said that nothing was.
    const { cnnLayer } = otherLayer;
    const fresh = { ...own, cnnLayer, preprocessing: { scale: 0.01 } };
    tasks.length = 0;
    const joined = await look(all, fresh);
    expect([tasks, joined.framesCached]).toEqual([["rgb,difference,motion,cuboids"], false]);
    const without = await look(all, {
      ...{ cnnLayer, preprocessing: fresh.preprocessing },
      cacheDir: join(root, "no-frames"),
    });
    expect(joined.features).toEqual(without.features);
  });

  test("are as many as the steps of a rate, also of every n-th frame but for difference", async () => {
    const rate = await look(all, { fps: 7 });
    expect([rate.n, rate.dimension]).toEqual([14, 1968]);
    const every = await look(["rgb", "motion"], { every: 4 });
    expect([every.n, every.dimension]).toEqual([5, 416]);
    expect(() => chooseFeatureSettings({ every: 4, streams: all })).toThrow(
      /difference compares frames 0.3 s apart.*Sample by count or fps/,
    );
    expect(() => chooseFeatureSettings({ keyframes: true, streams: ["difference"] })).toThrow(
      expect.objectContaining({ code: "ERR_USAGE", parameter: "streams" }),
    );
  });

  test("of two decoders are nearly the same", async () => {
    const [libav, ffmpeg] = await Promise.all([look(all), look(all, { decoder: "ffmpeg" })]);
    const apart = (from: number, width: number): number[] => {
      const other = columns(ffmpeg, from, width);
      return columns(libav, from, width).map((value, i) => Math.abs(value - other[i]!));
    };
    expect(Math.max(...apart(0, 432))).toBeLessThan(0.1);
    // Cuboids are sums of many, of which those that hardly move are passed over.
    const length = Math.hypot(...columns(libav, 432, 1536));
    expect(Math.hypot(...apart(432, 1536)) / length).toBeLessThan(0.1);
  });

  test("of a part see nothing of what lies outside it", async () => {
    const size = { width: 96, height: 72, frameRate: 10 };
    const black = new Uint8Array(96 * 72 * 3);
    const white = new Uint8Array(96 * 72 * 3).fill(255);
    const path = join(root, "flash.mp4");
    const pictures = Array.from({ length: 30 }, (_, i) => (i < 10 || i >= 20 ? white : black));
    await writeVideo(path, pictures, { ...size, keyframeInterval: 10 });
    const rowsOf = async (count: number, span: { start?: number; end?: number }) => {
      const found = await look(["difference", "motion"], { path, count, ...span });
      return new Set(
        Array.from({ length: count }, (_, i) =>
          found.features.slice(i * 416, (i + 1) * 416).join(),
        ),
      );
    };
    // Black all the time.
    expect((await rowsOf(10, { start: 1, end: 2 })).size).toBe(1);
    expect((await rowsOf(30, {})).size).toBeGreaterThan(2);
  });
});

test("one frame, still pictures, images, GIF and WebP have all streams; what stands still has no motion", async () => {
  const pictures = join(root, "pictures");
  await mkdir(pictures);
  const picture = (level: number) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background: { r: level, g: 9, b: 9 } } });
  const frames: Buffer[] = [];
  for (let i = 0; i < 8; i++) {
    await picture(20 * i)
      .png()
      .toFile(join(pictures, `${i}.png`));
    frames.push(
      await picture(20 * i)
        .png()
        .toBuffer(),
    );
  }
  const animation = sharp(frames, { join: { animated: true } });
  await animation
    .clone()
    .gif({ delay: frames.map(() => 100) })
    .toFile(join(root, "film.gif"));
  await animation
    .clone()
    .webp({ delay: frames.map(() => 100), lossless: true })
    .toFile(join(root, "film.webp"));
  const size = { width: 96, height: 72, frameRate: 10 };
  const grey = new Uint8Array(96 * 72 * 3).fill(77);
  await writeVideo(join(root, "one.mp4"), [grey], size);
  await writeVideo(join(root, "still.mp4"), Array<Uint8Array>(12).fill(grey), size);
  const still = await look(all, { path: join(root, "still.mp4") });
  const neutral = columns(still, 16, 16);
  for (const file of ["one.mp4", "still.mp4"]) {
    const found = await look(all, { path: join(root, file) });
    expect(found.n).toBe(6);
    // Each cell's bin of what stands still, and nothing else.
    expect(columns(found, 32, 144)).toEqual(
      Array.from({ length: 6 * 144 }, (_, i) => (file === "still.mp4" && i % 9 === 8 ? 1 : 0)),
    );
    expect(columns(found, 176, 256 + 1536).every((value) => value === 0)).toBe(true);
    expect(columns(found, 16, 16)).toEqual(neutral);
  }
  for (const path of [
    `images:${pictures}?fps=10`,
    join(root, "film.gif"),
    join(root, "film.webp"),
  ]) {
    for (const plan of [{ count: 6 }, { fps: 4 }]) {
      const found = await look(all, { path, ...plan });
      expect([found.n, found.dimension]).toEqual(["fps" in plan ? 4 : 6, 1968]);
      expect(columns(found, 16, 16)).not.toEqual(neutral.slice(0, found.n * 16));
    }
  }
});

test("a file that breaks off has its streams, and says so", async () => {
  const path = join(root, "broken.mkv");
  await remux(clip, path, { container: "matroska" });
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, whole.length * 0.7));
  const found = await look(all, { path });
  expect([found.n, found.dimension, found.truncated]).toEqual([6, 1968, true]);
  expect(found.duration).toBeLessThan(2);
  expect(await look(all, { path })).toMatchObject({ truncated: true, cached: true });
});

test("a model of all streams is trained, saved, opened and asked, with windows too, and exported without its CNN", async () => {
  const data = join(root, "squares");
  await writeGrowingSquares(data, 2);
  const dataset = await openDataset(data);
  const cacheDir = join(root, "model-cache");
  const directory = join(root, "model");
  {
    await using trained = await train(dataset, {
      ...{ cnn, count: 6, rnn: "meanpool", jobs: 1, cacheDir },
      streams: ["cuboids", "motion", "rgb", "difference"],
    });
    await trained.save(directory);
  }
  const record = JSON.parse(await readFile(join(directory, "model.json"), "utf8"));
  expect([record.version, record.features.streams]).toEqual([5, all]);
  await using model = await openModel(directory);
  expect(featureBlocks(model.record.features)).toEqual(
    all.map((name) => ({ name, dimension: widths[name] })),
  );
  for await (const line of label([clip], { model, cacheDir, jobs: 1, window: 1, stride: 0.5 })) {
    expect((line as LabelledVideo).label).toMatch(/grow|shrink/);
  }
  const out = join(root, "model.onnx");
  await exportModel(model, { format: "onnx", out });
  const refused = exportModel(model, { format: "onnx", out, withCnn: true, cacheDir });
  await expect(refused).rejects.toThrow(
    /streams rgb, difference, motion, cuboids.*without the CNN.*--streams rgb,difference,motion,cuboids/,
  );
  await expect(refused).rejects.toBeInstanceOf(MuybridgeError);
});

test("in int8, the ranges of a network are measured on frames and differences alike", async () => {
  const cache = openStageCache({ cacheDir: join(root, "int8-cache") });
  // Dark frames: their differences are brighter than they are.
  const path = join(root, "dark.mp4");
  const pictures = Array.from({ length: 10 }, (_, i) => new Uint8Array(96 * 72 * 3).fill(2 * i));
  await writeVideo(path, pictures, { width: 96, height: 72, frameRate: 10 });
  const preprocessing = { scale: 0.004 };
  const rangesOf = async (streams: readonly StreamName[]) => {
    const chosen = chooseFeatureSettings({ cnn, preprocessing, precision: "int8", streams });
    const choose = async () => ({ paths: [path] });
    return (await calibrate(chosen, choose, { cache, pool }, {})).cnn.ranges ?? {};
  };
  const [plain, both] = [await rangesOf(["rgb"]), await rangesOf(["rgb", "difference"])];
  expect(Object.keys(both)).toEqual(Object.keys(plain));
  expect(Object.keys(plain).length).toBeGreaterThan(1);
  for (const [name, [low, high]] of Object.entries(plain)) {
    expect(both[name]![0]).toBeLessThanOrEqual(low);
    expect(both[name]![1]).toBeGreaterThanOrEqual(high);
  }
  expect(both).not.toEqual(plain);
  // Those of frames alone are not put in their place once they are known, nor the other way round.
  expect([await rangesOf(all), await rangesOf(["motion"])]).toEqual([both, plain]);
});

test("the program takes streams in any order, and says which there are", async () => {
  const cacheDir = join(root, "cache");
  const out = join(root, "features");
  const run = (streams: string) =>
    runProgram(
      [
        "features",
        clip,
        "--out",
        out,
        "--json",
        "--cnn",
        cnn,
        "--count",
        "6",
        "--streams",
        streams,
      ],
      { cacheDir },
    );
  const [good, bad] = await Promise.all([run("motion,rgb"), run("rgb,flow")]);
  expect(JSON.parse(good.stdout)).toMatchObject({ frames: 6, dimension: 416 });
  expect([good.code, bad.code]).toEqual([0, 2]);
  expect(bad.stderr).toContain("It must be some of rgb,difference,motion,cuboids, each once.");
  const bytes = await readFile(join(out, "clip.safetensors"));
  const file = decodeSafetensors(bytes).get("features")!;
  expect(file.shape).toEqual([6, 416]);
  expect(file.data).toEqual((await look(["rgb", "motion"])).features);
});
