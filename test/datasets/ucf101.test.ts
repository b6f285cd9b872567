import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../datasets/open-dataset.js";
import { emptyFiles, fileTree } from "./file-tree.js";

const videos = emptyFiles(
  "Lunges/v_Lunges_g01_c01.avi",
  "Lunges/v_Lunges_g08_c01.avi",
  "PushUps/v_PushUps_g01_c01.avi",
  "PushUps/v_PushUps_g08_c01.avi",
);

// As the official lists are: the training list has the class's number, and both name files that need not be there.
const lists = (folder: string): Record<string, string> => ({
  [`${folder}trainlist01.txt`]:
    "Lunges/v_Lunges_g08_c01.avi 52\r\nPushUps/v_PushUps_g08_c01.avi 72\r\nBowling/v_Bowling_g08_c01.avi 16\r\n",
  [`${folder}testlist01.txt`]: "Lunges/v_Lunges_g01_c01.avi\r\nPushUps/v_PushUps_g01_c01.avi\r\n",
  [`${folder}trainlist02.txt`]: "Lunges/v_Lunges_g01_c01.avi 52\n",
  [`${folder}testlist02.txt`]: "Lunges/v_Lunges_g08_c01.avi\n",
});

test("the official lists say which part a clip belongs to; classes that are not there are left out", async () => {
  const root = await fileTree({ ...videos, ...lists("") });
  const dataset = await openDataset(`ucf101:${root}`);
  expect(dataset.classes).toEqual(["Lunges", "PushUps"]);
  expect(dataset.items).toEqual([
    {
      path: join(root, "Lunges", "v_Lunges_g01_c01.avi"),
      name: "Lunges/v_Lunges_g01_c01.avi",
      label: "Lunges",
      group: "Lunges/g01",
      split: "test",
    },
    {
      path: join(root, "Lunges", "v_Lunges_g08_c01.avi"),
      name: "Lunges/v_Lunges_g08_c01.avi",
      label: "Lunges",
      group: "Lunges/g08",
      split: "train",
    },
    {
      path: join(root, "PushUps", "v_PushUps_g01_c01.avi"),
      name: "PushUps/v_PushUps_g01_c01.avi",
      label: "PushUps",
      group: "PushUps/g01",
      split: "test",
    },
    {
      path: join(root, "PushUps", "v_PushUps_g08_c01.avi"),
      name: "PushUps/v_PushUps_g08_c01.avi",
      label: "PushUps",
      group: "PushUps/g08",
      split: "train",
    },
  ]);
  expect(dataset.warnings).toEqual([]);
});

test("another fold is another split; videos in none of its lists are left out and told", async () => {
  const root = await fileTree({ ...videos, ...lists("") });
  const { classes, items, warnings } = await openDataset(`ucf101:${root}`, { fold: 2 });
  expect(classes).toEqual(["Lunges"]);
  expect(items.map(({ name, split }) => [name, split])).toEqual([
    ["Lunges/v_Lunges_g01_c01.avi", "train"],
    ["Lunges/v_Lunges_g08_c01.avi", "test"],
  ]);
  expect(warnings).toEqual([expect.stringMatching(/^2 videos /)]);
});

test("the lists may lie in ucfTrainTestlist, or anywhere else that is named", async () => {
  const beside = await fileTree({ ...videos, ...lists("ucfTrainTestlist/") });
  expect((await openDataset(`ucf101:${beside}/`)).items).toHaveLength(4);
  const elsewhere = await fileTree(lists("official/"));
  const bare = await fileTree(videos);
  const { items } = await openDataset(`ucf101:${bare}`, { lists: join(elsewhere, "official") });
  expect(items).toHaveLength(4);
});

test("lists that are not found are told by name, with what to do", async () => {
  const root = await fileTree({ ...videos, ...lists("") });
  await expect(openDataset(`ucf101:${root}`, { fold: 3 })).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(/trainlist03\.txt.*--lists/),
  });
  const other = await fileTree({});
  await expect(openDataset(`ucf101:${root}`, { lists: other })).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringContaining(other),
  });
});

test("lists that name none of the files leave no data set", async () => {
  const root = await fileTree({ ...emptyFiles("Bowling/v_Bowling_g01_c01.avi"), ...lists("") });
  await expect(openDataset(`ucf101:${root}`)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
  });
});

test.each([0, 4, 1.5])("there is no fold %s", async (fold) => {
  const root = await fileTree({ ...videos, ...lists("") });
  await expect(openDataset(`ucf101:${root}`, { fold })).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "fold",
  });
});

test("a directory that is not there is told", async () => {
  const path = join(await fileTree(lists("")), "nowhere");
  await expect(openDataset(`ucf101:${path}`, { lists: join(path, "..") })).rejects.toMatchObject({
    code: "ERR_FILE_NOT_FOUND",
    path,
  });
});
