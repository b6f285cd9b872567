import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../datasets/open-dataset.js";
import { emptyFiles, fileTree } from "./file-tree.js";
import { hmdb51Files } from "./hmdb51-files.js";

test("1 is training, 2 is test, and 0 is left out and told; the source is the group", async () => {
  const root = await fileTree(hmdb51Files());
  const { items, warnings } = await openDataset(`hmdb51:${root}`);
  expect(items.map(({ split, group }) => [split, group])).toEqual([
    ["train", "brush_hair/April_09"],
    ["train", "brush_hair/April_09"],
    ["test", "brush_hair/sarah_brushing_hair"],
    ["train", "wave/20060723sfjffbartsinger"],
  ]);
  expect(warnings).toEqual([expect.stringMatching(/^1 videos .*split 1 \(code 0\)/)]);
});

test("clips can be grouped by whether the camera moves", async () => {
  const root = await fileTree(hmdb51Files());
  const { items } = await openDataset(`hmdb51:${root}`, { groupBy: "camera" });
  expect(items.map(({ group }) => group)).toEqual([
    "still camera",
    "still camera",
    "moving camera",
    "moving camera",
  ]);
  await expect(openDataset(`hmdb51:${root}`, { groupBy: "light" })).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "groupBy",
    message: expect.stringContaining("source or camera"),
  });
});

test("clips that were encoded anew are known by their names; those of no list are left out", async () => {
  const root = await fileTree({
    ...emptyFiles("wave/x_wave_f_cm_np1_ba_med_0.mp4", "wave/other.mp4"),
    "wave_test_split2.txt": "x_wave_f_cm_np1_ba_med_0.avi 2\n",
  });
  const { items, warnings } = await openDataset(`hmdb51:${root}`, { fold: 2 });
  expect(items.map(({ name, split }) => [name, split])).toEqual([
    ["wave/x_wave_f_cm_np1_ba_med_0.mp4", "test"],
  ]);
  expect(warnings).toEqual([expect.stringMatching(/^1 videos .*none of the official lists/)]);
});

test.each([
  ["a list that is not there", {}, /wave_test_split1\.txt .*--lists/],
  ["a code that is none", { "wave_test_split1.txt": "a.avi 3\n" }, /[Ll]ine 1 .*"a\.avi 3"/],
  [
    "a code of every object's name",
    { "wave_test_split1.txt": "b.avi 1\na.avi constructor\n" },
    /Line 2 .*constructor/,
  ],
])("%s is told", async (_, files, says) => {
  const root = await fileTree({ ...emptyFiles("wave/a.avi"), ...files });
  await expect(openDataset(`hmdb51:${root}`)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(says),
  });
  await expect(openDataset(`hmdb51:${join(root)}`, { fold: 4 })).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "fold",
  });
});
