import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../datasets/open-dataset.js";
import { emptyFiles, fileTree } from "./file-tree.js";

test("each folder is a class; its videos are found also further down, sorted", async () => {
  const root = await fileTree(
    emptyFiles("walk/b.mp4", "walk/a.AVI", "walk/2024/c.webm", "run/a.mkv", "run/notes.txt"),
  );
  const dataset = await openDataset(root);
  expect(dataset.name).toBe(root);
  expect(dataset.classes).toEqual(["run", "walk"]);
  expect(dataset.items).toEqual([
    { path: join(root, "run", "a.mkv"), name: join("run", "a.mkv"), label: "run" },
    {
      path: join(root, "walk", "2024", "c.webm"),
      name: join("walk", "2024", "c.webm"),
      label: "walk",
    },
    { path: join(root, "walk", "a.AVI"), name: join("walk", "a.AVI"), label: "walk" },
    { path: join(root, "walk", "b.mp4"), name: join("walk", "b.mp4"), label: "walk" },
  ]);
  expect(dataset.warnings).toEqual([]);
});

test("folders named train, val and test above the classes are the parts", async () => {
  const root = await fileTree(
    emptyFiles(
      "train/run/a.mp4",
      "train/walk/b.mp4",
      "val/run/c.mp4",
      "Test/walk/d.mp4",
      ".cache/walk/e.mp4",
    ),
  );
  const { classes, items } = await openDataset(root);
  expect(classes).toEqual(["run", "walk"]);
  expect(
    Object.fromEntries(items.map(({ name, label, split }) => [name, `${label} ${split}`])),
  ).toEqual({
    [join("train", "run", "a.mp4")]: "run train",
    [join("train", "walk", "b.mp4")]: "walk train",
    [join("val", "run", "c.mp4")]: "run validation",
    [join("Test", "walk", "d.mp4")]: "walk test",
  });
});

test("a class may be called test where the other folders are classes too", async () => {
  const root = await fileTree(emptyFiles("test/a.mp4", "walk/b.mp4"));
  const { classes, items } = await openDataset(root);
  expect(classes).toEqual(["test", "walk"]);
  expect(items.every((item) => !("split" in item))).toBe(true);
});

test("hidden files and folders, other files, and links to folders are left out", async () => {
  const root = await fileTree(
    emptyFiles("walk/a.mp4", "walk/.b.mp4", "walk/.old/c.mp4", ".trash/d.mp4", "e.mp4", "f.txt"),
  );
  await symlink(join(root, "walk"), join(root, "same"), "dir");
  await symlink(join(root, "walk"), join(root, "walk", "again"), "dir");
  await symlink(join(root, "walk", "a.mp4"), join(root, "walk", "link.mp4"));
  const { classes, items } = await openDataset(root);
  expect(classes).toEqual(["walk"]);
  expect(items.map(({ name }) => name)).toEqual([join("walk", "a.mp4"), join("walk", "link.mp4")]);
});

test("names like _g05_ are groups, within their class", async () => {
  const root = await fileTree(
    emptyFiles(
      "Lunges/v_Lunges_g05_c01.avi",
      "Lunges/v_Lunges_g05_c02.avi",
      "Lunges/v_Lunges_g12_c01.avi",
      "Lunges/clip.avi",
      "PushUps/v_PushUps_g05_c01.avi",
    ),
  );
  const { items } = await openDataset(root);
  expect(items.map(({ group }) => group)).toEqual([
    undefined,
    "Lunges/g05",
    "Lunges/g05",
    "Lunges/g12",
    "PushUps/g05",
  ]);
});

test("a folder's name makes no group", async () => {
  const root = await fileTree(
    emptyFiles("data_g01_small/walk/a.mp4", "data_g01_small/walk/v_walk_g02_c01.mp4"),
  );
  const { items } = await openDataset(join(root, "data_g01_small"));
  expect(items.map(({ group }) => group)).toEqual([undefined, "walk/g02"]);
});

test.each([
  ["an empty directory", []],
  ["a directory of files only", ["a.mp4"]],
  ["folders without videos", ["walk/readme.md", "run/readme.md"]],
])("%s is no data set", async (_, files) => {
  const root = await fileTree(emptyFiles(...files));
  await expect(openDataset(root)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringContaining("no labelled videos"),
  });
});
