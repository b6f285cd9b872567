import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CrossValidation, crossValidate, openDataset } from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { runProgram } from "../cli/run-program.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeCsvRamps } from "./csv-ramps.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const data = join(root, "ramps");
const settings = { hidden: 8, epochs: 12, learningRate: 0.03, seed: 1 } as const;
let result: CrossValidation;

beforeAll(async () => {
  await writeCsvRamps(data, 40);
  result = await crossValidate(await openDataset(data), { ...settings, folds: 3, cacheDir });
});

test("each clip is judged once, by a model that has not learned from its group", () => {
  const { n, split, accuracy, folds, predictions, confusion } = result;
  expect({ n, split }).toEqual({ n: 40, split: "cv" });
  expect(new Set(predictions.map(({ name }) => name)).size).toBe(40);
  expect(folds.map((fold) => fold.n).reduce((a, b) => a + b)).toBe(40);
  const groups = folds.flatMap((fold) => fold.groups);
  expect(groups.length).toBeGreaterThan(3);
  expect(new Set(groups).size).toBe(groups.length);
  // Pooled: the mean of the folds, weighted by their clips.
  const mean = folds.reduce((sum, fold) => sum + fold.accuracy * fold.n, 0) / n;
  expect(accuracy).toBeCloseTo(mean, 12);
  expect(confusion.flat().reduce((a, b) => a + b)).toBe(n);
  expect(accuracy).toBeGreaterThan(0.8);
});

test("the same data, options and seed give the same figures", async () => {
  const again = await crossValidate(await openDataset(data), { ...settings, folds: 3, cacheDir });
  expect(again).toEqual(result);
});

test("evaluate --cv prints the figures of train's options; groups leaves out one after the other", async () => {
  const options = ["--rnn", "meanpool", "--seed", "1", "--json"];
  const run = (...more: string[]) =>
    runProgram(["evaluate", data, ...options, ...more], { cacheDir });
  const [byFolds, byGroups] = await Promise.all([run("--cv", "3"), run("--cv", "groups")]);
  expect(byFolds.code).toBe(0);
  const figures = JSON.parse(byFolds.stdout) as CrossValidation;
  expect(figures).toMatchObject({ n: 40, split: "cv", classes: ["fall", "rise"], failed: [] });
  expect(figures.folds).toHaveLength(3);
  // The same clips in the same folds, whatever is trained.
  expect(figures.folds.map(({ groups }) => groups)).toEqual(
    result.folds.map(({ groups }) => groups),
  );
  const { folds } = JSON.parse(byGroups.stdout) as CrossValidation;
  expect(folds.every(({ groups }) => groups.length === 1)).toBe(true);
  expect(folds.length).toBe(result.folds.flatMap(({ groups }) => groups).length);
});

test("what does not go with --cv, or only with it, is wrong usage", async () => {
  const codes = await Promise.all(
    [
      [data, "--cv", "3", "--report", "x.html"],
      [data, data, "--cv", "3"],
      [data, "--cv", "1000"],
      [data],
      ["model", data, "--hidden", "8"],
    ].map(async (args) => (await runProgram(["evaluate", ...args], { cacheDir })).code),
  );
  expect(codes).toEqual(codes.map(() => 2));
});

test("train --split: at random in spite of groups with a warning; official where there is none is wrong usage", async () => {
  const args = ["--rnn", "meanpool", "--json"];
  const run = (how: string) =>
    runProgram(["train", data, "--out", join(root, how), "--split", how, ...args], { cacheDir });
  const [random, official] = await Promise.all([run("random"), run("official")]);
  expect(random).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("look better than it is"),
  });
  expect(JSON.parse(random.stdout)).toMatchObject({ training: { data: { split: "random" } } });
  expect(official).toMatchObject({ code: 2, stderr: expect.stringContaining("--split") });
});

test("files that are missing are counted, and listed with --verbose", async () => {
  const path = join(root, "list.csv");
  await writeFile(
    path,
    "label,youtube_id,time_start,time_end,split\nyoga,aaaaaaaaaaa,0,10,train\nyoga,bbbbbbbbbbb,5,15,train\n",
  );
  await writeFile(join(root, "aaaaaaaaaaa.mp4"), "");
  const args = ["datasets", "check", `kinetics:${path}`];
  const brief = await runProgram(args, { cacheDir });
  expect(brief.stdout).toContain("1 of 2 files are missing, the first: bbbbbbbbbbb_000005_000015");
  expect(brief.stderr).not.toContain("missing: bbbbbbbbbbb");
  const verbose = await runProgram([...args, "--verbose"], { cacheDir });
  expect(verbose.stderr).toContain("missing: bbbbbbbbbbb_000005_000015");
});
