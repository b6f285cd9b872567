import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { adapters } from "../../datasets/open-dataset.js";
import { describeAdapter, type Layout } from "./adapter-conformance.js";
import { emptyFiles } from "./file-tree.js";
import { hmdb51Files } from "./hmdb51-files.js";
import { kthFiles } from "./kth-files.js";

const layouts: Readonly<Record<string, Layout>> = {
  "folder per class": {
    files: emptyFiles("walk/a.mp4", "walk/more/v_walk_g01_c01.mp4", "run/b.mp4"),
    nameIn: (root) => root,
    classes: ["run", "walk"],
    counts: { items: 3, spans: 0, groups: 1, splits: 0 },
  },
  "folder per class under parts": {
    files: emptyFiles("train/walk/a.mp4", "val/walk/b.mp4", "test/run/c.mp4", "train/run/d.mp4"),
    nameIn: (root) => root,
    classes: ["run", "walk"],
    counts: { items: 4, spans: 0, groups: 0, splits: 4 },
  },
  "CSV manifest": {
    files: {
      ...emptyFiles("a.mp4", "b.mp4"),
      "set.csv":
        "path,label,group,split,start,end\na.mp4,walk,anna,train,0,1.5\na.mp4,run,anna,train,1.5,\nb.mp4,run,ben,test,,\n",
    },
    nameIn: (root) => join(root, "set.csv"),
    classes: ["run", "walk"],
    counts: { items: 3, spans: 2, groups: 3, splits: 3 },
  },
  "TSV manifest": {
    files: {
      ...emptyFiles("a.mp4", "b.mp4"),
      "set.tsv": "path\tlabel\tend\na.mp4\twalk\t2\nb.mp4\trun\t\n",
    },
    nameIn: (root) => join(root, "set.tsv"),
    classes: ["run", "walk"],
    counts: { items: 2, spans: 1, groups: 0, splits: 0 },
  },
  "JSON lines manifest": {
    files: {
      ...emptyFiles("a.mp4"),
      "set.jsonl":
        '{"path":"a.mp4","label":"walk","start":0,"end":2}\n{"path":"a.mp4","label":"run","start":2,"end":4}\n',
    },
    nameIn: (root) => join(root, "set.jsonl"),
    classes: ["run", "walk"],
    counts: { items: 2, spans: 2, groups: 0, splits: 0 },
  },
  ucf101: {
    prefix: "ucf101",
    files: {
      ...emptyFiles("Lunges/v_Lunges_g01_c01.avi", "PushUps/v_PushUps_g08_c01.avi"),
      "trainlist01.txt": "PushUps/v_PushUps_g08_c01.avi 72\n",
      "testlist01.txt": "Lunges/v_Lunges_g01_c01.avi\n",
    },
    nameIn: (root) => `ucf101:${root}`,
    classes: ["Lunges", "PushUps"],
    counts: { items: 2, spans: 0, groups: 2, splits: 2 },
  },
  hmdb51: {
    prefix: "hmdb51",
    files: hmdb51Files(),
    nameIn: (root) => `hmdb51:${root}`,
    classes: ["brush_hair", "wave"],
    counts: { items: 4, spans: 0, groups: 4, splits: 4 },
  },
  kth: {
    prefix: "kth",
    files: kthFiles(),
    nameIn: (root) => `kth:${root}`,
    classes: ["boxing", "running"],
    counts: { items: 7, spans: 7, groups: 7, splits: 7 },
  },
  kinetics: {
    prefix: "kinetics",
    files: {
      ...emptyFiles("videos/aaaaaaaaaaa_000010_000020.mp4", "videos/x/bbbbbbbbb-_.mkv"),
      "list.csv":
        'label,youtube_id,time_start,time_end,split,is_cc\nabseiling,aaaaaaaaaaa,10,20,train,0\n"air, drumming",bbbbbbbbb-_,3,13,validate,1\n',
    },
    nameIn: (root) => `kinetics:${join(root, "list.csv")}`,
    classes: ["abseiling", "air, drumming"],
    counts: { items: 2, spans: 1, groups: 2, splits: 2 },
  },
  labelstudio: {
    prefix: "labelstudio",
    files: {
      ...emptyFiles("a.mp4", "clips/b c.mp4"),
      "export.json": JSON.stringify([
        {
          data: { video: "/data/upload/1/0123abcd-a.mp4" },
          annotations: [{ result: [{ type: "choices", value: { choices: ["walk"] } }] }],
        },
        {
          data: { video: "/data/local-files/?d=clips%2Fb%20c.mp4" },
          annotations: [
            { result: [{ type: "labels", value: { start: 1, end: 2, labels: ["run"] } }] },
          ],
        },
      ]),
    },
    nameIn: (root) => `labelstudio:${join(root, "export.json")}`,
    classes: ["run", "walk"],
    counts: { items: 2, spans: 1, groups: 0, splits: 0 },
  },
  vtt: {
    prefix: "vtt",
    files: {
      ...emptyFiles("a.mp4", "more/b.mkv"),
      "a.vtt":
        "WEBVTT\n\n00:00.000 --> 00:01.500\nwalk\n\n1\n00:01.500 --> 00:04.000 align:start\nrun\n",
      "more/b.mkv.vtt": "WEBVTT - labels\n\n01:00:00.000 --> 01:00:10.000\nwalk\n",
    },
    nameIn: (root) => `vtt:${root}`,
    classes: ["run", "walk"],
    counts: { items: 3, spans: 3, groups: 0, splits: 0 },
  },
};

describe.each(Object.entries(layouts))("%s", (_, layout) => describeAdapter(layout));

test("every adapter is among them", () => {
  const prefixes = Object.values(layouts).flatMap(({ prefix }) => prefix ?? []);
  expect(prefixes.sort()).toEqual(adapters.map(({ prefix }) => prefix).sort());
});
