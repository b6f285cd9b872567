import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { openDataset } from "muybridge";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { smallCnnSize, writeSmallCnn } from "../features/small-cnn.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { squareClasses, writeSquare } from "../pipeline/growing-squares.js";
import { type ProgramResult, runProgram } from "./run-program.js";

// Sequences for what has nothing to do with pictures: they take the same way, in less time.
const root = sharedDirectory();
const examples = join(root, "examples");
const pool = join(root, "pool");
const run = (...args: string[]): Promise<ProgramResult> =>
  runProgram(args, { cacheDir: join(root, "cache"), cwd: root });

interface Line {
  readonly path: string;
  readonly label?: string;
  readonly model?: string;
  readonly confidence?: number;
}

const linesOf = (text: string): Line[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

/** A sequence that stays about a level. */
async function writeLevel(path: string, level: number, seed: string): Promise<void> {
  const random = createRandom(seed);
  const rows = Array.from({ length: 6 }, () => [level, 0].map((v) => v + 0.3 * random.normal()));
  await writeFile(path, ["a,b", ...rows.map((row) => row.join())].join("\n"));
}

beforeAll(async () => {
  // Three examples a class; the pool bears no labels but those in its names.
  await mkdir(pool);
  for (const [label, level] of [
    ["high", 1],
    ["low", -1],
  ] as const) {
    await mkdir(join(examples, label), { recursive: true });
    for (let i = 0; i < 12; i++) {
      const path = i < 3 ? join(examples, label, `${i}.csv`) : join(pool, `${label}-${i}.csv`);
      await writeLevel(path, level, `${label} ${i}`);
    }
  }
  await writeFile(join(pool, "broken.csv"), "no numbers\n");
});

describe("label --examples", () => {
  test("labels without a model, and goes on with --resume", async () => {
    const out = join(root, "labels.jsonl");
    const args = ["label", "--examples", "examples", "pool", "--out", out];
    const { code, stderr } = await run(...args);
    expect(code).toBe(3);
    expect(stderr).toContain("6 examples of 2 classes");
    const whole = await readFile(out, "utf8");
    const lines = linesOf(whole);
    expect(lines).toHaveLength(19);
    for (const { path, label } of lines) {
      if (!path.endsWith("broken.csv")) expect(path).toContain(`/${label}-`);
    }
    await writeFile(out, whole.split("\n").slice(0, 10).join("\n"));
    const resumed = await run(...args, "--resume");
    expect(resumed.stderr).toContain("are kept from before");
    const judged = ({ path, label, confidence }: Line) => ({ path, label, confidence });
    expect(linesOf(await readFile(out, "utf8")).map(judged)).toEqual(lines.map(judged));
  });

  test("--save keeps a model that labels and suggests as the examples do", async () => {
    const input = join("pool", "high-8.csv");
    const first = await run("label", "--examples", "examples", "--save", "kept", input);
    const second = await run("label", "kept", input);
    const [line] = linesOf(first.stdout);
    expect(line).toMatchObject({ label: "high" });
    expect(linesOf(second.stdout)[0]).toMatchObject({
      label: "high",
      model: line!.model,
      confidence: line!.confidence,
    });
    const refused = await run("label", "--examples", "examples", "--save", "pool", input);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("exists and is not a model");
  });

  test("videos are seen as the options say, also when a class is added to what was saved", async () => {
    for (const label of squareClasses) {
      await mkdir(join(root, "squares", label), { recursive: true });
      await writeSquare(join(root, "squares", label, "1.mp4"), label, `${label} 1`);
      await writeSquare(join(root, `${label}.mp4`), label, `${label} 2`);
    }
    await writeFile(join(root, "small.tflite"), writeSmallCnn());
    const cnn = ["--cnn", "small.tflite", "--input-size", String(smallCnnSize)];
    const { code, stdout } = await run(
      ...["label", "--examples", "squares", "grow.mp4", "shrink.mp4", "--count", "5", ...cnn],
      ...["--save", "two"],
    );
    expect(code).toBe(0);
    expect(linesOf(stdout)).toMatchObject([
      { path: "grow.mp4", frames: 5 },
      { path: "shrink.mp4", frames: 5 },
    ]);
    await mkdir(join(root, "added", "still"), { recursive: true });
    await rename(join(root, "grow.mp4"), join(root, "added", "still", "1.mp4"));
    await rm(join(root, "squares"), { recursive: true });
    const train = ["train", "added", "--from", "two", "--out", "three", "--rnn", "meanpool"];
    const added = await run(...train, "--json");
    expect(added.stderr).not.toContain("not in the cache");
    expect(JSON.parse(added.stdout)).toMatchObject({
      classes: ["grow", "shrink", "still"],
      features: { plan: { count: 5 } },
      training: { data: { clips: { train: 3, validation: 0, test: 0 } } },
    });
  });

  test("a class without a readable example, and options of the wrong kind, are told by name", async () => {
    for (const label of ["high", "low"]) await mkdir(join(root, "bad", label), { recursive: true });
    await copyFile(join(examples, "high", "0.csv"), join(root, "bad", "high", "0.csv"));
    await copyFile(join(pool, "broken.csv"), join(root, "bad", "low", "0.csv"));
    const noExample = await run("label", "--examples", "bad", "pool");
    expect(noExample.code).toBe(1);
    expect(noExample.stderr).toMatch(/ERR_DATASET_INVALID: bad has no example of low/);
    const ofVideos = await run("label", "--examples", "examples", "pool", "--cnn", "mobilenet-v2");
    expect(ofVideos.code).toBe(2);
    expect(ofVideos.stderr).toContain("cnn is for videos");
    const ofExamples = await run("label", "kept", "pool", "--count", "4");
    expect(ofExamples.code).toBe(2);
    expect(ofExamples.stderr).toContain("--count goes with --examples");
    const noInput = await run("label", "--examples", "examples");
    expect(noInput.code).toBe(2);
    expect(noInput.stderr).toContain("missing required argument 'input'");
  });
});

describe("label --suggest", () => {
  test("writes a manifest that is a data set once its labels are filled in", async () => {
    await mkdir(join(root, "next"));
    const out = join(root, "next", "next.csv");
    const args = ["label", "--examples", "examples", "pool", "examples", "--suggest", "4"];
    const { code, stderr } = await run(...args, "--out", out);
    // One of the pool is broken.
    expect(code).toBe(3);
    expect(stderr).toContain("broken.csv: ERR_");
    expect(stderr).toContain(
      "4 of 25 sequences to label next, 6 are among the model's own, 1 failed",
    );
    const rows = parse(await readFile(out, "utf8"), { columns: true }) as Record<string, string>[];
    expect(Object.keys(rows[0]!)).toEqual(["path", "label", "guess", "confidence"]);
    expect(rows.map(({ label }) => label)).toEqual(["", "", "", ""]);
    await expect(openDataset(out)).rejects.toMatchObject({ code: "ERR_DATASET_INVALID" });
    const filled = rows.map(({ path }) => `${path},${path!.includes("high") ? "high" : "low"}`);
    await writeFile(out, `path,label\n${filled.join("\n")}\n`);
    const { items, warnings } = await openDataset(out);
    expect(warnings).toEqual([]);
    const names = await readdir(pool);
    expect(new Set(items.map(({ path }) => path)).size).toBe(4);
    for (const { path } of items) expect(names.map((name) => join(pool, name))).toContain(path);
  });

  test("standard output bears absolute paths, as lines of JSON if wanted", async () => {
    const { code, stdout } = await run(
      ...["label", "--examples", "examples", join("pool", "*.csv"), "--suggest", "2", "--json"],
    );
    expect(code).toBe(3);
    const lines = linesOf(stdout);
    expect(lines).toHaveLength(2);
    for (const { path, label } of lines) {
      expect(path.startsWith(pool)).toBe(true);
      expect(label).toBe("");
    }
  });

  test("what no data set is opened from, and what only labels have, is refused", async () => {
    const args = ["label", "--examples", "examples", "pool", "--suggest", "2"];
    const wrong = await run(...args, "--out", "next.txt");
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain("next.txt must end in .csv or .jsonl");
    expect(await run(...args, "--window", "2")).toMatchObject({ code: 2 });
  });
});
