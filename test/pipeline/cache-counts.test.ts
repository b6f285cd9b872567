import { appendFile, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addCounts, forgetCounts, readCounts } from "../../src/pipeline/cache-counts.js";
import { temporaryDirectory } from "../core/temporary-directory.js";

const once = new Map([["features", { hits: 2, misses: 1 }]]);

test("counts of runs add up, whoever writes them, and a half-written line counts as none", async () => {
  const directory = join(await temporaryDirectory(), "not", "yet");
  expect(await readCounts(directory)).toEqual(new Map());
  await Promise.all(Array.from({ length: 8 }, () => addCounts(directory, once)));
  await appendFile(join(directory, "use.jsonl"), '\n{"features":{"hits":1,"mis');
  await addCounts(directory, new Map([["probe", { hits: 0, misses: 1 }]]));
  await appendFile(join(directory, "use.jsonl"), '\nnull\n{"features":{"hits":-1,"misses":0}}');
  expect(Object.fromEntries(await readCounts(directory))).toEqual({
    features: { hits: 16, misses: 8 },
    probe: { hits: 0, misses: 1 },
  });
  await forgetCounts(directory);
  expect(await readCounts(directory)).toEqual(new Map());
});

test("the file does not grow without end, and folding it keeps the sums", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "use.jsonl");
  const line = `\n${JSON.stringify(Object.fromEntries(once))}`;
  const lines = Math.ceil(2 ** 16 / line.length) + 1;
  await appendFile(path, line.repeat(lines));
  await Promise.all(Array.from({ length: 8 }, () => addCounts(directory, once)));
  expect((await stat(path)).size).toBeLessThan(1000);
  expect(await readdir(directory)).toEqual(["use.jsonl"]);
  const { features } = Object.fromEntries(await readCounts(directory));
  // Of eight at once some may write into the file that another is folding: counts are lost, never invented.
  expect(features!.hits).toBeGreaterThanOrEqual(2 * lines);
  expect(features!.hits).toBeLessThanOrEqual(2 * (lines + 8));
  expect(await readFile(path, "utf8")).not.toContain("null");
});
