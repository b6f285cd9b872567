import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readBoundedFile } from "../../src/core/bounded-file.js";
import { temporaryDirectory } from "./temporary-directory.js";

const refuse = (why: string, tooLarge: boolean): Error => new Error(`it ${why} (${tooLarge})`);

test("a file is read whole where it is no larger than the limit", async () => {
  const path = join(await temporaryDirectory(), "file");
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
  await writeFile(path, bytes);
  expect(await readBoundedFile(path, 100_000, refuse)).toEqual(bytes);
  await expect(readBoundedFile(path, 99_999, refuse)).rejects.toThrow(
    "it has 100000 bytes, and at most 99999 are read (true)",
  );
  await truncate(path, 0);
  expect(await readBoundedFile(path, 0, refuse)).toEqual(Buffer.alloc(0));
});

test("a directory is refused, and what is not there is the file system's own error", async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "folder"));
  await expect(readBoundedFile(join(directory, "folder"), 9, refuse)).rejects.toThrow(
    "it is not a regular file (false)",
  );
  await expect(readBoundedFile(join(directory, "none"), 9, refuse)).rejects.toMatchObject({
    code: "ENOENT",
  });
});
