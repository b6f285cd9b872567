import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { label, openModel } from "muybridge";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../src/core/safetensors.js";
import { findChromium, launchChromium } from "./browser/chromium.js";
import { examinePage, faultless, type Viewing } from "./browser/page-quality.js";
import { type ProgramResult, runProgram } from "./cli/run-program.js";
import { sharedDirectory } from "./frames/shared-directory.js";
import { writeSignal, writeSignals } from "./pipeline/signal-set.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const at = (...names: string[]): string => join(root, ...names);
const run = (...args: string[]): Promise<ProgramResult> => runProgram(args, { cacheDir });
const model = at("model");
const lines = ({ stdout }: ProgramResult): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** What a line says of a part. */
interface LabelSegment {
  readonly start: number;
  readonly label: string;
}

/** Signals that no model was trained on. */
const fresh = ["sine", "square", "saw"].flatMap((shape) =>
  ["a", "b", "c", "d"].map((name) => ({ shape, name: `${shape}-${name}` })),
);

beforeAll(async () => {
  for (const format of ["csv", "safetensors"] as const) {
    await writeSignals(at(format), format, 40);
    await mkdir(at("fresh", format), { recursive: true });
    for (const { shape, name } of fresh) {
      await writeSignal(at("fresh", format, `${name}.${format}`), shape, `fresh ${name}`);
    }
  }
  const training = ["--hidden", "48", "--lr", "0.01", "--epochs", "40"];
  const trained = await run("train", at("csv"), "--out", model, ...training);
  expect(trained).toMatchObject({ code: 0, stdout: `${model}\n` });
});

test("sequences are learned from: most of the test part is told right, which its mean cannot do", async () => {
  const { code, stdout } = await run("evaluate", model, at("csv"), "--json");
  expect(code).toBe(0);
  const figures = JSON.parse(stdout) as Record<string, number> & {
    baseline: { meanPool: { accuracy: number } };
  };
  expect(figures).toMatchObject({ split: "test", classes: ["saw", "sine", "square"] });
  expect(figures.accuracy).toBeGreaterThanOrEqual(0.8);
  expect(figures.balancedAccuracy).toBeGreaterThanOrEqual(0.8);
  expect(figures.baseline.meanPool.accuracy).toBeLessThan(0.7);
});

test("each is labelled with a line, in the order of the paths, the same in either format", async () => {
  const [fromTables = [], fromTensors = []] = await Promise.all(
    (["csv", "safetensors"] as const).map(async (format) => {
      const result = await run("label", model, at("fresh", format));
      expect(result.code).toBe(0);
      expect(result.stderr).toContain("12 sequences labelled");
      const labelled = lines(result);
      expect(labelled.map(({ path }) => path)).toEqual(
        fresh.map(({ name }) => at("fresh", format, `${name}.${format}`)).sort(),
      );
      return labelled;
    }),
  );
  const right = fromTables.filter(({ path, label }) => String(path).includes(`/${label}-`));
  expect(right.length).toBeGreaterThanOrEqual(10);
  for (const line of fromTables) {
    expect(line).toMatchObject({ cached: { frames: true, features: true } });
    // 20 steps a second, from the first step to the end of the last.
    expect(line.duration).toBeCloseTo((line.frames as number) / 20, 5);
  }
  const told = ({ label, top }: Record<string, unknown>): unknown => ({ label, top });
  expect(fromTensors.map(told)).toEqual(fromTables.map(told));
});

test("two models are compared on the clips that neither was trained on", async () => {
  const pooled = at("pooled");
  expect(await run("train", at("csv"), "--out", pooled, "--rnn", "meanpool")).toMatchObject({
    code: 0,
  });
  const { code, stdout } = await run("compare", pooled, model, at("csv"), "--json");
  expect(code).toBe(0);
  const told = JSON.parse(stdout) as Record<string, number> & {
    a: { accuracy: number };
    b: { accuracy: number };
    interval: { low: number; high: number };
    differing: { truth: string; a: string; b: string }[];
  };
  expect(told).toMatchObject({ n: 12, leftOut: 0 });
  const { n, onlyA, onlyB, bothRight, bothWrong, difference } = told as Record<string, number>;
  expect(onlyA! + onlyB! + bothRight! + bothWrong!).toBe(n);
  expect(difference).toBeCloseTo(told.b.accuracy - told.a.accuracy, 12);
  expect(told.interval.low).toBeLessThanOrEqual(difference!);
  expect(told.interval.high).toBeGreaterThanOrEqual(difference!);
  expect(told.differing).toHaveLength(onlyA! + onlyB!);
  for (const clip of told.differing) {
    expect([clip.a === clip.truth, clip.b === clip.truth].sort()).toEqual([false, true]);
  }
  const forEyes = await run("compare", pooled, model, at("csv"));
  expect(forEyes.stdout).toMatch(/B - A: \+\d+\.\d points .* on 12 clips; McNemar's p = /);
});

test("the same numbers give the same weights in either format", async () => {
  const weights = (name: string): Promise<Buffer> => readFile(at(name, "weights.safetensors"));
  // Parts are drawn by content, which differs with the format; so both get the same parts.
  for (const format of ["csv", "safetensors"] as const) {
    const rows = (await readFile(at(format, "manifest.csv"), "utf8")).trim().split("\r\n");
    const parts = ["train", "train", "validation", "test"];
    const given = rows.map((row, i) => `${row},${i === 0 ? "split" : parts[i % parts.length]}`);
    await writeFile(at(format, "given.csv"), given.join("\n"));
    const short = ["--hidden", "8", "--epochs", "2"];
    const out = at(`given-${format}`);
    const trained = await run("train", at(format, "given.csv"), "--out", out, ...short);
    expect(trained.code).toBe(0);
  }
  expect(await weights("given-csv")).toEqual(await weights("given-safetensors"));
});

test("the temperature is found on the validation part, kept, and part of the weights", async () => {
  const record = JSON.parse(await readFile(join(model, "model.json"), "utf8")) as {
    features: unknown;
    training: { temperature: number };
    validation: { logLoss: number; ece: number; uncalibrated: { logLoss: number } };
  };
  expect(record.features).toEqual({ kind: "sequence", dimension: 2 });
  expect(record.training.temperature).toBeGreaterThan(0);
  expect(record.validation.logLoss).toBeLessThanOrEqual(record.validation.uncalibrated.logLoss);
  const tensors = decodeSafetensors(await readFile(join(model, "weights.safetensors")));
  expect(tensors.get("head.kernel")!.shape).toEqual([2 * 48 + 2, 3]);
});

test("a copy under another name is answered from the cache, also as bytes", async () => {
  const path = at("fresh", "csv", "sine-a.csv");
  await run("label", model, path);
  await copyFile(path, at("renamed.dat"));
  const [line] = lines(await run("label", model, at("renamed.dat")));
  expect(line).toMatchObject({ cached: { features: true, predictions: true } });
  await using opened = await openModel(model);
  const data = await readFile(path);
  for await (const result of label([{ name: "bytes", data }], { model: opened, cacheDir })) {
    expect(result).toMatchObject({ path: "bytes", label: line!.label, top: line!.top });
  }
});

test("windows find what follows what in a long sequence, and a model per step does too", async () => {
  const shapes = ["sine", "square", "saw"];
  const rows = await Promise.all(
    shapes.map(async (shape) => {
      const text = await readFile(at("fresh", "csv", `${shape}-a.csv`), "utf8");
      return text
        .trim()
        .split("\n")
        .slice(1)
        .map((row) => row.split(",").slice(1).join(","));
    }),
  );
  const long = at("long.csv");
  const cuts = [rows[0]!.length, rows[0]!.length + rows[1]!.length].map((step) => step / 20);
  const timed = rows.flat().map((row, step) => `${step / 20},${row}`);
  await writeFile(long, `time,left,right\n${timed.join("\n")}\n`);
  const perStep = at("per-step");
  const training = ["--hidden", "32", "--lr", "0.01", "--epochs", "20", "--output", "sequence"];
  expect((await run("train", at("csv"), "--out", perStep, ...training)).code).toBe(0);
  for (const [trained, farthest] of [
    [model, 0.25],
    [perStep, 1],
  ] as const) {
    const result = await run("label", trained, long, "--window", "1", "--stride", "0.25");
    expect(result.code).toBe(0);
    const [{ segments } = { segments: [] }] = lines(result) as { segments: LabelSegment[] }[];
    expect(segments.map(({ label }) => label)).toEqual(shapes);
    for (const [index, cut] of cuts.entries()) {
      expect(Math.abs(segments[index + 1]!.start - cut)).toBeLessThanOrEqual(farthest);
    }
  }
});

test("a bad sequence has its line, and the others are labelled", async () => {
  const folder = at("bad");
  await mkdir(folder);
  await writeFile(join(folder, "a.csv"), "time,left,right\n0,1,2\n1,x,2\n");
  await writeFile(join(folder, "b.csv"), "1,2,3\n4,5,6\n");
  await writeFile(join(folder, "c.safetensors"), "");
  await copyFile(at("fresh", "csv", "saw-a.csv"), join(folder, "d.csv"));
  await writeFile(join(folder, "manifest.csv"), "path,label\nd.csv,saw\n");
  const result = await run("label", model, folder, join(folder, "none.csv"));
  expect(result.code).toBe(3);
  const [words, wide, empty, good, missing] = lines(result);
  expect(words).toMatchObject({ error: { code: "ERR_DATASET_INVALID" } });
  expect(JSON.stringify(words)).toContain("column 2 of row 3");
  expect(wide).toMatchObject({ error: { code: "ERR_MODEL_MISMATCH" } });
  expect(JSON.stringify(wide)).toMatch(/b\.csv has vectors of 3 values; the model takes 2/);
  expect(empty).toMatchObject({ error: { code: "ERR_DATASET_INVALID" } });
  expect(good).toMatchObject({ path: join(folder, "d.csv"), frames: expect.any(Number) });
  expect(good).not.toHaveProperty("error");
  expect(missing).toMatchObject({ error: { code: "ERR_FILE_NOT_FOUND" } });
});

describe("a data set that cannot be used is refused with the name of the file", () => {
  const manifest = async (name: string, rows: readonly string[]): Promise<string> => {
    await writeFile(at("csv", name), ["path,label", ...rows].join("\n"));
    return at("csv", name);
  };

  test("videos beside sequences", async () => {
    const mixed = await manifest("mixed.csv", ["sine-00.csv,sine", "film.mp4,square"]);
    const { code, stderr } = await run("train", mixed, "--out", at("none"));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /ERR_DATASET_INVALID: .*sequences \(sine-00\.csv\) and videos \(film\.mp4\)/,
    );
  });

  test("vectors of several sizes", async () => {
    await writeFile(at("csv", "wide.csv"), "1,2,3\n4,5,6\n");
    const wide = await manifest("sizes.csv", ["sine-00.csv,sine", "wide.csv,square"]);
    const { code, stderr } = await run("train", wide, "--out", at("none"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/ERR_DATASET_INVALID: .*2 values in sine-00\.csv and of 3 in wide\.csv/);
    const { stdout } = await run("datasets", "check", wide);
    expect(stdout).toMatch(
      /error: a model takes one kind of files, not sequences of 2 values a step/,
    );
  });

  test("a choice that only videos leave", async () => {
    const { code, stderr } = await run("train", at("csv"), "--out", at("none"), "--count", "8");
    expect(code).toBe(2);
    expect(stderr).toMatch(/ERR_USAGE: count is for videos/);
  });

  test("videos for a model of sequences", async () => {
    const videos = await manifest("videos.csv", ["film.mp4,sine", "film2.mp4,square"]);
    const { code, stderr } = await run("evaluate", model, videos);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ERR_MODEL_MISMATCH: .*videos \(film\.mp4\); the model takes sequences/);
  });
});

test("a folder a class is a data set of sequences where it holds no videos; its report has no pictures", async () => {
  for (const { shape, name } of fresh) {
    await mkdir(at("folders", shape), { recursive: true });
    await copyFile(at("fresh", "csv", `${name}.csv`), at("folders", shape, `${name}.csv`));
  }
  const report = at("report.html");
  const args = ["evaluate", model, at("folders"), "--report", report, "--json"];
  const { code, stdout } = await run(...args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ n: 12, split: "all" });
  const html = await readFile(report, "utf8");
  expect(html).toContain("sequences of 2 values a step");
  expect(html).not.toContain("<img");
});

const chromium = findChromium("how reports look in a browser");

describe.skipIf(!chromium)("in a browser", () => {
  const viewings: readonly Viewing[] = [
    { width: 1280 },
    { width: 360 },
    { width: 1280, colorScheme: "dark" },
    { width: 800, media: "print" },
  ];

  test("reports can be read on a phone, in the dark, printed, and by a screen reader", async () => {
    const report = at("test-part.html");
    const { code } = await run("evaluate", model, at("csv"), "--report", report);
    expect(code).toBe(0);
    const browser = await launchChromium(chromium!);
    try {
      for (const file of [report, join(model, "report.html")]) {
        for (const viewing of viewings) {
          expect(await examinePage(browser, file, viewing), JSON.stringify(viewing)).toEqual(
            faultless,
          );
        }
      }
      const page = await browser.newPage();
      await page.goto(pathToFileURL(report).href);
      expect(await page.locator("h1").textContent()).toMatch(/^\d+\.\d\s% of 12 clips told right$/);
      expect(await page.getByRole("img", { name: /^Reliability/ }).isVisible()).toBe(true);
      expect(await page.getByRole("img", { name: /^Loss over/ }).isVisible()).toBe(true);
      // One clip a class, and the errors.
      expect(
        await page.getByRole("img", { name: /^Probabilities/ }).count(),
      ).toBeGreaterThanOrEqual(3);
      expect(await page.getByRole("rowheader", { name: "class prior" }).isVisible()).toBe(true);
      expect(await page.locator("pre").textContent()).toContain("muybridge evaluate");
    } finally {
      await browser.close();
    }
  });
});

test("a model of an older version is refused", async () => {
  const old = at("old");
  await mkdir(old);
  for (const name of ["model.json", "weights.safetensors", "sequence.onnx"]) {
    await copyFile(join(model, name), join(old, name));
  }
  const file = join(old, "model.json");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/"version": \d+/, '"version": 2'));
  await expect(openModel(old)).rejects.toMatchObject({
    code: "ERR_MODEL_INVALID",
    parameter: "version",
  });
});
