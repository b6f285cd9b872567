import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { sha256 } from "../../src/core/digest.js";
import { createRandom } from "../../src/core/random.js";
import { openStageCache } from "../../src/pipeline/stage-cache.js";
import { smallDisk } from "../core/small-disk.js";
import { writeSmallCnn } from "../features/small-cnn.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeSquare } from "../pipeline/growing-squares.js";
import { type ProgramOptions, type ProgramResult, runProgram } from "./run-program.js";

const root = sharedDirectory();
const clips = join(root, "clips");
const cnn = join(root, "small.tflite");
const warm = join(root, "warm-cache");
const names = ["a", "b", "c", "d", "e", "f"];
/** SHA-256 of the features of every clip, from a run that nothing disturbed. */
let right: Record<string, string>;
let runs = 0;

/** The features of all clips by a run of the program, with what it said of each clip. */
async function features(cacheDir: string, options: Partial<ProgramOptions> = {}) {
  const out = join(root, `features ${runs++}`);
  const how = ["--cnn", cnn, "--count", "6", "--cache-frames", "lossless", "--json"];
  const args = ["features", clips, "--out", out, ...how, "--progress", "none", "--jobs", "1"];
  const result = await runProgram(args, { cacheDir, ...options });
  const digests: Record<string, string> = {};
  for (const name of existsSync(out) ? await readdir(out) : []) {
    // A file that is being written has another name.
    if (name.endsWith(".safetensors")) digests[name] = sha256(await readFile(join(out, name)));
  }
  return { ...result, digests, cached: cachedIn(result) };
}

/** How many clips had their features, and their frames, from the cache. */
function cachedIn({ stdout }: ProgramResult): { frames: number; features: number } {
  const lines = stdout
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as { cached: { frames: boolean; features: boolean } });
  return {
    frames: lines.filter(({ cached }) => cached.frames).length,
    features: lines.filter(({ cached }) => cached.features).length,
  };
}

async function cacheCommand(cacheDir: string, ...args: string[]) {
  const { code, stdout } = await runProgram(["cache", ...args, "--json", "--quiet"], { cacheDir });
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const sound = { damagedFiles: 0, damagedLines: 0, lostEntries: 0 };

beforeAll(async () => {
  await mkdir(clips);
  await writeFile(cnn, writeSmallCnn());
  for (const name of names) await writeSquare(join(clips, `${name}.mp4`), "grow", name);
  const clean = await features(join(root, "clean-cache"));
  expect(clean).toMatchObject({ code: 0, stderr: "", cached: { frames: 0, features: 0 } });
  right = clean.digests;
  expect(Object.keys(right)).toHaveLength(names.length);
});

test("four programs at once on one cache all give what one gives, and leave a sound cache", async () => {
  const results = await Promise.all(Array.from({ length: 4 }, () => features(warm)));
  for (const { code, stderr, digests } of results) {
    expect({ code, stderr, digests }).toEqual({ code: 0, stderr: "", digests: right });
  }
  // All ended, and each has told its counts.
  const cache = openStageCache({ cacheDir: warm });
  const { features: use, frames } = await cache.use();
  expect(use!.entries).toBe(names.length);
  expect(frames!.entries).toBe(2 * names.length);
  expect(use!.hits + use!.misses).toBe(4 * names.length);
  expect(await cache.verify()).toMatchObject(sound);
});

test("info counts hits, verify finds all sound, prune keeps to a size, clear empties", async () => {
  const own = join(root, "own-cache");
  await cp(warm, own, { recursive: true, preserveTimestamps: true });
  const before = await openStageCache({ cacheDir: own }).use();
  expect((await features(own)).cached).toEqual({ frames: names.length, features: names.length });
  const { stages } = await cacheCommand(own, "info");
  expect(stages).toHaveProperty("features.hits", before.features!.hits + names.length);
  expect(await cacheCommand(own, "verify")).toMatchObject(sound);

  // What was pulled is no entry: it lies beside them.
  const pulled = join(own, "cnn", "own", "own.tflite");
  await mkdir(join(own, "cnn", "own"), { recursive: true });
  await writeFile(pulled, "pulled");
  const pruned = await cacheCommand(own, "prune", "--max-size", "20kB");
  expect(pruned.bytes).toBeLessThanOrEqual(20_000);
  expect(pruned.removedEntries).toBeGreaterThan(0);
  expect((await features(own)).digests).toEqual(right);
  expect((await runProgram(["cache", "clear"], { cacheDir: own })).code).toBe(0);
  expect(await openStageCache({ cacheDir: own }).use()).toEqual({});
  expect(await readFile(pulled, "utf8")).toBe("pulled");

  const wrong = await runProgram(["cache", "prune", "--max-size", "much"], { cacheDir: own });
  expect(wrong).toMatchObject({ code: 2, stdout: "" });
});

test("kill -9 leaves nothing wrong and nothing locked", async () => {
  const own = join(root, "killed-cache");
  const random = createRandom("moments of kill -9");
  for (let round = 0; round < 2; round++) {
    const onStart: ProgramOptions["onStart"] = async (child) => {
      while (!existsSync(join(own, "index-v5")) && child.exitCode === null) await sleep(5);
      await sleep(random.integer(0, 250));
      child.kill("SIGKILL");
    };
    const killed = await features(own, { onStart });
    for (const [name, digest] of Object.entries(killed.digests)) expect(digest).toBe(right[name]);
  }
  const { code, stderr, digests } = await features(own);
  expect({ code, stderr, digests }).toEqual({ code: 0, stderr: "", digests: right });
  expect(await openStageCache({ cacheDir: own }).verify()).toMatchObject(sound);
});

test("flipped bits and cut files in contents and index give nothing wrong, and verify removes the rest", async () => {
  const own = join(root, "damaged-cache");
  await cp(warm, own, { recursive: true });
  const random = createRandom("bits");
  const files = await readdir(own, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    const bytes = await readFile(path);
    const at = random.integer(0, bytes.length - 1);
    if (random.integer(0, 3) === 0) await truncate(path, at);
    else await writeFile(path, bytes.with(at, bytes[at]! ^ (1 << random.integer(0, 7))));
  }
  const damaged = join(root, "damaged-too");
  await cp(own, damaged, { recursive: true });
  const { code, digests, cached } = await features(own);
  expect({ code, digests, cached }).toEqual({
    code: 0,
    digests: right,
    cached: { frames: 0, features: 0 },
  });
  const cache = openStageCache({ cacheDir: damaged });
  const found = await cache.verify();
  expect(found).toMatchObject({ entries: 0 });
  expect(found.damagedFiles).toBeGreaterThan(0);
  expect(found.damagedLines).toBeGreaterThan(0);
  expect(await cache.verify()).toMatchObject(sound);
});

test("a disk that fills up costs the cache, and nothing else", async ({ skip }) => {
  const disk = await smallDisk(80_000);
  if (disk === undefined) return skip();
  const cacheDir = join(disk, "cache");
  const { code, stderr, digests } = await features(cacheDir);
  expect({ code, digests }).toEqual({ code: 0, digests: right });
  // Told once, whichever process noticed it.
  expect(stderr).toMatch(/^warning: ERR_CACHE_FULL: .*no space is left.*\n$/);
  const cache = openStageCache({ cacheDir });
  expect(await cache.verify()).toMatchObject(sound);
  await cache.clear();
  expect(await cache.use()).toEqual({});
});
