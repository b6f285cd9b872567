import {
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import {
  evaluate,
  type LabelledVideo,
  type LabelResult,
  label,
  type Model,
  openDataset,
  openModel,
  train,
} from "muybridge";
import { beforeAll, describe, expect, test } from "vitest";
import { silentWav } from "../frames/audio-files.js";
import { remux } from "../frames/remux.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "./growing-squares.js";

const root = sharedDirectory();
const data = join(root, "squares");
const cacheDir = join(root, "cache");
const modelDir = join(root, "model");
const settings = {
  count: 8,
  hidden: 32,
  epochs: 40,
  batchSize: 4,
  seed: 3,
  jobs: 2,
} as const;
let model: Model;

beforeAll(async () => {
  await writeGrowingSquares(data, 8);
  const trained = await train(await openDataset(data), { ...settings, cacheDir });
  await trained.save(modelDir);
  await trained.close();
  model = await openModel(modelDir);
  return () => model.close();
});

async function labelAll(
  inputs: Parameters<typeof label>[0],
  options: Partial<Parameters<typeof label>[1]> = {},
): Promise<LabelResult[]> {
  const results: LabelResult[] = [];
  for await (const result of label(inputs, { model, cacheDir, jobs: 2, ...options }))
    results.push(result);
  return results;
}

function labelled(result: LabelResult | undefined): LabelledVideo {
  if (!result || "error" in result) throw new Error(JSON.stringify(result));
  return result;
}

describe("train", () => {
  test("keeps whole groups on one side and remembers the sides", async () => {
    const { splits, training } = model.record;
    expect(training.data.split).toBe("groups");
    expect(Object.keys(splits)).toHaveLength(32);
    expect(training.data.clips.test).toBeGreaterThan(0);
    expect(training.data.clips.validation).toBeGreaterThan(0);
    expect(training.history.length).toBeGreaterThan(0);
  });

  test("gives the same weights to the bit from another cache, and others with another seed", async () => {
    const weights = async (name: string, seed: number, cache: string): Promise<Buffer> => {
      const again = await train(await openDataset(data), {
        ...settings,
        seed,
        epochs: 5,
        cacheDir: cache,
      });
      await again.save(join(root, name));
      await again.close();
      return readFile(join(root, name, "weights.safetensors"));
    };
    const first = await weights("one", 3, cacheDir);
    expect((await weights("two", 3, join(root, "another-cache"))).equals(first)).toBe(true);
    expect((await weights("three", 4, cacheDir)).equals(first)).toBe(false);
  });

  test("opens the model it would make where that is there already, and trains where it is damaged", async () => {
    const directory = join(root, "reused");
    await cp(modelDir, directory, { recursive: true });
    const stages: string[] = [];
    const again = async (): Promise<string> => {
      stages.length = 0;
      const known = await train(await openDataset(data), {
        ...settings,
        cacheDir,
        reuse: directory,
        onProgress: ({ stage }) => stages.push(stage),
      });
      await known.close();
      return known.digest;
    };
    expect(await again()).toBe(model.digest);
    expect(stages).not.toContain("train");
    await writeFile(join(directory, "weights.safetensors"), "damaged");
    expect(await again()).toBe(model.digest);
    expect(stages).toContain("train");
  });

  test("refuses data of one class, and options out of range", async () => {
    await mkdir(join(root, "single"), { recursive: true });
    await cp(join(data, "grow"), join(root, "single", "grow"), { recursive: true });
    const stages = new Set<string>();
    await expect(
      train(await openDataset(join(root, "single")), {
        ...settings,
        cacheDir: join(root, "single-cache"),
        onProgress: ({ stage }) => stages.add(stage),
      }),
    ).rejects.toMatchObject({ code: "ERR_DATASET_INVALID" });
    // Before any features are computed.
    expect([...stages]).toEqual(["identify"]);
    await expect(train(await openDataset(data), { cacheDir, hidden: 0 })).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "hidden",
    });
    await expect(
      train(await openDataset(data), { cacheDir, cnn: "no-such" }),
    ).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "cnn" });
  });

  test("leaves out a clip that cannot be decoded, and says so", async () => {
    const damaged = join(root, "damaged");
    await cp(data, damaged, { recursive: true });
    await writeFile(join(damaged, "grow", "broken_g01_c09.mp4"), "no video");
    const warnings: string[] = [];
    const trained = await train(await openDataset(damaged), {
      ...settings,
      epochs: 1,
      cacheDir,
      onWarning: (message) => warnings.push(message),
    });
    await trained.close();
    // Drawn into the test part, it is not looked at.
    if (trained.record.training.data.failed > 0) {
      expect(warnings.join("\n")).toMatch(/broken_g01_c09\.mp4/);
    }
  });
});

describe("evaluate", () => {
  test("judges the test part alone, beside the mean-pool baseline", async () => {
    const result = await evaluate(model, await openDataset(data), { cacheDir });
    expect(result.split).toBe("test");
    expect(result.n).toBe(model.record.training.data.clips.test);
    expect(result.confusion.flat().reduce((a, b) => a + b, 0)).toBe(result.n);
    // The mean over time is the same for both classes; the order in time is not.
    expect(result.accuracy).toBe(1);
    expect(result.baseline.meanPool.accuracy).toBeLessThan(1);
  });

  test("label says of every file what evaluate said", async () => {
    const { predictions } = await evaluate(model, await openDataset(data), {
      split: "all",
      cacheDir,
    });
    const results = await labelAll(predictions.map(({ path }) => path));
    expect(results.map((result) => labelled(result).label)).toEqual(
      predictions.map((judged) => judged.label),
    );
  });

  test("knows moved clips by their content, and uses data it has never seen whole", async () => {
    const moved = join(root, "moved");
    await cp(data, moved, { recursive: true });
    const names = await readdir(join(moved, "grow"));
    for (const [i, name] of names.entries())
      await rename(join(moved, "grow", name), join(moved, "grow", `${i}.mp4`));
    const result = await evaluate(model, await openDataset(moved), { cacheDir });
    expect([result.split, result.n]).toEqual(["test", model.record.training.data.clips.test]);

    const fresh = join(root, "fresh");
    await mkdir(join(fresh, "grow"), { recursive: true });
    await writeSquare(join(fresh, "grow", "a.mp4"), "grow", "fresh");
    expect((await evaluate(model, await openDataset(fresh), { cacheDir })).split).toBe("all");
  });

  test("refuses a class that the model does not know", async () => {
    const other = join(root, "other");
    await mkdir(join(other, "up"), { recursive: true });
    await writeSquare(join(other, "up", "a.mp4"), "grow", "other");
    await expect(evaluate(model, await openDataset(other), { cacheDir })).rejects.toThrow(/up/);
  });
});

describe("label", () => {
  test("one bad video never ends a batch: each has its line, in order, the good ones are labelled", async () => {
    const folder = join(root, "mixed");
    await mkdir(folder);
    const at = (name: string): string => join(folder, name);
    await writeSquare(at("a.mp4"), "grow", "a");
    await writeFile(at("b.mp4"), "");
    await writeFile(at("c.mp4"), "<html>404</html>");
    await writeFile(at("d.mp4"), silentWav());
    await remux(at("a.mp4"), at("whole.avi"), { container: "avi" });
    const whole = await readFile(at("whole.avi"));
    await writeFile(at("e.avi"), whole.subarray(0, Math.round(0.85 * whole.length)));
    await writeSquare(at("f.mp4"), "shrink", "f");
    const names = ["a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.avi", "f.mp4", "none.mp4"];
    const results = await labelAll(names.map(at));
    expect(results.map(({ path }) => path)).toEqual(names.map(at));
    const codes = results.map((result) => ("error" in result ? result.error.code : "labelled"));
    expect(codes).toEqual([
      "labelled",
      "ERR_NOT_A_VIDEO",
      "ERR_NOT_A_VIDEO",
      "ERR_NO_VIDEO_STREAM",
      "labelled",
      "labelled",
      "ERR_FILE_NOT_FOUND",
    ]);
    expect(labelled(results[0]).label).toBe("grow");
    expect(labelled(results[0]).truncated).toBeUndefined();
    expect(labelled(results[4]).truncated).toBe(true);
    expect(labelled(results[5]).label).toBe("shrink");

    const [strict] = await labelAll([at("e.avi")], { strict: true });
    expect(strict).toMatchObject({ error: { code: "ERR_TRUNCATED_VIDEO" } });
  });

  test("a result has all its fields", async () => {
    const path = join(root, "field.mp4");
    await writeSquare(path, "shrink", "field");
    const result = labelled((await labelAll([path]))[0]);
    expect(result).toMatchObject({
      path,
      label: "shrink",
      duration: 2,
      frames: 8,
      model: model.digest,
      cached: { frames: false, features: false, predictions: false },
    });
    expect(result.top.map((item) => item.label)).toEqual(["shrink", "grow"]);
    expect(result.top[0]!.confidence).toBe(result.confidence);
    expect(result.confidence).toBe(Number(result.confidence.toFixed(6)));
    expect(result.segments).toEqual([
      { start: 0, end: 2, label: "shrink", confidence: result.confidence },
    ]);
    expect((await labelAll([path], { top: 1 }))[0]).toMatchObject({ top: [{ label: "shrink" }] });
    if (result.confidence < 1) {
      expect((await labelAll([path], { threshold: 1 }))[0]).toMatchObject({ label: "unknown" });
    }
  });

  test("nothing is computed twice: a rerun, a copy, a renamed and a touched file hit; changed bytes miss", async () => {
    const path = join(root, "once.mp4");
    await writeSquare(path, "grow", "once");
    const cachedFeatures = async (file: string): Promise<boolean> =>
      labelled((await labelAll([file]))[0]).cached.features;
    expect(await cachedFeatures(path)).toBe(false);
    expect(await cachedFeatures(path)).toBe(true);
    await copyFile(path, join(root, "copy.mp4"));
    expect(await cachedFeatures(join(root, "copy.mp4"))).toBe(true);
    await utimes(path, new Date(), new Date());
    expect(await cachedFeatures(path)).toBe(true);
    await rename(path, join(root, "renamed.mp4"));
    expect(await cachedFeatures(join(root, "renamed.mp4"))).toBe(true);
    await writeSquare(path, "shrink", "changed");
    const changed = labelled((await labelAll([path]))[0]);
    expect(changed).toMatchObject({ label: "shrink", cached: { features: false } });
  });

  test("videos of one content in one run are computed once", async () => {
    const path = join(root, "twin.mp4");
    await writeSquare(path, "grow", "twin");
    await copyFile(path, join(root, "twin2.mp4"));
    const results = (await labelAll([path, join(root, "twin2.mp4")])).map(labelled);
    expect(results.filter(({ cached }) => !cached.features)).toHaveLength(1);
    expect(results[0]!.top).toEqual(results[1]!.top);
  });

  test("takes bytes and streams as well as files", async () => {
    const path = join(root, "bytes.mp4");
    await writeSquare(path, "shrink", "bytes");
    const bytes = await readFile(path);
    const [file, buffer, stream] = await labelAll([
      path,
      { name: "buffer", data: bytes },
      { name: "../stream", data: new Blob([bytes]).stream() as ReadableStream<Uint8Array> },
    ]);
    expect(labelled(buffer).path).toBe("buffer");
    expect(labelled(stream).path).toBe("../stream");
    expect(labelled(buffer).top).toEqual(labelled(file).top);
    expect(labelled(stream).top).toEqual(labelled(file).top);
  });

  test("damaged cache entries are computed again, and said so", async () => {
    const path = join(root, "flipped.mp4");
    await writeSquare(path, "grow", "flipped");
    const own = join(root, "own-cache");
    const before = labelled((await labelAll([path], { cacheDir: own }))[0]);
    for (const file of await filesBelow(join(own, "content-v2"))) {
      const bytes = await readFile(file);
      if (bytes.length > 0) bytes[bytes.length >> 1]! ^= 1;
      await writeFile(file, bytes);
    }
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const after = labelled((await labelAll([path], { cacheDir: own, onWarning }))[0]);
    expect(after.top).toEqual(before.top);
    expect(after.cached.features).toBe(false);
    expect(warnings.join("\n")).toMatch(/damaged/);
    expect(labelled((await labelAll([path], { cacheDir: own }))[0]).cached.features).toBe(true);
  });

  test("a cache that cannot be written is a warning, not an end", async () => {
    const blocked = join(root, "blocked");
    await writeFile(blocked, "a file where the cache should be");
    const path = join(root, "uncached.mp4");
    await writeSquare(path, "grow", "uncached");
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const [result] = await labelAll([path], { cacheDir: blocked, onWarning });
    expect(labelled(result).label).toBe("grow");
    expect(warnings.join("\n")).toMatch(/cannot be written/);
  });

  test("an aborted run rejects with the signal's reason", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(labelAll([join(root, "a.mp4")], { signal: controller.signal })).rejects.toThrow(
      "enough",
    );
  });

  test("a video that takes too long is given up, the others are not", async () => {
    const path = join(root, "slow.mp4");
    await writeSquare(path, "grow", "slow");
    const [slow, known] = await labelAll([path, join(root, "field.mp4")], { timeout: 0.001 });
    expect(slow).toMatchObject({ error: { code: "ERR_TIMEOUT" } });
    expect(labelled(known).label).toBe("shrink");
  });
});

describe("a model directory", () => {
  const copyOf = async (name: string): Promise<string> => {
    const directory = join(root, name);
    await cp(modelDir, directory, { recursive: true });
    return directory;
  };
  const change = async (directory: string, pattern: string | RegExp, by: string): Promise<void> => {
    const file = join(directory, "model.json");
    const text = await readFile(file, "utf8");
    expect(text).toMatch(pattern);
    await writeFile(file, text.replace(pattern, by));
  };

  test("is refused where a file is not the one its record names", async () => {
    for (const file of ["weights.safetensors", "sequence.onnx"]) {
      const directory = await copyOf(`swapped-${file}`);
      await writeFile(join(directory, file), "other bytes");
      await expect(openModel(directory)).rejects.toMatchObject({ code: "ERR_MODEL_INVALID" });
      await rm(join(directory, file));
      await expect(openModel(directory)).rejects.toMatchObject({ code: "ERR_MODEL_INVALID" });
    }
  });

  test("is refused with the name of the field that is wrong", async () => {
    const directory = await copyOf("field");
    await change(directory, /"hidden": 32/, '"hidden": -1');
    await expect(openModel(directory)).rejects.toMatchObject({
      code: "ERR_MODEL_INVALID",
      parameter: "network.hidden",
    });
    await writeFile(join(directory, "model.json"), "{");
    await expect(openModel(directory)).rejects.toMatchObject({ code: "ERR_MODEL_INVALID" });
    await expect(openModel(join(root, "nowhere"))).rejects.toMatchObject({
      code: "ERR_FILE_NOT_FOUND",
    });
  });

  test("of another CNN does not fit", async () => {
    const directory = await copyOf("cnn");
    await change(
      directory,
      /("id": "mobilenet-v2",\s+"digest": ")[0-9a-f]{64}/,
      `$1${"0".repeat(64)}`,
    );
    await expect(openModel(directory)).rejects.toMatchObject({ code: "ERR_MODEL_MISMATCH" });
  });

  test("replaces a model, and nothing else", async () => {
    const directory = await copyOf("replaced");
    await model.save(directory);
    await expect(model.save(data)).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "out" });
    expect(await readdir(data)).toEqual(["grow", "shrink"]);
  });
});

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}
