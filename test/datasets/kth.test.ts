import { expect, test } from "vitest";
import { openDataset } from "../../datasets/open-dataset.js";
import { emptyFiles, fileTree } from "./file-tree.js";
import { kthFiles } from "./kth-files.js";

test("each range of frames is an item of the official part of its person; frames are a 25th of a second", async () => {
  const root = await fileTree(kthFiles());
  const { items, warnings, details } = await openDataset(`kth:${root}`);
  expect(items.map(({ label, group, split, span }) => [label, group, split, span])).toEqual([
    ["boxing", "person 11", "train", { start: 0, end: 3.8 }],
    ["boxing", "person 11", "train", { start: 3.8, end: 7.4 }],
    ["boxing", "person 11", "train", { start: 7.4, end: 9.8 }],
    ["boxing", "person 11", "train", { start: 9.8, end: 14.4 }],
    ["boxing", "person 19", "validation", { start: 0, end: 4 }],
    ["boxing", "person 19", "validation", { start: 4, end: 8 }],
    ["running", "person 22", "test", { start: 1, end: 2 }],
  ]);
  expect(items[6]?.name).toBe("running/person22_running_d2_uncomp.avi#t=1,2");
  expect(warnings).toEqual(["1 of 4 files are missing, the first: person01_walking_d1"]);
  expect(details).toEqual(["missing: person01_walking_d1"]);
});

test("clips can be grouped by scenario", async () => {
  const root = await fileTree(kthFiles());
  const { items } = await openDataset(`kth:${root}`, { groupBy: "scenario" });
  expect(new Set(items.map(({ group }) => group))).toEqual(new Set(["scenario 1", "scenario 2"]));
});

test("videos that the list does not name are left out and told", async () => {
  const root = await fileTree({ ...kthFiles(), ...emptyFiles("boxing/other.avi") });
  const { items, warnings } = await openDataset(`kth:${root}`);
  expect(items).toHaveLength(7);
  expect(warnings[1]).toMatch(/^1 videos are not in 00sequences\.txt/);
});

test.each([
  ["frames that go backwards", "person11_boxing_d1 frames 95-1", /"95-1" of person11_boxing_d1/],
  ["frame 0", "person11_boxing_d1 frames 0-9", /"0-9"/],
  ["a list of nothing", "nothing here", /person01_boxing_d1 frames/],
])("%s is refused", async (_, list, says) => {
  const root = await fileTree({ ...kthFiles(), "00sequences.txt": list });
  await expect(openDataset(`kth:${root}`)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(says),
  });
});
