import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  evaluate,
  openDataset,
  openModel,
  type TuneOptions,
  type Tuning,
  tune,
  type WeightsSummary,
} from "muybridge";
import { beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "../cli/run-program.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeCsvRamps } from "./csv-ramps.js";
import { writeGrowingSquares } from "./growing-squares.js";

const root = sharedDirectory();
const data = join(root, "squares");
const ramps = join(root, "ramps");
const cacheDir = join(root, "cache");
const trials = 3;
const settings = {
  trials,
  folds: 2,
  epochs: 2,
  seed: 3,
  jobs: 2,
  cacheDir,
} as const satisfies TuneOptions;

beforeAll(async () => {
  await writeGrowingSquares(data, 6);
  await writeCsvRamps(ramps, 24);
});

/** Sequences of three values a step, which are searched in a fraction of the time of CNN features. */
const sequences = {
  labels: ["rise", "fall"],
  fileOf: (label: string, group: number) => join(ramps, label, `v_ramp_g0${group}_c01.csv`),
};
const videos = {
  labels: ["grow", "shrink"],
  fileOf: (label: string, group: number) => join(data, label, `v_${label}_g0${group}_c01.mp4`),
};

/** A manifest of the clips whose test clips are nowhere on disk. */
async function manifestWithoutTestClips({ labels, fileOf } = videos): Promise<string> {
  const rows = ["path,label,group,split"];
  for (const label of labels) {
    for (let group = 1; group <= 6; group++) {
      const file = fileOf(label, group);
      rows.push(`${file},${label},g${group},${group <= 4 ? "train" : "validation"}`);
      rows.push(`gone/${label}/${basename(file)},${label},h${group},test`);
    }
  }
  const path = join(root, `manifest-${labels[0]}.csv`);
  await writeFile(path, `${rows.join("\n")}\n`);
  return path;
}

async function linesOf(log: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
  // How long a trial took is the one thing that two runs do not share.
  return lines.map((line) => ({ ...(JSON.parse(line) as Record<string, unknown>), seconds: 0 }));
}

describe("tune", () => {
  test("does not need the test clips, and goes on from its log to the same end", async () => {
    const dataset = await openDataset(await manifestWithoutTestClips(sequences));
    const whole = join(root, "whole.jsonl");
    const parted = join(root, "parted.jsonl");
    const run = async (log: string, more: Partial<TuneOptions> = {}): Promise<Tuning> => {
      const tuning = await tune(dataset, { ...settings, log, ...more });
      await tuning.model.close();
      return tuning;
    };
    const first = await run(whole);
    const stop = new AbortController();
    await expect(
      run(parted, {
        signal: stop.signal,
        onProgress: ({ stage, done }) => {
          if (stage === "woa" && done === 2) stop.abort();
        },
      }),
    ).rejects.toThrow("abort");
    const before = await linesOf(parted);
    expect(before.length).toBeGreaterThan(2);
    expect(before.length).toBeLessThan((await linesOf(whole)).length);
    // As after a kill -9 in the middle of a line.
    await writeFile(parted, `${await readFile(parted, "utf8")}{"search":"woa","tri`);
    const done: number[] = [];
    const second = await run(parted, {
      onProgress: ({ stage, done: trial }) => {
        if (stage === "woa") done.push(trial);
      },
    });
    expect(done[0]).toBe(2);
    expect(await linesOf(parted)).toEqual(await linesOf(whole));
    expect(second.summary.settings).toEqual(first.summary.settings);
    expect(second.model.digest).toBe(first.model.digest);

    const { summary, model } = first;
    expect(summary.clips).toBe(12);
    expect(summary.searches.map(({ search }) => search)).toEqual(["defaults", "woa", "random"]);
    for (const { search, trials: tried, best } of summary.searches.slice(1)) {
      expect(tried, search).toHaveLength(trials);
      for (const { loss } of tried) expect(best.loss).toBeLessThanOrEqual(loss);
      expect(summary.loss).toBeLessThanOrEqual(best.loss);
    }
    // What was found is what the model was trained with.
    const { network, training } = model.record;
    const { hidden, layers, dropout, batchSize, learningRate } = summary.settings;
    expect(network).toMatchObject({ hidden, layers, dropout });
    expect(training).toMatchObject({ batchSize, learningRate });
    expect(training.data.clips.test).toBe(0);
  });

  test("a log of other options is put aside, a file that is none is left alone", async () => {
    const dataset = await openDataset(await manifestWithoutTestClips());
    const log = join(root, "other.jsonl");
    const warnings: string[] = [];
    const options: TuneOptions = {
      ...settings,
      count: 4,
      log,
      trials: 1,
      epochs: 1,
      optimizer: "random",
      onWarning: (message) => warnings.push(message),
    };
    const first = await tune(dataset, options);
    expect(first.summary.searches.map(({ search }) => search)).toEqual(["defaults", "random"]);
    expect(first.summary.gain).toBeNull();
    await first.model.close();
    await (await tune(dataset, { ...options, seed: 9 })).model.close();
    expect(warnings.join("\n")).toContain("other.jsonl.old");
    expect(await linesOf(`${log}.old`)).toHaveLength(3);
    await writeFile(log, "my diary\n");
    await expect(tune(dataset, options)).rejects.toMatchObject({ code: "ERR_USAGE", path: log });
    expect(await readFile(log, "utf8")).toBe("my diary\n");
  });

  test("refuses more folds than there are groups", async () => {
    const dataset = await openDataset(await manifestWithoutTestClips());
    await expect(tune(dataset, { ...settings, folds: 40 })).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "folds",
    });
  });
});

describe("muybridge tune", () => {
  const common = ["--epochs", "1", "--jobs", "2"];

  test("writes a model, its trials and a page; the model can be evaluated", async () => {
    const out = join(root, "model");
    const args = [
      "tune",
      ramps,
      "--out",
      out,
      "--trials",
      "2",
      "--folds",
      "2",
      "--json",
      ...common,
    ];
    const { code, stdout, stderr } = await runProgram(args, { cacheDir });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("2/2 trials");
    const summary = JSON.parse(stdout) as { log: string; report: string; settings: object };
    expect(await linesOf(summary.log)).toHaveLength(1 + 1 + 2 + 2);
    const page = await readFile(summary.report, "utf8");
    expect(page).toContain("<svg");
    expect(page).toContain("All trials: whales");
    expect(page).not.toMatch(/<script|src=|https?:\/\/(?!www\.w3\.org)/);
    await using model = await openModel(out);
    const { n } = await evaluate(model, await openDataset(ramps), { cacheDir, jobs: 2 });
    expect(n).toBeGreaterThan(0);
    // The same command finds everything done; in words this time.
    const again = await runProgram(
      args.filter((argument) => argument !== "--json"),
      { cacheDir },
    );
    expect(again.stdout).toMatch(/woa .*\nrandom/);
    expect(again.stdout).toMatch(/Whales and random search came to the same|nats lower than/);
  });

  test("Ctrl-C leaves whole lines and exits with 130", async () => {
    const out = join(root, "interrupted");
    await rm(`${out}.tuning.jsonl`, { force: true });
    const args = ["tune", ramps, "--out", out, "--trials", "500", "--progress", "json", ...common];
    const { code, stderr } = await runProgram(args, {
      cacheDir,
      onStart: (child) => {
        child.stderr!.on("data", (chunk: Buffer) => {
          if (/"stage":"woa","done":[1-9]/.test(chunk.toString())) child.kill("SIGINT");
        });
      },
    });
    expect(code, stderr).toBe(130);
    expect(stderr).toContain("What was done is kept");
    const text = await readFile(`${out}.tuning.jsonl`, "utf8");
    expect(text.endsWith("\n")).toBe(true);
    expect((await linesOf(`${out}.tuning.jsonl`)).length).toBeGreaterThan(2);
    await expect(openModel(out)).rejects.toMatchObject({ code: "ERR_FILE_NOT_FOUND" });
  });

  test("--search weights holds whales against Adam, and saves a model that labels as they do", async () => {
    const out = join(root, "weights");
    const search = [
      "tune",
      data,
      "--out",
      out,
      "--search",
      "weights",
      "--count",
      "4",
      "--jobs",
      "2",
    ];
    const sizes = ["--trials", "600", "--epochs", "20", "--components", "3", "--hidden", "2"];
    const { code, stdout, stderr } = await runProgram([...search, ...sizes, "--json"], {
      cacheDir,
    });
    expect(code, stderr).toBe(0);
    const { woa, adam, clips } = JSON.parse(stdout) as WeightsSummary;
    for (const { heldOut } of [woa, adam]) {
      for (const name of ["accuracy", "macroPrecision", "macroRecall"] as const) {
        expect(heldOut[name]).toBeGreaterThanOrEqual(0);
        expect(heldOut[name]).toBeLessThanOrEqual(1);
      }
    }
    // Two classes: what knows nothing has a loss of ln 2.
    expect(woa.trainingLoss).toBeLessThan(0.65);
    await using model = await openModel(out);
    const options = { split: "validation", cacheDir, jobs: 2 } as const;
    const { n, accuracy, logLoss } = await evaluate(model, await openDataset(data), options);
    expect(n).toBe(clips.heldOut);
    expect(accuracy).toBe(woa.heldOut.accuracy);
    expect(logLoss).toBeCloseTo(woa.heldOut.logLoss, 3);
  });

  test("refuses networks that are too large for whales, and options of the other search", async () => {
    const run = (...more: string[]) =>
      runProgram(["tune", data, "--out", join(root, "none"), "--count", "4", ...more], {
        cacheDir,
      });
    const large = await run("--search", "weights", "--hidden", "64");
    expect(large.code).toBe(2);
    expect(large.stderr).toMatch(/whales search at most 5000. Lower hidden/);
    const other = await run("--search", "weights", "--folds", "3");
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("--folds does nothing with --search weights");
    expect((await run("--bound", "3")).stderr).toContain("--bound does nothing");
  });
});
