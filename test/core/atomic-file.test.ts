import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFileAtomically } from "../../src/core/atomic-file.js";
import { temporaryDirectory } from "./temporary-directory.js";

test("text and bytes are written, and replace what was there", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "a.txt");
  await writeFileAtomically(path, "a longer text than the next");
  await writeFileAtomically(path, "Größe");
  expect(await readFile(path, "utf8")).toBe("Größe");
  await writeFileAtomically(path, Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
  expect([...(await readFile(path))]).toEqual([2, 3]);
  expect(await readdir(directory)).toEqual(["a.txt"]);
});

test("whoever has the old file open goes on reading the old one", async () => {
  const path = join(await temporaryDirectory(), "a.txt");
  await writeFileAtomically(path, "the old text");
  const reader = await open(path);
  try {
    await writeFileAtomically(path, "new");
    expect(await reader.readFile("utf8")).toBe("the old text");
  } finally {
    await reader.close();
  }
  expect(await readFile(path, "utf8")).toBe("new");
});

test("whoever reads while it is written sees one text or another, never a part", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "a.txt");
  const texts = Array.from({ length: 12 }, (_, index) => String(index % 10).repeat(300_000));
  await writeFileAtomically(path, texts[0]!);
  let writing = true;
  const writers = Promise.all(texts.map((text) => writeFileAtomically(path, text))).finally(() => {
    writing = false;
  });
  const seen = new Set<string>();
  while (writing) seen.add(await readFile(path, "utf8"));
  await writers;
  seen.add(await readFile(path, "utf8"));
  for (const text of seen) expect(texts.includes(text)).toBe(true);
  expect(await readdir(directory)).toEqual(["a.txt"]);
});

test("a write that fails leaves nothing behind and what was there alone", async () => {
  const directory = await temporaryDirectory();
  // A directory cannot be replaced by a file.
  await mkdir(join(directory, "taken", "inside"), { recursive: true });
  await expect(writeFileAtomically(join(directory, "taken"), "text")).rejects.toThrow();
  await expect(writeFileAtomically(join(directory, "no", "a.txt"), "text")).rejects.toThrow();
  expect(await readdir(directory)).toEqual(["taken"]);
  expect(await readdir(join(directory, "taken"))).toEqual(["inside"]);
});
