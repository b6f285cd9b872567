import { createHash } from "node:crypto";
import { appendFileSync, existsSync } from "node:fs";
import { appendFile, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ContentStore, openContentStore } from "../../src/core/content-store.js";
import { pruneStore } from "../../src/core/prune-store.js";
import { readIndexFile, rewriteIndexFile } from "../../src/core/store-index.js";
import { filesOfPart, indexFile } from "../../src/core/store-layout.js";
import { verifyStore } from "../../src/core/verify-store.js";
import { smallDisk } from "./small-disk.js";
import { temporaryDirectory } from "./temporary-directory.js";

const hours = 3_600_000;

async function filesIn(directory: string, part: "index" | "content"): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of filesOfPart(directory, part)) paths.push(path);
  return paths;
}

async function age(path: string, ms: number): Promise<void> {
  const time = (Date.now() - ms) / 1000;
  await utimes(path, time, time);
}

const textOf = async (store: ContentStore, key: string) => (await store.get(key))?.data.toString();

test("verify leaves a sound store as it is", async () => {
  const directory = await temporaryDirectory();
  const store = openContentStore(directory);
  await store.put("a", "content", { of: "a" });
  await store.note("b", "only metadata");
  await store.put("c", "");
  expect(await verifyStore(directory)).toEqual({
    entries: 3,
    bytes: 7,
    damagedFiles: 0,
    damagedLines: 0,
    lostEntries: 0,
    abandonedFiles: 0,
    removedBytes: 0,
  });
  expect(await textOf(store, "a")).toBe("content");
  expect(await store.metadata("b")).toBe("only metadata");
  expect(await store.get("c")).toMatchObject({ data: Buffer.alloc(0) });
  expect(await verifyStore(join(directory, "not", "there"))).toMatchObject({ entries: 0 });
});

test("verify removes what is damaged, lost and left behind, and nothing else", async () => {
  const directory = await temporaryDirectory();
  const store = openContentStore(directory);
  for (const key of ["whole", "flipped", "gone", "unnamed", "fresh"]) {
    await store.put(key, `the content of ${key}`);
  }
  const contents = new Map<string, string>();
  for (const path of await filesIn(directory, "content")) {
    contents.set((await readFile(path, "utf8")).slice("the content of ".length), path);
  }
  await writeFile(contents.get("flipped")!, "the content of flapped");
  await rm(contents.get("gone")!);
  // What is old and not named was left behind; what is new may be about to be named.
  for (const key of ["unnamed", "fresh"]) await rm(indexFile(directory, key));
  await age(contents.get("unnamed")!, 2 * hours);
  await appendFile(indexFile(directory, "whole"), "\n0123456789abcdef\t{}");
  for (const [name, ms] of [
    ["old", 2 * hours],
    ["new", 0],
  ] as const) {
    await writeFile(join(directory, "tmp", name), "half a");
    await age(join(directory, "tmp", name), ms);
  }
  expect(await verifyStore(directory)).toEqual({
    entries: 1,
    bytes: "the content of whole".length,
    damagedFiles: 1,
    damagedLines: 1,
    lostEntries: 2,
    abandonedFiles: 1,
    removedBytes: "the content of flapped".length + "the content of unnamed".length,
  });
  expect(existsSync(contents.get("fresh")!)).toBe(true);
  expect(await readdir(join(directory, "tmp"))).toEqual(["new"]);
  expect(await textOf(store, "whole")).toBe("the content of whole");
  expect(await verifyStore(directory)).toMatchObject({
    entries: 1,
    damagedFiles: 0,
    damagedLines: 0,
    lostEntries: 0,
    abandonedFiles: 0,
  });
  await store.put("flipped", "the content of flipped");
  expect(await textOf(store, "flipped")).toBe("the content of flipped");
});

test("what another process appends while an index file is rewritten is carried over", async () => {
  const directory = await temporaryDirectory();
  const store = openContentStore(directory);
  await store.put("a", "old");
  await store.put("b", "of b");
  const path = indexFile(directory, "a");
  const late = await readFile(indexFile(directory, "b"));
  const gone = await rewriteIndexFile(directory, path, async () => {
    appendFileSync(path, late);
    return false;
  });
  expect(gone).toMatchObject([{ key: "a" }]);
  expect((await readIndexFile(directory, path))?.entries).toMatchObject([{ key: "b", size: 4 }]);
});

test("prune removes what was used least recently, and no more than it must", async () => {
  const directory = await temporaryDirectory();
  const store = openContentStore(directory);
  const keys = ["a", "b", "c", "d", "e"];
  for (const [index, key] of keys.entries()) {
    await store.put(key, key.repeat(10_000));
    await age(indexFile(directory, key), (10 - index) * hours);
  }
  const indexBytes = async (): Promise<number> => {
    const sizes = (await filesIn(directory, "index")).map(async (path) => (await stat(path)).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };
  const all = 50_000 + (await indexBytes());
  expect(await pruneStore(directory, all)).toEqual({
    removedEntries: 0,
    removedBytes: 0,
    bytes: all,
  });
  const pruned = await pruneStore(directory, all - 15_000);
  expect(pruned).toMatchObject({ removedEntries: 2, bytes: 30_000 + (await indexBytes()) });
  expect(pruned.removedBytes).toBe(all - pruned.bytes);
  expect(await textOf(store, "a")).toBeUndefined();
  expect(await textOf(store, "c")).toHaveLength(10_000);
  expect(await filesIn(directory, "content")).toHaveLength(3);
  expect(await pruneStore(directory, 0)).toMatchObject({ removedEntries: 3, bytes: 0 });
  expect([
    ...(await filesIn(directory, "index")),
    ...(await filesIn(directory, "content")),
  ]).toEqual([]);
});

test("content that two entries share stays until both are gone", async () => {
  const directory = await temporaryDirectory();
  const store = openContentStore(directory);
  await store.put("old", "x".repeat(10_000));
  await store.put("new", "x".repeat(10_000));
  await age(indexFile(directory, "old"), 5 * hours);
  await pruneStore(directory, 10_000 + (await stat(indexFile(directory, "new"))).size);
  expect(await store.get("old")).toBeUndefined();
  expect(await textOf(store, "new")).toHaveLength(10_000);
});

test("a hit marks an entry as used, whether its data or its metadata is asked for", async () => {
  const directory = await temporaryDirectory();
  const store = openContentStore(directory);
  for (const key of ["got", "told", "idle"]) {
    await store.put(key, "x", {});
    // Written long ago, as the entry itself says.
    const path = indexFile(directory, key);
    const json = (await readFile(path, "utf8"))
      .split("\t")[1]!
      .replace(/"time":\d+/, `"time":${Date.now() - 9 * hours}`);
    await writeFile(path, `\n${createHash("sha1").update(json).digest("hex")}\t${json}`);
    await age(path, 9 * hours);
  }
  expect(await textOf(store, "got")).toBe("x");
  expect(await store.metadata("told")).toEqual({});
  const idleFor = async (key: string): Promise<number> =>
    Math.round((Date.now() - (await stat(indexFile(directory, key))).mtimeMs) / hours);
  expect(await Promise.all(["got", "told", "idle"].map(idleFor))).toEqual([0, 0, 9]);
});

test("a store that is cleared under a writer takes what is written next", async () => {
  const directory = await temporaryDirectory();
  const [store, other] = [openContentStore(directory), openContentStore(directory)];
  const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
  await Promise.all([
    (async () => {
      for (const key of keys) await store.put(key, `content of ${key}`);
    })(),
    (async () => {
      for (let i = 0; i < 20; i++) await other.clear();
    })(),
  ]);
  for (const key of keys)
    expect([undefined, `content of ${key}`]).toContain(await textOf(store, key));
  await store.put("last", "content");
  expect(await textOf(other, "last")).toBe("content");
  expect(await readdir(join(directory, "tmp"))).toEqual([]);
});

test("verify and prune beside writers remove nothing that is being written", async () => {
  const directory = await temporaryDirectory();
  const [store, other] = [openContentStore(directory), openContentStore(directory)];
  const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
  let writing = true;
  const [, rounds] = await Promise.all([
    (async () => {
      for (const key of keys) await store.put(key, `content of ${key}`);
      writing = false;
    })(),
    (async () => {
      let count = 0;
      for (; writing; count++) {
        await verifyStore(directory);
        await pruneStore(directory, 1e9);
      }
      return count;
    })(),
  ]);
  expect(rounds).toBeGreaterThan(0);
  for (const key of keys) expect(await textOf(other, key)).toBe(`content of ${key}`);
});

test("a disk that is full at any step of a write gives ERR_CACHE_FULL, and nothing half", async ({
  skip,
}) => {
  const disk = await smallDisk(2 ** 20);
  if (disk === undefined) return skip();
  const directory = join(disk, "cache");
  const store = openContentStore(directory);
  await store.put("kept", "before the disk was full");
  const page = 4096;
  const content = (key: string): string => `${key} `.repeat(2000);
  const outcomes: string[] = [];
  // From no free page to enough: the write ends at its directories, in its content, or at its line of the index.
  for (let free = 0; free < 24; free++) {
    const key = `with ${free} pages`;
    const ballast = join(disk, "ballast");
    for (let size = 2 ** 20; size >= page; size /= 2) {
      await appendFile(ballast, Buffer.alloc(size)).catch(() => undefined);
    }
    const { size } = await stat(ballast);
    await writeFile(ballast, Buffer.alloc(Math.max(0, size - free * page)));
    const failure = await store.put(key, content(key)).then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
    outcomes.push(failure ?? "written");
    const found = await textOf(store, key);
    expect(found === undefined ? "nothing" : found === content(key)).toBe(
      failure ? "nothing" : true,
    );
    expect(await textOf(store, "kept")).toBe("before the disk was full");
    await rm(ballast);
    // With space again the same entry can be written.
    await store.put(key, content(key));
    expect(await textOf(store, key)).toBe(content(key));
    await pruneStore(directory, 100_000);
    await store.put("kept", "before the disk was full");
  }
  expect(new Set(outcomes)).toEqual(new Set(["ERR_CACHE_FULL", "written"]));
  expect(await verifyStore(directory)).toMatchObject({ damagedFiles: 0, lostEntries: 0 });
});
