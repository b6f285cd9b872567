import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../datasets/open-dataset.js";
import { emptyFiles, fileTree } from "./file-tree.js";

test("a manifest.csv in a directory says what is in it", async () => {
  const root = await fileTree({
    ...emptyFiles("walk/a.mp4", "walk/b.mp4"),
    "manifest.csv": "path,label\nwalk/a.mp4,stroll\n",
  });
  const { classes, items } = await openDataset(root);
  expect(classes).toEqual(["stroll"]);
  expect(items).toEqual([
    { path: join(root, "walk", "a.mp4"), name: "walk/a.mp4", label: "stroll" },
  ]);
});

test("a folder called manifest.csv is no manifest", async () => {
  const root = await fileTree(emptyFiles("manifest.csv/a.mp4"));
  expect((await openDataset(root)).classes).toEqual(["manifest.csv"]);
});

test("what is not there is told with its name", async () => {
  const root = await fileTree({});
  const path = join(root, "clips.csv");
  await expect(openDataset(path)).rejects.toMatchObject({
    code: "ERR_FILE_NOT_FOUND",
    path,
    message: expect.stringContaining(path),
  });
});

test("a file of another kind, and an unknown kind of data set, are wrong usage", async () => {
  const root = await fileTree({ "clips.json": "[]" });
  await expect(openDataset(join(root, "clips.json"))).rejects.toMatchObject({ code: "ERR_USAGE" });
  await expect(openDataset("mnist:digits")).rejects.toMatchObject({
    code: "ERR_USAGE",
    message: expect.stringContaining("mnist:"),
  });
});
