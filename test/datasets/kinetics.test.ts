import { join } from "node:path";
import { expect, test } from "vitest";
import type { Dataset } from "../../datasets/dataset.js";
import { openDataset } from "../../datasets/open-dataset.js";
import { emptyFiles, fileTree } from "./file-tree.js";

const head = "label,youtube_id,time_start,time_end,split\n";

async function open(list: string, videos: readonly string[]): Promise<Dataset> {
  const root = await fileTree({ ...emptyFiles(...videos), "list.csv": head + list });
  return openDataset(`kinetics:${join(root, "list.csv")}`);
}

test("a trimmed file is a clip, of a whole one the clip is a span; clips of one upload are a group", async () => {
  const { items } = await open(
    "abseiling,-aaaaaaaaaa,10,20,train\nabseiling,-aaaaaaaaaa,40,50,train\nyoga,bbbbbbbbbbb,0,10,val\n",
    ["abseiling/-aaaaaaaaaa_000010_000020.mp4", "-aaaaaaaaaa.webm", "bbbbbbbbbbb.mp4"],
  );
  expect(items.map(({ path: _, ...item }) => item)).toEqual([
    {
      name: "abseiling/-aaaaaaaaaa_000010_000020.mp4",
      label: "abseiling",
      group: "-aaaaaaaaaa",
      split: "train",
    },
    {
      name: "-aaaaaaaaaa.webm#t=40,50",
      label: "abseiling",
      group: "-aaaaaaaaaa",
      split: "train",
      span: { start: 40, end: 50 },
    },
    {
      name: "bbbbbbbbbbb.mp4#t=0,10",
      label: "yoga",
      group: "bbbbbbbbbbb",
      split: "validation",
      span: { start: 0, end: 10 },
    },
  ]);
});

test("videos that are gone are counted in a warning and listed in the details", async () => {
  const { items, warnings, details } = await open(
    "yoga,aaaaaaaaaaa,0,10,train\nyoga,bbbbbbbbbbb,7,17,train\nyoga,ccccccccccc,0,10,train\n",
    ["ccccccccccc.mp4"],
  );
  expect(items).toHaveLength(1);
  expect(warnings).toEqual(["2 of 3 files are missing, the first: aaaaaaaaaaa_000000_000010"]);
  expect(details).toEqual([
    "missing: aaaaaaaaaaa_000000_000010",
    "missing: bbbbbbbbbbb_000007_000017",
  ]);
});

test("videos may lie elsewhere; where none is found, that is said with the option", async () => {
  const list = await fileTree({ "list.csv": `${head}yoga,aaaaaaaaaaa,0,10,train\n` });
  const videos = await fileTree(emptyFiles("deep/down/aaaaaaaaaaa_000000_000010.mkv"));
  const name = `kinetics:${join(list, "list.csv")}`;
  expect((await openDataset(name, { videos })).items).toHaveLength(1);
  await expect(openDataset(name)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringContaining("--videos"),
  });
});

test.each([
  ["an id that leads elsewhere", "yoga,../../etc/x,0,10,train", /row 1 .*YouTube id/],
  ["a time span of no length", "yoga,aaaaaaaaaaa,10,10,train", /row 1 .*time_start/],
  ["a missing label", ",aaaaaaaaaaa,0,10,train", /row 1 .*"label"/],
  ["an unknown split", "yoga,aaaaaaaaaaa,0,10,dev", /row 1 .*"dev"/],
])("%s is refused", async (_, row, says) => {
  await expect(open(`${row}\n`, ["aaaaaaaaaaa.mp4"])).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(says),
  });
});
