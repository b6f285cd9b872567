import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeCsvRamps } from "../pipeline/csv-ramps.js";
import { type ProgramOptions, type ProgramResult, program, runProgram } from "./run-program.js";

// Sequences instead of videos: they take the same way through a batch, in far less time.
const root = sharedDirectory();
const cacheDir = join(root, "cache");
const data = join(root, "ramps");
const model = join(root, "model");
const list = join(root, "list.txt");
/** Enough that a batch is still under way when it is stopped. */
const repeats = 20;
let files: string[];
let inputs: string[];

interface Line {
  readonly path: string;
  readonly label?: string;
  readonly confidence?: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly cached?: { readonly predictions: boolean };
}

interface Progress {
  readonly done: number;
  readonly total: number;
  readonly rate?: number;
  readonly eta?: number;
}

const run = (args: readonly string[], options: Partial<ProgramOptions> = {}) =>
  runProgram(args, { cacheDir, ...options });
const parseLines = (content: string): Line[] =>
  content
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
const linesOf = ({ stdout }: ProgramResult): Line[] => parseLines(stdout);
/** What must be the same whenever and however often a batch is stopped. */
const judged = ({ path, label, confidence, error }: Line) => ({ path, label, confidence, error });
const completeLines = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];

/** Ends a run in the midst of its work, once its file has some lines. */
function stopAt(
  path: string,
  count: number,
  signal: NodeJS.Signals,
): (child: ChildProcess) => void {
  return async (child) => {
    while (child.exitCode === null && completeLines(path).length < count) await sleep(2);
    child.kill(signal);
  };
}

beforeAll(async () => {
  await writeCsvRamps(data, 20);
  await writeFile(join(data, "rise", "broken.csv"), "no numbers\n");
  const found = await readdir(data, { recursive: true });
  files = found
    .filter((name) => name.endsWith(".csv"))
    .map((name) => join(data, name))
    .sort();
  inputs = Array.from({ length: repeats }, () => files).flat();
  await writeFile(list, inputs.join("\n"));
  const training = ["--hidden", "8", "--epochs", "3", "--quiet"];
  await mkdir(join(root, "training"));
  await writeCsvRamps(join(root, "training"), 20);
  const trained = await run(["train", join(root, "training"), "--out", model, ...training]);
  expect(trained).toMatchObject({ code: 0 });
});

describe("a batch that is stopped", () => {
  test("by kill -9 goes on where it was, and loses nothing", async () => {
    const whole = linesOf(await run(["label", model, `@${list}`]));
    expect(whole.map(({ path }) => path)).toEqual(inputs);
    const out = join(root, "killed.jsonl");
    const args = ["label", model, `@${list}`, "--out", out];
    const killed = await run(args, { onStart: stopAt(out, 20, "SIGKILL") });
    expect(killed.code).toBe(null);
    const before = completeLines(out);
    expect(before.length).toBeGreaterThanOrEqual(20);
    expect(before.length).toBeLessThan(inputs.length);
    const resumed = await run([...args, "--resume"]);
    // As the whole would: some inputs failed.
    expect(resumed.code).toBe(3);
    expect(resumed.stderr).toContain(`${before.length} sequences are kept from before`);
    const after = completeLines(out);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(parseLines(after.join("\n")).map(judged)).toEqual(whole.map(judged));
  });

  test("by Ctrl-C ends with 130, leaves complete lines, and says how to go on", async () => {
    const out = join(root, "it's interrupted.jsonl");
    const args = ["label", model, `@${list}`, "--out", out];
    const stopped = await run(args, { onStart: stopAt(out, 5, "SIGINT") });
    expect(stopped.code).toBe(130);
    const content = await readFile(out, "utf8");
    expect(content).toMatch(/\}\n$/);
    expect(parseLines(content).map(({ path }) => path)).toEqual(
      inputs.slice(0, completeLines(out).length),
    );
    const told = /To go on: muybridge (.*)/.exec(stopped.stderr)![1]!;
    const command = `"$NODE" "$PROGRAM" ${told}`;
    const resumed = spawn("sh", ["-c", command], {
      env: {
        ...process.env,
        NODE: process.execPath,
        PROGRAM: program,
        MUYBRIDGE_CACHE_DIR: cacheDir,
      },
    });
    const code = await new Promise((resolve) => resumed.on("close", resolve));
    expect([code, completeLines(out).length]).toEqual([3, inputs.length]);
  });

  test("while it waits for standard input hears Ctrl-C, too", async () => {
    const out = join(root, "waiting.jsonl");
    const child = spawn(process.execPath, [program, "label", model, "@-", "--out", out], {
      env: { ...process.env, MUYBRIDGE_CACHE_DIR: cacheDir },
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.stdin.write(`${files[0]}\n${files[1]}\nunfinished`);
    // The first results are there although the list goes on.
    await stopAt(out, 2, "SIGINT")(child);
    expect(await ended).toBe(130);
    expect(parseLines(completeLines(out).join("\n")).map(({ path }) => path)).toEqual(
      files.slice(0, 2),
    );
  });

  test("is not gone on with by another model or other options", async () => {
    const out = join(root, "options.jsonl");
    await run(["label", model, data, "--out", out]);
    const before = await readFile(out, "utf8");
    const other = await run(["label", model, data, "--out", out, "--resume", "--top", "1"]);
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^ERR_USAGE: .*other options/),
    });
    expect(await readFile(out, "utf8")).toBe(before);
    const same = await run(["label", model, data, "--out", out, "--resume"]);
    expect([same.code, await readFile(out, "utf8")]).toEqual([3, before]);
  });

  test("in Label Studio's format and in subtitles goes on as well", async () => {
    const tasks = join(root, "tasks.json");
    await run(["label", model, join(data, "fall"), "--format", "labelstudio", "--out", tasks]);
    const later = ["label", model, data, "--resume", "--format"];
    expect((await run([...later, "labelstudio", "--out", tasks])).stderr).toMatch(
      /^10 sequences are kept/,
    );
    const written = JSON.parse(await readFile(tasks, "utf8")) as { data: { video: string } }[];
    expect(written.map(({ data: { video } }) => video).sort()).toEqual(files);

    const subtitles = join(root, "subtitles");
    await run([...later, "vtt", "--out", subtitles]);
    await rm(join(subtitles, "rise", "broken.vtt"));
    const resumed = await run([...later, "vtt", "--out", subtitles]);
    expect(resumed).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^20 sequences are kept/),
    });
    expect(await readFile(join(subtitles, "rise", "broken.vtt"), "utf8")).toMatch(
      /^WEBVTT\n\nNOTE /,
    );
  });
});

describe("inputs", () => {
  test("shards are disjoint, in order, and together everything", async () => {
    const parts = await Promise.all(
      [1, 2, 3].map(async (i) =>
        linesOf(await run(["label", model, data, "--shard", `${i}/3`])).map(({ path }) => path),
      ),
    );
    expect(parts.flat().sort()).toEqual(files);
    for (const part of parts) expect(part).toEqual([...part].sort());
  });

  test("copies are computed once", async () => {
    const copies = join(root, "copies");
    await mkdir(copies);
    for (let i = 0; i < 40; i++) await copyFile(files[0]!, join(copies, `${i}.csv`));
    const lines = linesOf(await run(["label", model, copies], { cacheDir: join(root, "fresh") }));
    expect(lines).toHaveLength(40);
    expect(new Set(lines.map(({ confidence }) => confidence)).size).toBe(1);
    expect(lines.filter(({ cached }) => !cached?.predictions)).toHaveLength(1);
  });

  test("a list may be NUL-separated, and a path may hold line breaks", async () => {
    const odd = join(root, "line\nbreak.csv");
    await copyFile(files[0]!, odd);
    const result = await run(["label", model, "@-"], { input: `${odd}\0${files[1]}\0` });
    expect(linesOf(result).map(({ path }) => path)).toEqual([odd, files[1]]);
    expect(result.code).toBe(0);
  });

  test.skipIf(process.platform !== "linux")(
    "a name that is not UTF-8 gets a line that says so, and the others are labelled",
    async () => {
      const directory = join(root, "latin");
      await mkdir(directory);
      await copyFile(files[0]!, join(directory, "plain.csv"));
      await copyFile(files[0]!, Buffer.from(`${directory}/zw\xf6lf.csv`, "latin1"));
      const result = await run(["label", model, directory]);
      expect(result.code).toBe(3);
      expect(linesOf(result)).toMatchObject([
        { path: join(directory, "plain.csv"), label: expect.any(String) },
        { error: { code: "ERR_FILE_NOT_FOUND", message: expect.stringContaining("not UTF-8") } },
      ]);
    },
  );
});

describe("usage", () => {
  test.each([
    [["--resume"], /--resume needs --out/],
    [["--shard", "5/4"], /I from 1 to N/],
    [["--format", "vtt"], /--out DIR/],
  ])("%j: exit code 2", async (args, why) => {
    const { code, stdout, stderr } = await run(["label", model, data, ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^ERR_USAGE: /);
    expect(stderr).toMatch(why);
  });

  test.skipIf(process.platform !== "linux")(
    "a full disk ends the batch at once, also while the list goes on",
    async () => {
      const child = spawn(process.execPath, [program, "label", model, "@-", "--out", "/dev/full"], {
        env: { ...process.env, MUYBRIDGE_CACHE_DIR: cacheDir },
      });
      child.stdin.write(`${files[0]}\n`);
      const [stderr, code] = await Promise.all([
        text(child.stderr),
        new Promise((resolve) => child.on("close", resolve)),
      ]);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/ERR_USAGE: \/dev\/full cannot be written/),
      ]);
    },
  );

  test.skipIf(process.platform === "win32")(
    "a reader that has had enough is no error",
    async () => {
      const child = spawn(
        "sh",
        ["-c", '"$NODE" "$PROGRAM" label "$MODEL" "@$LIST" --progress none | head -1'],
        {
          env: {
            ...process.env,
            NODE: process.execPath,
            PROGRAM: program,
            MODEL: model,
            LIST: list,
            MUYBRIDGE_CACHE_DIR: cacheDir,
          },
        },
      );
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect(parseLines(stdout)).toHaveLength(1);
      expect(stderr).toBe("");
    },
  );

  test("--progress json tells rate and time left, which what is kept does not change", async () => {
    const out = join(root, "progress.jsonl");
    await run(["label", model, ...files.slice(0, -4), "--out", out]);
    const args = ["label", model, ...files, "--out", out, "--resume", "--progress", "json"];
    const { stderr } = await run(args);
    const events = stderr
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => (JSON.parse(line) as { progress: Progress }).progress);
    expect(events.map(({ done, total }) => [done, total])).toEqual(
      [0, 1, 2, 3, 4].map((done) => [done, 4]),
    );
    for (const { rate, eta } of events.slice(1)) {
      expect(rate).toBeGreaterThan(0);
      expect(eta).toBeGreaterThanOrEqual(0);
    }
    expect(events.at(-1)!.eta).toBe(0);
  });
});
