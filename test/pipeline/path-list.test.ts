import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { readPathList } from "../../src/pipeline/path-list.js";
import { temporaryDirectory } from "../core/temporary-directory.js";

async function all(list: AsyncIterable<string>): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of list) paths.push(path);
  return paths;
}

const pathsOf = (...chunks: string[]): Promise<string[]> =>
  all(readPathList("-", Readable.from(chunks.map((chunk) => Buffer.from(chunk)))));

test("a list has a path a line; empty lines and carriage returns are not part of it", async () => {
  expect(await pathsOf("a.mp4\r\n\nb c.mp4\nlast", ".mp4")).toEqual([
    "a.mp4",
    "b c.mp4",
    "last.mp4",
  ]);
  expect(await pathsOf()).toEqual([]);
});

test("a list with NUL is cut there, as find -print0 writes it: a path may hold line breaks", async () => {
  expect(await pathsOf("a\nb.mp4\0c\r.mp", "4\0last\0")).toEqual(["a\nb.mp4", "c\r.mp4", "last"]);
});

test("the first path is there before the list ends", async () => {
  const stdin = new PassThrough();
  stdin.write("a.mp4\nb.m");
  const list = readPathList("-", stdin);
  expect(await list.next()).toEqual({ done: false, value: "a.mp4" });
  stdin.end("p4\n");
  expect(await list.next()).toEqual({ done: false, value: "b.mp4" });
  expect((await list.next()).done).toBe(true);
});

test("a file is read, and one that is not there is told", async () => {
  const directory = await temporaryDirectory();
  const list = join(directory, "list.txt");
  await writeFile(list, "x.mp4\n");
  expect(await all(readPathList(list))).toEqual(["x.mp4"]);
  await expect(all(readPathList(join(directory, "none")))).rejects.toMatchObject({
    code: "ERR_FILE_NOT_FOUND",
  });
});

test("a path that goes on for ever is refused", async () => {
  const stdin = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(2 ** 16, "a");
    })(),
  );
  await expect(readPathList("-", stdin).next()).rejects.toMatchObject({
    code: "ERR_FILE_NOT_FOUND",
    message: expect.stringContaining("longer than"),
  });
});
