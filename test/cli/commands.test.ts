import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { decodeSafetensors } from "../../src/core/safetensors.js";
import { silentWav } from "../frames/audio-files.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "../pipeline/growing-squares.js";
import { type ProgramOptions, type ProgramResult, runProgram } from "./run-program.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const data = join(root, "squares");
const clips = join(root, "clips");
const model = join(root, "model");
const trainArguments = [
  "--count",
  "8",
  "--hidden",
  "16",
  "--lr",
  "0.01",
  "--batch-size",
  "4",
  "--seed",
  "3",
];

const run = (args: readonly string[], options: Partial<ProgramOptions> = {}) =>
  runProgram(args, { cacheDir, ...options });
const lines = ({ stdout }: ProgramResult): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  await writeGrowingSquares(data, 8);
  await mkdir(join(clips, "sub"), { recursive: true });
  await writeSquare(join(clips, "b.mp4"), "grow", "b");
  await writeSquare(join(clips, "sub", "b.mp4"), "shrink", "sub");
  await writeFile(join(clips, "empty.mp4"), "");
  await writeFile(join(clips, "sound.mp4"), silentWav());
  await writeFile(join(clips, "notes.txt"), "not a video by its name");
  const trained = await run(["train", data, "--out", model, ...trainArguments]);
  expect(trained).toMatchObject({ code: 0, stdout: `${model}\n` });
});

describe("usage", () => {
  const commands = [
    ["demo"],
    ["doctor"],
    ["probe"],
    ["frames"],
    ["features"],
    ["train"],
    ["evaluate"],
    ["label"],
    ["serve"],
    ["datasets", "make"],
    ["datasets", "check"],
    ["cache", "info"],
    ["cache", "verify"],
    ["cache", "prune"],
    ["cache", "clear"],
  ];

  test.each(commands)("%s %s has a help with an example", async (...command) => {
    const { code, stdout, stderr } = await run([...command.filter(Boolean), "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: muybridge/);
    expect(stdout).toContain(`Example:\n  muybridge ${command.filter(Boolean).join(" ")}`);
    expect(stderr).toBe("");
  });

  test.each([
    [["no-such-command"]],
    [["label"]],
    [["label", "model", "--no-such-option"]],
    [["train", "data", "--out", "model", "--hidden", "many"]],
    [["train", "data", "--out", "model", "--count", "8", "--fps", "2"]],
    [["label", "m", "x", "--format", "xml"]],
    [["datasets", "make", "nothing", "--out", "x"]],
  ])("%j is wrong usage: exit code 2, told on stderr alone", async (args) => {
    const { code, stdout, stderr } = await run(args, { cwd: root });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/error|ERR_USAGE/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("what cannot be opened is told with its code: exit code 1", async () => {
    const { code, stderr } = await run(["label", join(root, "no-model"), clips]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERR_FILE_NOT_FOUND: /);
  });

  test("--version is that of the package", async () => {
    const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    expect(await run(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe("label", () => {
  test("writes a line a video, sorted by path; the ones that failed make the exit code 3", async () => {
    const result = await run(["label", model, clips]);
    expect(result.code).toBe(3);
    const written = lines(result);
    expect(written.map(({ path }) => path)).toEqual(
      ["b.mp4", "empty.mp4", "sound.mp4", "sub/b.mp4"].map((name) => join(clips, name)),
    );
    expect(written.map(({ label, error }) => label ?? (error as { code: string }).code)).toEqual([
      "grow",
      "ERR_NOT_A_VIDEO",
      "ERR_NO_VIDEO_STREAM",
      "shrink",
    ]);
    expect(result.stderr).toMatch(/2 videos labelled, 2 failed/);
  });

  test("decodes nothing a second time, and says nothing when it is told to be quiet", async () => {
    await run(["label", model, clips]);
    const again = await run(["label", model, clips, "--quiet"]);
    expect(again.stderr).toBe("");
    for (const { cached } of lines(again).filter(({ label }) => label)) {
      expect(cached).toEqual({ frames: true, features: true, predictions: true });
    }
  });

  test("loads no decoder and no engine for what the cache knows, and starts no process", async () => {
    const hook = join(root, "tell-what-is-loaded.mjs");
    await writeFile(
      hook,
      `import { appendFileSync } from "node:fs";
      const tell = (what) => appendFileSync(process.env.TOLD, JSON.stringify(what) + "\\n");
      tell("started");
      process.report.excludeNetwork = true;
      process.on("exit", () => tell(process.report.getReport().sharedObjects));`,
    );
    vi.stubEnv("NODE_OPTIONS", `--import ${pathToFileURL(hook).href}`);
    const loadedBy = async (name: string, own: string) => {
      const told = join(root, name);
      vi.stubEnv("TOLD", told);
      const { code } = await run(["label", model, join(clips, "b.mp4")], { cacheDir: own });
      expect(code).toBe(0);
      const all = (await readFile(told, "utf8")).trim().split("\n");
      const processes = all.filter((line) => line === '"started"').length;
      const native = /onnxruntime|node-av|avcodec|sharp|vips/;
      return { processes, native: all.some((line) => native.test(line)) };
    };
    const own = join(root, "cache-of-what-is-loaded");
    expect(await loadedBy("cold", own)).toEqual({ processes: 2, native: true });
    expect(await loadedBy("warm", own)).toEqual({ processes: 1, native: false });
    vi.unstubAllEnvs();
  });

  test("writes CSV to a file", async () => {
    const out = join(root, "labels.csv");
    const { code, stdout } = await run(["label", model, clips, "--format", "csv", "--out", out]);
    expect([code, stdout]).toEqual([3, ""]);
    const rows = parse(await readFile(out, "utf8"), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row.label || row.error_code)).toEqual([
      "grow",
      "ERR_NOT_A_VIDEO",
      "ERR_NO_VIDEO_STREAM",
      "shrink",
    ]);
  });

  test("takes patterns, lists and standard input; files with odd names too", async () => {
    const odd = join(root, "odd");
    await mkdir(odd);
    const names = ["-dash.mp4", "a [1] {b}.mp4", "per%cent.mp4", "quote\"'.mp4", "zwölf.mp4"];
    for (const name of names) await writeSquare(join(odd, name), "grow", "odd");
    const pathsOf = (result: ProgramResult): unknown[] => lines(result).map(({ path }) => path);
    const expected = names.map((name) => join(odd, name));
    expect(pathsOf(await run(["label", model, odd]))).toEqual(expected);
    expect(pathsOf(await run(["label", model, join(odd, "*.mp4")]))).toEqual(expected);
    expect(pathsOf(await run(["label", model, ...expected]))).toEqual(expected);
    const list = join(root, "list.txt");
    await writeFile(list, expected.join("\n"));
    expect(pathsOf(await run(["label", model, `@${list}`]))).toEqual(expected);
    const input = `${expected[2]}\n${expected[0]}\n`;
    expect(pathsOf(await run(["label", model, "@-"], { input }))).toEqual([
      expected[2],
      expected[0],
    ]);
  });

  test("takes a directory of pictures for one video", async () => {
    const out = join(root, "pictures");
    const video = join(clips, "b.mp4");
    await run(["frames", video, "--out", out, "--fps", "10", "--format", "png"]);
    const input = `images:${join(out, "b")}?fps=10`;
    const [first] = lines(await run(["label", model, input, video]));
    expect(first).toMatchObject({ path: input, label: "grow", duration: 2, frames: 8 });
    const [again] = lines(await run(["label", model, input]));
    expect(again).toMatchObject({ cached: { frames: true, features: true, predictions: true } });
  });

  test("--progress json writes events for machines on stderr", async () => {
    const { stderr } = await run(["label", model, clips, "--progress", "json"]);
    const events = stderr.split("\n").filter((line) => line.startsWith("{"));
    expect(JSON.parse(events.at(-1)!)).toMatchObject({
      progress: { stage: "label", done: 4, total: 4, failed: 2, unit: "videos" },
    });
  });
});

describe("the other commands", () => {
  test("evaluate prints the figures as JSON, and writes a page that needs nothing else", async () => {
    const report = join(root, "report.html");
    const result = await run(["evaluate", model, data, "--json", "--report", report]);
    expect(result.code).toBe(0);
    const [figures] = lines(result);
    expect(figures).toMatchObject({ split: "test", classes: ["grow", "shrink"], failed: [] });
    for (const field of ["n", "accuracy", "top3", "macroPrecision", "macroRecall", "macroF1"]) {
      expect(typeof figures![field]).toBe("number");
    }
    for (const field of ["logLoss", "ece"]) expect(typeof figures![field]).toBe("number");
    expect(figures).toHaveProperty("baseline.meanPool.accuracy");
    expect(figures).toHaveProperty("perClass.0.support");
    const page = await readFile(report, "utf8");
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain("data:image/jpeg;base64,");
    expect(page).not.toMatch(/<script|src="http|href="http/);
  });

  test("probe tells size, length and codec, and goes on after a bad file", async () => {
    const result = await run(["probe", join(clips, "b.mp4"), join(clips, "empty.mp4"), "--json"]);
    expect(result.code).toBe(3);
    const [good, bad] = lines(result);
    expect(good).toMatchObject({
      width: 96,
      height: 72,
      codec: "h264",
      frameRate: 10,
      duration: 2,
    });
    expect(bad).toMatchObject({ error: { code: "ERR_NOT_A_VIDEO" } });
    expect((await run(["probe", join(clips, "b.mp4")])).stdout).toMatch(/96x72/);
  });

  test("features writes a file a video, keeping the folders", async () => {
    const out = join(root, "features");
    const { code } = await run(["features", clips, "--out", out, "--fps", "2"]);
    expect(code).toBe(3);
    const files = await readdir(out, { recursive: true });
    expect(files.filter((name) => name.endsWith(".safetensors")).sort()).toEqual([
      "b.safetensors",
      "sub/b.safetensors",
    ]);
    const tensors = decodeSafetensors(await readFile(join(out, "sub", "b.safetensors")));
    expect(tensors.get("features")!.shape).toEqual([4, 1280]);
    expect([...tensors.get("timestamps")!.data]).toEqual([0, 0.5, 1, 1.5]);
  });

  test("train onto a directory that is not a model is refused before any work", async () => {
    const { code, stderr } = await run(["train", data, "--out", clips]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/ERR_USAGE: .*is not a model/);
  });

  test("datasets make and check", async () => {
    const out = join(root, "motions");
    const made = await run(["datasets", "make", "motions", "--out", out, "--clips", "1"]);
    expect(made).toMatchObject({ code: 0, stdout: `${out}\n` });
    const check = await run(["datasets", "check", data, "--json"]);
    expect(check.code).toBe(0);
    expect(lines(check)[0]).toHaveProperty("classes.0.clips", 16);
    for (const part of ["train", "test"]) {
      for (const label of ["grow", "shrink"]) {
        await mkdir(join(root, "leak", part, label), { recursive: true });
        await writeSquare(join(root, "leak", part, label, "a.mp4"), label as "grow", "leak");
      }
    }
    const leak = await run(["datasets", "check", join(root, "leak")]);
    expect(leak.code).toBe(1);
    expect(leak.stdout).toMatch(/error: the same content in different parts/);
  });

  test("doctor finds everything that labelling needs", async () => {
    const result = await run(["doctor", "--json"]);
    expect(result.code).toBe(0);
    const findings = JSON.parse(result.stdout) as { part: string; ok: boolean }[];
    expect(findings.every(({ ok }) => ok)).toBe(true);
    expect(findings.map(({ part }) => part)).toContain("decoder");
  });
});

describe("interruption", () => {
  /** A list long enough to be interrupted: every file has other bytes, so that none is answered by the cache. */
  async function manyClips(): Promise<string> {
    const directory = join(root, "many");
    await mkdir(directory, { recursive: true });
    const bytes = await readFile(join(clips, "b.mp4"));
    for (let i = 0; i < 400; i++) {
      // A free box at the end of an mp4 is skipped by every reader.
      const box = Buffer.from(`\0\0\0\x10free${String(i).padStart(8, "0")}`, "latin1");
      await writeFile(join(directory, `${String(i).padStart(3, "0")}.mp4`), [bytes, box]);
    }
    return directory;
  }

  test("Ctrl-C keeps what was done: exit code 130, and every line is whole", async () => {
    const directory = await manyClips();
    const out = join(root, "interrupted.jsonl");
    const { code, stderr } = await run(["label", model, directory, "--out", out], {
      cacheDir: join(root, "interrupted-cache"),
      onStart: (child) => {
        void (async () => {
          while ((await readFile(out, "utf8").catch(() => "")).split("\n").length < 6) {
            await sleep(50);
          }
          child.kill("SIGINT");
        })();
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/Interrupted/);
    const text = await readFile(out, "utf8");
    expect(text.endsWith("\n")).toBe(true);
    const written = text.split("\n").filter(Boolean);
    expect(written.length).toBeGreaterThanOrEqual(5);
    expect(written.length).toBeLessThan(400);
    for (const line of written) expect(JSON.parse(line)).toHaveProperty("label");
  });

  test.skipIf(process.platform === "win32")(
    "no child outlives a parent that was killed with -9 by more than 10 s",
    async () => {
      const directory = await manyClips();
      let children: number[] = [];
      await run(["label", model, directory], {
        cacheDir: join(root, "killed-cache"),
        onStart: (child) => {
          void (async () => {
            for (let tries = 0; children.length === 0 && tries < 400; tries++) {
              await sleep(50);
              children = childrenOf(child.pid!);
            }
            await sleep(500);
            child.kill("SIGKILL");
          })();
        },
      });
      expect(children.length).toBeGreaterThan(0);
      const alive = (): number[] => children.filter(isAlive);
      for (let waited = 0; alive().length > 0 && waited < 10_000; waited += 100) await sleep(100);
      expect(alive()).toEqual([]);
    },
  );
});

function childrenOf(pid: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="]).toString().trim().split("\n");
  return table
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([own = 0]) => own);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
