import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LabelledVideo, openDataset, train } from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { writeVideo } from "../../src/frames/video-writer.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { distance, readCopy } from "../pipeline/annotation/annotated-copy.js";
import { writeGrowingSquares, writeSquare } from "../pipeline/growing-squares.js";
import { type ProgramOptions, type ProgramResult, runProgram } from "./run-program.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const model = join(root, "model");
const clips = join(root, "clips");

const run = (args: readonly string[], options: Partial<ProgramOptions> = {}) =>
  runProgram(["label", model, ...args], { cacheDir, ...options });
const linesOf = ({ stdout }: ProgramResult): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  const data = join(root, "squares");
  await writeGrowingSquares(data, 4);
  const trained = await train(await openDataset(data), {
    count: 4,
    hidden: 8,
    epochs: 2,
    seed: 1,
    cacheDir,
    jobs: 2,
  });
  await trained.save(model);
  await trained.close();
  await mkdir(join(clips, "a"), { recursive: true });
  await mkdir(join(clips, "b"));
  await writeSquare(join(clips, "a", "x.mp4"), "grow", "a");
  await cp(join(clips, "a", "x.mp4"), join(clips, "b", "x.mp4"));
});

test("each labelled video has a copy under its own path; one that is no video does not stop the others", async () => {
  const out = join(root, "annotated");
  await writeFile(join(clips, "bad.mp4"), "no video");
  const original = await readFile(join(clips, "a", "x.mp4"));
  const result = await run([clips, "--annotate", out, "--progress", "json"]);
  await rm(join(clips, "bad.mp4"));
  expect(result.code).toBe(3);
  expect(linesOf(result)).toHaveLength(3);
  expect(result.stderr).toContain(`2 videos annotated in ${out}\n`);
  expect(result.stderr).toMatch(/"stage":"annotate","done":2,"total":2,"failed":0/);
  expect((await readdir(out, { recursive: true })).sort()).toEqual([
    "a",
    join("a", "x.mp4"),
    "b",
    join("b", "x.mp4"),
  ]);
  const copy = await readCopy(join(out, "b", "x.mp4"));
  expect(copy).toMatchObject({ width: 96, height: 72 });
  expect(copy.times).toHaveLength(20);
  // The colour of the class, by its place in the model.
  const label = linesOf(result)[0]!.label;
  const colour = label === "grow" ? ([230, 159, 0] as const) : ([86, 180, 233] as const);
  expect(distance(copy.at(0).bar(0.6), colour)).toBeLessThan(30);
  expect((await readFile(join(clips, "a", "x.mp4"))).equals(original)).toBe(true);
});

test("--window: the timeline shows the segments that the line tells", async () => {
  const out = join(root, "windows");
  const path = join(clips, "a", "x.mp4");
  const result = await run([path, "--window", "0.5", "--min-length", "0", "--annotate", out]);
  expect(result.code).toBe(0);
  const [line] = linesOf(result) as unknown as [LabelledVideo];
  const copy = await readCopy(join(out, "x.mp4"));
  for (const { start, end, label } of line.segments) {
    const part = (start + end) / 2 / line.duration;
    const colour = label === "grow" ? ([230, 159, 0] as const) : ([86, 180, 233] as const);
    expect(distance(copy.at(part > 0.5 ? 0 : 1.9).bar(part), colour)).toBeLessThan(40);
  }
});

test("what is labelled but cannot be annotated keeps its line, is told, and the command ends with 3", async () => {
  const out = join(root, "blocked");
  // A directory stands where the copy of a/x.mp4 is to go.
  await mkdir(join(out, "a", "x.mp4", "inside"), { recursive: true });
  const result = await run([clips, "--annotate", out, "--quiet"]);
  expect(result.code).toBe(3);
  expect(linesOf(result).every(({ label }) => typeof label === "string")).toBe(true);
  expect(result.stderr).toMatch(/not annotated: ERR_USAGE: .*x\.mp4 cannot be written/);
  expect(await readdir(join(out, "a"))).toEqual(["x.mp4"]);
  expect(await readdir(join(out, "b"))).toEqual(["x.mp4"]);
});

test("--resume makes the copies that are missing, and leaves those that are there", async () => {
  const out = join(root, "resumed");
  const results = join(root, "results.jsonl");
  expect(await run([clips, "--out", results])).toMatchObject({ code: 0 });
  const before = await readFile(results, "utf8");
  await mkdir(join(out, "b"), { recursive: true });
  await writeFile(join(out, "b", "x.mp4"), "there");
  const result = await run([clips, "--out", results, "--resume", "--annotate", out]);
  expect(result.code).toBe(0);
  expect(result.stderr).toContain(`1 videos annotated in ${out}\n`);
  expect(await readFile(results, "utf8")).toBe(before);
  expect(await readFile(join(out, "b", "x.mp4"), "utf8")).toBe("there");
  expect((await readCopy(join(out, "a", "x.mp4"))).times).toHaveLength(20);
});

test("copies are never written over the videos", async () => {
  const before = await readFile(join(clips, "a", "x.mp4"));
  const result = await run([clips, "--annotate", clips]);
  expect(result).toMatchObject({ code: 2, stdout: "" });
  expect(result.stderr).toContain("would be written over the video");
  expect((await readFile(join(clips, "a", "x.mp4"))).equals(before)).toBe(true);
});

test("Ctrl-C leaves no half-written copy", async () => {
  const path = join(root, "long.mp4");
  const frame = new Uint8Array(640 * 360 * 3).fill(90);
  await writeVideo(path, Array<Uint8Array>(150).fill(frame), {
    width: 640,
    height: 360,
    frameRate: 25,
  });
  const out = join(root, "interrupted");
  let seen: string[] = [];
  const result = await run([path, "--annotate", out], {
    async onStart(child) {
      while (!seen.some((name) => name.endsWith("annotated.mp4")) && child.exitCode === null) {
        await sleep(10);
        seen = await readdir(out, { recursive: true }).catch(() => []);
      }
      child.kill("SIGINT");
    },
  });
  // It was under way, by another name.
  expect(seen).toContainEqual(expect.stringMatching(/^\.long\.mp4\..*annotated\.mp4$/));
  expect(result.code).toBe(130);
  expect(linesOf(result)).toHaveLength(1);
  expect(await readdir(out)).toEqual([]);
});
