import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  evaluate,
  type LabelledVideo,
  type LabelOptions,
  label,
  type Model,
  openDataset,
  openModel,
  train,
} from "muybridge";
import { beforeAll, describe, expect, test } from "vitest";
import { openStageCache } from "../../../src/pipeline/stage-cache.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import {
  type PatternPart,
  patternClasses,
  writePatternSet,
  writePatterns,
} from "./pattern-clips.js";

const root = sharedDirectory();
const data = join(root, "patterns");
const cacheDir = join(root, "cache");
const film = join(root, "film.mp4");
const settings = { count: 8, hidden: 16, epochs: 20, batchSize: 6, seed: 1, jobs: 2, cacheDir };
const parts: readonly PatternPart[] = (
  [
    ["checks", 3.7],
    ["rings", 2.3],
    ["stripes", 4.1],
    ["checks", 2.4],
    ["stripes", 3],
    ["rings", 4.5],
  ] as const
).map(([label, seconds], index) => ({ label, seconds, seed: `unseen ${index}` }));
const duration = 20;

beforeAll(async () => {
  await writePatternSet(data, 8);
  await writePatterns(film, parts);
});

async function labelOne(
  path: string,
  options: Partial<LabelOptions> & Pick<LabelOptions, "model">,
): Promise<LabelledVideo> {
  for await (const result of label([path], { cacheDir, jobs: 1, ...options })) {
    if ("error" in result) throw new Error(JSON.stringify(result));
    return result;
  }
  throw new Error("There is no result.");
}

/** Part of the film whose label is the true one. */
function frameAccuracy({ segments }: LabelledVideo): number {
  let right = 0;
  let from = 0;
  for (const { label, seconds } of parts) {
    for (const segment of segments) {
      if (segment.label !== label) continue;
      right += Math.max(0, Math.min(segment.end, from + seconds) - Math.max(segment.start, from));
    }
    from += seconds;
  }
  return right / from;
}

/** Times at which one part follows another. */
function cuts(): number[] {
  let time = 0;
  return parts.slice(0, -1).map(({ seconds }) => {
    time += seconds;
    return time;
  });
}

/** Farthest that a cut is from the nearest boundary between segments, in seconds. */
function worstCut({ segments }: LabelledVideo): number {
  const boundaries = segments.slice(1).map(({ start }) => start);
  return Math.max(
    ...cuts().map((cut) => Math.min(...boundaries.map((boundary) => Math.abs(boundary - cut)))),
  );
}

const labelsOf = ({ segments }: LabelledVideo): string[] => segments.map(({ label }) => label);
const featureEntries = async (): Promise<number> =>
  (await openStageCache({ cacheDir }).use()).features?.entries ?? 0;

describe("windows of a model that labels clips", () => {
  const window = 2;
  const stride = 0.5;
  let model: Model;
  beforeAll(async () => {
    model = await train(await openDataset(data), settings);
    return () => model.close();
  });

  test("find the parts of a film, each boundary within one stride", async () => {
    const result = await labelOne(film, { model, window, stride });
    expect(labelsOf(result)).toEqual(parts.map(({ label }) => label));
    expect(worstCut(result)).toBeLessThanOrEqual(stride);
    expect(frameAccuracy(result)).toBeGreaterThan(0.95);
    expect(result.segments[0]!.start).toBe(0);
    expect(result.segments.at(-1)!.end).toBe(duration);
    expect(result.label).toBe("stripes");
    expect(result.top.map(({ confidence }) => confidence).reduce((a, b) => a + b)).toBeCloseTo(
      1,
      4,
    );
    expect(result).not.toHaveProperty("track");
  });

  test("share their frames: one pass over the file, whatever the stride, and none again", async () => {
    const before = await featureEntries();
    const own = join(root, "once.mp4");
    await writePatterns(own, [...parts].reverse());
    const first = await labelOne(own, { model, window, stride });
    expect(first.cached).toEqual({ frames: false, features: false, predictions: false });
    // 8 frames a window of 2 s, each once, though every moment is in four windows.
    expect(first.frames).toBe((duration * settings.count) / window);
    expect(await featureEntries()).toBe(before + 1);
    const finer = await labelOne(own, { model, window, stride: 0.25 });
    expect(finer.cached).toEqual({ frames: true, features: true, predictions: false });
    const again = await labelOne(own, { model, window, stride, threshold: 0.6 });
    expect(again.cached).toEqual({ frames: true, features: true, predictions: true });
    const same = await labelOne(own, { model, window, stride });
    expect({ ...same, cached: first.cached, elapsedMs: 0 }).toEqual({ ...first, elapsedMs: 0 });
  });

  test("leave a video that is not longer than one as it is without them", async () => {
    const clip = join(data, "rings", "v_rings_g01_c01.mp4");
    const plain = await labelOne(clip, { model });
    for (const window of [2, 2.7]) {
      const { label, confidence, top, segments, frames } = await labelOne(clip, { model, window });
      expect({ label, confidence, top, frames }).toEqual({
        label: plain.label,
        confidence: plain.confidence,
        top: plain.top,
        frames: plain.frames,
      });
      expect(segments).toHaveLength(1);
      expect(segments[0]).toMatchObject({ start: 0, end: 2, label });
    }
  });

  test("give their track where it is asked for", async () => {
    const { track } = await labelOne(film, { model, window, stride, track: true });
    expect(track!.classes).toEqual([...patternClasses]);
    expect(track!.times).toEqual(Array.from({ length: duration / stride }, (_, i) => i * stride));
    expect(track!.probabilities).toHaveLength(track!.times.length);
    for (const row of track!.probabilities) {
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
    }
    // In the middle of the first part nobody doubts.
    expect(track!.probabilities[3]![0]).toBeGreaterThan(0.9);
  });

  test("say unknown where nothing is certain enough, around the cuts first", async () => {
    const some = await labelOne(film, { model, window, stride, threshold: 0.999, minLength: 0 });
    const found = labelsOf(some).filter((label) => label !== "unknown");
    expect(found.length).toBeGreaterThan(0);
    // No class has as much of the film as that.
    expect(some.label).toBe("unknown");
    const all = await labelOne(film, { model, window, stride, threshold: 1, minLength: 100 });
    expect(all.segments).toHaveLength(1);
  });

  test.each([
    [{ stride: 1 }, "stride"],
    [{ minLength: 1 }, "minLength"],
    [{ track: true }, "track"],
    [{ window: 2, stride: 3 }, "stride"],
    [{ window: 2, stride: 0 }, "stride"],
    [{ window: 2, minLength: -1 }, "minLength"],
    [{ window: 0 }, "window"],
    [{ window: Number.NaN }, "window"],
    [{ window: 1e9 }, "window"],
  ])("are refused as %o", async (options, parameter) => {
    await expect(labelOne(film, { model, ...options })).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter,
    });
  });
});

describe("a model that labels each frame", () => {
  const fps = 4;
  const modelDir = join(root, "per-frame");
  let model: Model;
  beforeAll(async () => {
    const { count: _count, ...others } = settings;
    const options = { ...others, fps, output: "sequence" } as const;
    const trained = await train(await openDataset(data), options);
    await trained.save(modelDir);
    await trained.close();
    model = await openModel(modelDir);
    return () => model.close();
  });

  test("is kept as such, and judged by the mean over a clip's frames", async () => {
    expect(model.record.network).toMatchObject({ output: "sequence", input: "standardised" });
    const { accuracy, predictions } = await evaluate(model, await openDataset(data), { cacheDir });
    expect(accuracy).toBeGreaterThan(0.8);
    const { path, confidence } = predictions[0]!;
    expect((await labelOne(path, { model })).confidence).toBeCloseTo(confidence, 5);
  });

  test("gives the frames of a film their labels, in one window or in many", async () => {
    // Trained on clips of one label, it hardly changes its mind within a sequence: windows make it forget.
    const whole = await labelOne(film, { model });
    const slid = await labelOne(film, { model, window: 2 });
    expect(frameAccuracy(whole)).toBeGreaterThan(0.5);
    expect(labelsOf(slid)).toEqual(parts.map(({ label }) => label));
    expect(worstCut(slid)).toBeLessThanOrEqual(0.5);
    expect(frameAccuracy(slid)).toBeGreaterThan(frameAccuracy(whole));
    for (const { segments } of [whole, slid]) {
      expect(segments[0]!.start).toBe(0);
      expect(segments.at(-1)!.end).toBe(duration);
    }
    // Windows sample the rate that the model was trained at anyway.
    expect(slid.cached).toMatchObject({ features: true, predictions: false });
    const { track } = await labelOne(film, { model, track: true });
    expect(track!.times).toHaveLength(fps * duration);
  });

  test("is refused where its record contradicts itself", async () => {
    const broken = join(root, "contradiction");
    await cp(modelDir, broken, { recursive: true });
    const record = JSON.parse(await readFile(join(broken, "model.json"), "utf8"));
    record.network.input = "changes";
    await writeFile(join(broken, "model.json"), JSON.stringify(record));
    await expect(openModel(broken)).rejects.toMatchObject({
      code: "ERR_MODEL_INVALID",
      parameter: "network",
    });
  });

  test("is refused without a recurrent network", async () => {
    const options = { ...settings, rnn: "meanpool", output: "sequence" } as const;
    await expect(train(await openDataset(data), options)).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "output",
    });
  });
});
