import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, openDataset, type TrainOptions, train } from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { runProgram } from "../cli/run-program.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeCsvRamps } from "./csv-ramps.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const data = join(root, "ramps");
const options: TrainOptions = {
  hidden: 8,
  epochs: 6,
  batchSize: 4,
  learningRate: 0.01,
  seed: 3,
  jobs: 1,
  cacheDir,
};
let dataset: Dataset;

beforeAll(async () => {
  await writeCsvRamps(data, 32);
  dataset = await openDataset(data);
});

/** Trains, and is interrupted after an epoch of the first network or of the one for all clips. */
async function interrupted(
  given: TrainOptions,
  stage: "train" | "refit",
  epoch: number,
): Promise<number> {
  const controller = new AbortController();
  let epochs = 0;
  const training = train(dataset, {
    ...given,
    signal: controller.signal,
    onProgress: (event) => {
      if (event.unit === "epochs") epochs += 1;
      if (event.stage === stage && event.done === epoch) controller.abort(new Error("enough"));
    },
  });
  await expect(training).rejects.toThrow("enough");
  return epochs;
}

async function filesOf(given: TrainOptions, name: string): Promise<Record<string, string>> {
  await using model = await train(dataset, given);
  await model.save(join(root, name));
  return modelFiles(name);
}

async function modelFiles(name: string): Promise<Record<string, string>> {
  const names = (await readdir(join(root, name))).sort();
  const files = names.map(async (file) => [
    file,
    (await readFile(join(root, name, file))).toString("base64"),
  ]);
  return Object.fromEntries(await Promise.all(files));
}

test("a training that was interrupted in both its networks gives the model of one that was not", async () => {
  const whole = await filesOf(options, "whole");
  const kept = { ...options, checkpoint: { directory: join(root, "kept") }, resume: true };
  expect(await interrupted(kept, "train", 3)).toBe(3);
  // What was done is not done again.
  expect(await interrupted(kept, "refit", 1)).toBe(3 + 1);
  expect(await filesOf(kept, "parts")).toEqual(whole);
});

test("the program goes on with what is kept beside the model, and removes it in the end", async () => {
  const fitting: TrainOptions = {
    optimizer: "sgd",
    schedule: { type: "cosine", warmUp: { epochs: 0.5 } },
    clip: { by: "norm", limit: 0.5 },
  };
  const kept = join(root, "cli.training");
  await interrupted({ ...options, ...fitting, checkpoint: { directory: kept } }, "train", 4);
  const flags = [
    "--hidden",
    "8",
    "--epochs",
    "6",
    "--batch-size",
    "4",
    "--lr",
    "0.01",
    "--seed",
    "3",
  ];
  const same = [
    "--optimizer",
    "sgd",
    "--schedule",
    "cosine",
    "--warm-up",
    "0.5",
    "--clip",
    "norm:0.5",
  ];
  const run = (...more: string[]) =>
    runProgram(["train", data, "--out", join(root, "cli"), ...flags, ...more], { cacheDir });

  const other = await run("--resume", "--optimizer", "rmsprop");
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("other data or options"),
  });

  const resumed = await run("--resume", ...same, "--progress", "json");
  expect(resumed).toMatchObject({ code: 0 });
  const events = resumed.stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as { progress: { stage: string; done: number } }).progress);
  const epochs = events.filter(({ stage, done }) => stage === "train" && done > 0);
  expect(Math.min(...epochs.map(({ done }) => done))).toBe(5);
  await expect(access(kept)).rejects.toMatchObject({ code: "ENOENT" });
  // The program's own page beside the model.
  const { "report.html": report, ...files } = await modelFiles("cli");
  expect(report).toBeDefined();
  expect(files).toEqual(await filesOf({ ...options, ...fitting }, "library"));
  const record = JSON.parse(await readFile(join(root, "cli", "model.json"), "utf8"));
  expect(record.training.fitting).toEqual(fitting);
});

test.each([
  [["--optimizer", "lion"], "adamw"],
  [["--schedule", "linear"], "piecewise"],
  [["--schedule", "piecewise:2,5"], "piecewise"],
  [["--schedule", "piecewise:0.5,1.5"], "everyEpochs"],
  [["--warm-up", "soon"], "number"],
  [["--clip", "size:1"], "norm"],
  [["--clip", "0"], "number"],
])("wrong usage is told: %j", async (flags, said) => {
  const { code, stderr } = await runProgram(
    ["train", data, "--out", join(root, "wrong"), ...flags],
    { cacheDir },
  );
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});

test("how the weights are moved makes another model; adam is adamw without decay", async () => {
  const weights = async (given: TrainOptions, name: string): Promise<string> =>
    (await filesOf({ ...options, epochs: 2, ...given }, name))["weights.safetensors"]!;
  const usual = await weights({}, "usual");
  expect(await weights({ optimizer: "adamw" }, "adamw")).toBe(usual);
  const others = [
    await weights({ optimizer: "adam" }, "adam"),
    await weights({ optimizer: "rmsprop" }, "rmsprop"),
    await weights({ clip: { by: "value", limit: 0.001 } }, "clipped"),
    await weights({ schedule: { type: "constant", warmUp: { steps: 9 } } }, "warm"),
  ];
  expect(new Set([usual, ...others]).size).toBe(5);
});
