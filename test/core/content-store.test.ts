import { readdir, readFile, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ContentStore, openContentStore } from "../../src/core/content-store.js";
import type { StoredEntry } from "../../src/core/store-index.js";
import { temporaryDirectory } from "./temporary-directory.js";

test("what is put is got, with its metadata", async () => {
  const store = openContentStore(await temporaryDirectory());
  const bytes = Uint8Array.of(0, 255, 10, 13);
  await store.put("features:v1:abc", bytes, { frames: 16, of: ["a", null] });
  const entry = await store.get("features:v1:abc");
  expect(new Uint8Array(entry!.data)).toEqual(bytes);
  expect(entry!.metadata).toEqual({ frames: 16, of: ["a", null] });
  expect(await store.metadata("features:v1:abc")).toEqual({ frames: 16, of: ["a", null] });
});

test("text, nothing, and a view of a larger buffer are kept as they are", async () => {
  const store = openContentStore(await temporaryDirectory());
  await store.put("text", "Größe");
  await store.put("nothing", "", "only metadata");
  await store.put("view", Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
  expect((await store.get("text"))?.data.toString("utf8")).toBe("Größe");
  expect(await store.get("nothing")).toMatchObject({ metadata: "only metadata" });
  expect((await store.get("nothing"))?.data).toHaveLength(0);
  expect([...(await store.get("view"))!.data]).toEqual([2, 3]);
});

test("a key that is not there has no entry and no metadata, also where there is no directory", async () => {
  const store = openContentStore(join(await temporaryDirectory(), "not", "yet"));
  expect(await store.get("a")).toBeUndefined();
  expect(await store.metadata("a")).toBeUndefined();
  expect(await entriesOf(store)).toEqual([]);
  await store.clear();
  await store.put("b", "1");
  expect(await store.get("a")).toBeUndefined();
});

test("a second entry of a key replaces the first", async () => {
  const store = openContentStore(await temporaryDirectory());
  await store.put("a", "old", 1);
  await store.put("a", "newer", 2);
  expect((await store.get("a"))?.data.toString()).toBe("newer");
  expect(await store.metadata("a")).toBe(2);
  expect(await entriesOf(store)).toMatchObject([{ key: "a", size: 5, metadata: 2 }]);
});

test("list tells key, size, time and metadata; clear removes everything", async () => {
  const store = openContentStore(await temporaryDirectory());
  const before = Date.now();
  await store.put("a", "12345", { of: "a" });
  await store.put("b", "1");
  const entries = await entriesOf(store);
  expect(entries).toMatchObject([
    { key: "a", size: 5, metadata: { of: "a" } },
    { key: "b", size: 1 },
  ]);
  for (const { time } of entries) {
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  }
  await store.clear();
  expect(await entriesOf(store)).toEqual([]);
  expect(await store.get("a")).toBeUndefined();
});

test.each<[string, (file: string) => Promise<void>]>([
  [
    "has a changed byte",
    async (file) => {
      const bytes = await readFile(file);
      bytes[2]! ^= 1;
      await writeFile(file, bytes);
    },
  ],
  ["is cut off", (file) => truncate(file, 3)],
  ["is empty", (file) => truncate(file, 0)],
  ["has grown", (file) => writeFile(file, "tail", { flag: "a" })],
])("an entry whose file %s is dropped and told, and can be written again", async (_, damage) => {
  const directory = await temporaryDirectory();
  const damaged: [string, Error][] = [];
  const store = openContentStore(directory, (key, error) => damaged.push([key, error]));
  await store.put("a", "the content of a", { whole: true });
  await store.put("b", "the content of b");
  await damage(await contentFile(directory, "the content of a"));

  expect(await store.get("a")).toBeUndefined();
  expect(damaged).toEqual([["a", expect.any(Error)]]);
  expect((await store.get("b"))?.data.toString()).toBe("the content of b");
  // Once told, it is gone.
  expect(await store.get("a")).toBeUndefined();
  expect(await store.metadata("a")).toBeUndefined();
  expect((await entriesOf(store)).map(({ key }) => key)).toEqual(["b"]);
  expect(damaged).toHaveLength(1);

  // The same content: what is damaged must not be found in place and kept.
  await store.put("a", "the content of a", { whole: "again" });
  const entry = await store.get("a");
  expect(entry?.data.toString()).toBe("the content of a");
  expect(entry?.metadata).toEqual({ whole: "again" });
  expect(damaged).toHaveLength(1);
});

test("an entry whose file is gone is absent and can be written again", async () => {
  const directory = await temporaryDirectory();
  const store = openContentStore(directory);
  await store.put("a", "the content of a");
  await unlink(await contentFile(directory, "the content of a"));
  expect(await store.get("a")).toBeUndefined();
  await store.put("a", "the content of a");
  expect((await store.get("a"))?.data.toString()).toBe("the content of a");
});

test("two stores on one directory see each other's entries and may write the same key at once", async () => {
  const directory = await temporaryDirectory();
  const one = openContentStore(directory);
  const other = openContentStore(directory);
  await one.put("a", "by one");
  expect((await other.get("a"))?.data.toString()).toBe("by one");

  const values = Array.from({ length: 20 }, (_, index) => `value ${index}`);
  await Promise.all(
    values.flatMap((value, index) => [
      (index % 2 ? one : other).put("shared", value, value),
      one.put(`one ${index}`, value),
      other.put(`other ${index}`, value),
    ]),
  );
  for (const [index, value] of values.entries()) {
    expect((await other.get(`one ${index}`))?.data.toString()).toBe(value);
    expect((await one.get(`other ${index}`))?.data.toString()).toBe(value);
  }
  const shared = await one.get("shared");
  expect(values).toContain(shared?.data.toString());
  expect(shared?.metadata).toBe(shared?.data.toString());
  await other.clear();
  expect(await one.get("a")).toBeUndefined();
});

/** A store's entries by key. */
async function entriesOf(store: ContentStore): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const entry of store.list()) entries.push(entry);
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The file that holds this content. */
async function contentFile(directory: string, content: string): Promise<string> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    if (file.isFile() && (await readFile(path, "utf8")) === content) return path;
  }
  throw new Error(`No file in ${directory} holds "${content}".`);
}
