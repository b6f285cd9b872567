import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { isVideoFile, listVideoFiles } from "../../src/frames/video-files.js";
import { sharedDirectory } from "./shared-directory.js";

const root = sharedDirectory();

/** Makes a directory with these (empty) files in it. */
async function tree(name: string, files: readonly string[]): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  for (const file of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), "");
  }
  return directory;
}

test.each(["a.mp4", "b.AVI", "c.d.MoV", "path/to/e.webm", "Ünï.mkv"])(
  "%s has a video's name",
  (name) => {
    expect(isVideoFile(name)).toBe(true);
  },
);

test.each(["a.txt", "mp4", ".mp4", "a.mp4.part", "a.", "a.wav", "a.jpg", ""])(
  "%s has not",
  (name) => {
    expect(isVideoFile(name)).toBe(false);
  },
);

test("videos are found at any depth, and nothing else", async () => {
  const directory = await tree("depth", [
    "a.mp4",
    "notes.txt",
    "cover.jpg",
    "x/b.avi",
    "x/y/z/c.MKV",
    "x/y/readme.md",
  ]);
  expect(await listVideoFiles(directory)).toEqual(
    ["a.mp4", "x/b.avi", "x/y/z/c.MKV"].map((path) => join(directory, path)),
  );
  expect(await listVideoFiles(directory, { allFiles: true })).toHaveLength(6);
});

test("hidden files and directories are left out", async () => {
  const directory = await tree("hidden", [".a.mp4", ".git/b.mp4", "x/.c.mp4", "d.mp4"]);
  expect(await listVideoFiles(directory)).toEqual([join(directory, "d.mp4")]);
  expect(await listVideoFiles(directory, { allFiles: true })).toEqual([join(directory, "d.mp4")]);
});

test("the order is that of the bytes, on every machine", async () => {
  // As UTF-16 the last two would change places; a locale would put B behind a, and 10 behind 9.
  const names = [
    "B.mp4",
    "a-1.mp4",
    "a.mp4",
    "a/z.mp4",
    "a10.mp4",
    "a9.mp4",
    "é.mp4",
    "～.mp4",
    "😀.mp4",
  ];
  const directory = await tree("order", [...names].reverse());
  expect(await listVideoFiles(directory)).toEqual(names.map((name) => join(directory, name)));
});

test("an empty directory holds no videos, one that is missing is an error", async () => {
  expect(await listVideoFiles(await tree("empty", []))).toEqual([]);
  await expect(listVideoFiles(join(root, "missing"))).rejects.toMatchObject({ code: "ENOENT" });
});

test.skipIf(process.platform === "win32")(
  "links to files are followed, links to directories are not",
  async () => {
    const directory = await tree("links", ["real/a.mp4"]);
    await symlink(directory, join(directory, "circle"));
    await symlink(join(directory, "real"), join(directory, "alias.mp4"));
    await symlink(join(directory, "real", "a.mp4"), join(directory, "file.mp4"));
    await symlink(join(directory, "gone.mp4"), join(directory, "dangling.mp4"));
    // A dangling link is listed, so that it is reported when it is opened.
    const expected = ["dangling.mp4", "file.mp4", "real/a.mp4"];
    expect(await listVideoFiles(directory)).toEqual(expected.map((path) => join(directory, path)));
  },
);
