import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { planMotions } from "../../datasets/motions/clip-plan.js";
import { renderMotionsClip } from "../../datasets/motions/render-clip.js";
import { openContentStore } from "../../src/core/content-store.js";
import { describeCnn } from "../../src/features/describe-cnn.js";
import { int8Speed } from "../../src/features/int8-speed.js";
import { openFeatureExtractor } from "../../src/features/open-feature-extractor.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { cosine, noisyFrames } from "./int8-networks.js";
import { smallCnnSize, writeSmallCnn } from "./small-cnn.js";

const directory = sharedDirectory();
const store = openContentStore(join(directory, "cache"));

test("mobilenet-v2 in int8 gives nearly the features of float32, on rendered clips", async () => {
  // Of another seed than the clips that its ranges were measured on.
  const plans = planMotions({ clipsPerClass: 1, seed: 77 }).filter((_, index) => index % 5 === 0);
  const clips = join(directory, "clips");
  await mkdir(clips);
  await using float32 = await openFeatureExtractor("mobilenet-v2", { store });
  await using int8 = await openFeatureExtractor("mobilenet-v2", { store, precision: "int8" });
  const likeness: number[] = [];
  for (const [index, plan] of plans.entries()) {
    const path = join(clips, `${index}.mp4`);
    await renderMotionsClip(plan, path);
    for await (const { frames, n } of sampleFrames(path, { count: 3 })) {
      const [a, b] = [await float32.extract(frames, n), await int8.extract(frames, n)];
      for (let i = 0; i < n; i++) {
        const [from, to] = [i * 1280, (i + 1) * 1280];
        likeness.push(cosine(a.subarray(from, to), b.subarray(from, to)));
      }
    }
  }
  likeness.sort((a, b) => a - b);
  expect(likeness.length).toBeGreaterThanOrEqual(6);
  expect(likeness[likeness.length >> 1]).toBeGreaterThan(0.995);
  expect(likeness[0]).toBeGreaterThan(0.985);
});

test("it is as good on smaller frames", async () => {
  const side = 128;
  const [plan] = planMotions({ clipsPerClass: 1, seed: 78 });
  const path = join(directory, "small.mp4");
  await renderMotionsClip(plan!, path);
  await using float32 = await openFeatureExtractor("mobilenet-v2", { store });
  await using int8 = await openFeatureExtractor("mobilenet-v2", { store, precision: "int8" });
  for await (const { frames, n } of sampleFrames(path, { count: 3, size: side })) {
    const [a, b] = [
      await float32.extract(frames, n, { side }),
      await int8.extract(frames, n, { side }),
    ];
    expect(cosine(a, b)).toBeGreaterThan(0.985);
  }
});

test("it is a network of its own: another digest, a third of the size", async () => {
  const [float32, int8] = [
    await describeCnn({ cnn: "mobilenet-v2" }, store),
    await describeCnn({ cnn: "mobilenet-v2", precision: "int8" }, store),
  ];
  expect(int8).toMatchObject({ dimension: 1280, inputSize: 224 });
  expect(int8.digest).not.toBe(float32.digest);
  const [whole, small] = [
    await store.get(`cnn:${float32.digest}`),
    await store.get(`cnn:${int8.digest}`),
  ];
  expect(small!.data.length).toBeLessThan(whole!.data.length / 3);
});

describe("a network from a file", () => {
  const path = join(directory, "small.tflite");
  const frames = noisyFrames(smallCnnSize);
  const int8 = { precision: "int8", store } as const;

  test("needs frames to be measured on", async () => {
    await writeFile(path, writeSmallCnn());
    await expect(openFeatureExtractor(path, int8)).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "calibration",
      path,
    });
    await expect(describeCnn({ cnn: path, precision: "int8" }, store)).rejects.toThrow(
      /ranges that .*small\.tflite takes/,
    );
  });

  test("measured on frames, it gives nearly the features of float32, and says its ranges", async () => {
    await using float32 = await openFeatureExtractor(path, { store });
    await using measured = await openFeatureExtractor(path, { ...int8, calibration: frames });
    const [a, b] = [await float32.extract(frames, 2), await measured.extract(frames, 2)];
    expect(cosine(a, b)).toBeGreaterThan(0.998);
    expect(Object.keys(measured.ranges!).length).toBeGreaterThan(1);
    expect(float32.ranges).toBeUndefined();
  });

  test("is remembered: it opens without frames, and with the ranges alone", async () => {
    await using first = await openFeatureExtractor(path, { ...int8, calibration: frames });
    await using again = await openFeatureExtractor(path, int8);
    expect(again.digest).toBe(first.digest);
    expect((await describeCnn({ cnn: path, precision: "int8" }, store)).digest).toBe(first.digest);
    const elsewhere = openContentStore(join(directory, "another-cache"));
    await using told = await openFeatureExtractor(path, {
      ...int8,
      store: elsewhere,
      ranges: first.ranges!,
    });
    expect(told.digest).toBe(first.digest);
    expect(await told.extract(frames, 2)).toEqual(await first.extract(frames, 2));
  });

  test("other frames make another network", async () => {
    await using one = await openFeatureExtractor(path, { ...int8, calibration: frames });
    const dark = frames.map((level) => level >> 2);
    await using other = await openFeatureExtractor(path, { ...int8, calibration: dark });
    expect(other.digest).not.toBe(one.digest);
  });

  test("frames that are none, or not wanted, are refused", async () => {
    const short = frames.subarray(1);
    await expect(
      openFeatureExtractor(path, { ...int8, calibration: short }),
    ).rejects.toBeInstanceOf(RangeError);
    await expect(openFeatureExtractor(path, { store, calibration: frames })).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "calibration",
    });
  });

  test("its speed in both precisions is measured once, and again where that is asked for", async () => {
    await using known = await openFeatureExtractor(path, { ...int8, calibration: frames });
    const choice = { cnn: path, precision: "int8", ranges: known.ranges! } as const;
    const speed = await int8Speed(choice, store);
    expect(speed.float32).toBeGreaterThan(0);
    expect(speed.int8).toBeGreaterThan(0);
    expect(await int8Speed(choice, store)).toEqual(speed);
    expect(await int8Speed(choice, store, { anew: true })).not.toEqual(speed);
  });
});

test("the catalogue's ranges are for its own layer and preprocessing alone", async () => {
  const layer = "FeatureExtractor/MobilenetV2/expanded_conv_16/project/BatchNorm/FusedBatchNormV3";
  await expect(
    openFeatureExtractor("mobilenet-v2", { store, precision: "int8", layer }),
  ).rejects.toMatchObject({ code: "ERR_USAGE" });
  await expect(
    openFeatureExtractor("mobilenet-v2", {
      store,
      precision: "int8",
      preprocessing: { scale: 1 / 255 },
    }),
  ).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "calibration" });
});

test("TensorFlow.js does not compute in int8", async () => {
  await expect(
    openFeatureExtractor("mobilenet-v2", { store, precision: "int8", engine: "tfjs" }),
  ).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "precision" });
});
