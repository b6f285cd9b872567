import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Dataset } from "../../datasets/dataset.js";
import { openDataset } from "../../datasets/open-dataset.js";
import { toTask } from "../../src/pipeline/writers/label-studio.js";
import { writeNumberedClip } from "../frames/numbered-clip.js";
import { emptyFiles, fileTree } from "./file-tree.js";

type Result = { readonly type: string; readonly value: object };

const task = (video: string, ...results: Result[]): object => ({
  id: 1,
  data: { title: "a clip", video },
  annotations: [{ id: 1, was_cancelled: false, result: results }],
});
const choice = (label: string): Result => ({ type: "choices", value: { choices: [label] } });

async function open(tasks: unknown, ...videos: string[]): Promise<Dataset> {
  const root = await fileTree({
    ...emptyFiles(...videos),
    "export.json": typeof tasks === "string" ? tasks : JSON.stringify(tasks),
  });
  return openDataset(`labelstudio:${join(root, "export.json")}`);
}

test("a choice labels the whole video, found by how Label Studio serves it", async () => {
  const { items } = await open(
    [
      task("/data/upload/3/0123abcd-a.mp4", choice("walk")),
      task("http://localhost:8080/data/local-files/?d=set/b.mp4", choice("run")),
      task("s3://bucket/far/c%20d.mp4?signature=1", choice("run")),
    ],
    "a.mp4",
    "b.mp4",
    "far/c d.mp4",
  );
  expect(items.map(({ name, label }) => [name, label])).toEqual([
    ["a.mp4", "walk"],
    ["b.mp4", "run"],
    ["far/c d.mp4", "run"],
  ]);
});

test("labels on the timeline are spans, by the video's own frame rate; what two people say is there once", async () => {
  const root = await fileTree({});
  const clip = await writeNumberedClip(root, { frames: 20, frameRate: 10 });
  const timeline = (start: number, end: number, label: string): Result => ({
    type: "timelinelabels",
    value: { ranges: [{ start, end }], timelinelabels: [label] },
  });
  // Beside spans, the label of the whole is left out.
  const results = [
    choice("walk"),
    timeline(1, 10, "walk"),
    timeline(11, 20, "run"),
    timeline(11, 20, "run"),
  ];
  const path = join(root, "export.json");
  await writeFile(path, JSON.stringify([task(clip, ...results)]));
  const { items } = await openDataset(`labelstudio:${path}`);
  expect(items.map(({ label, span }) => [label, span])).toEqual([
    ["walk", { start: 0, end: 1 }],
    ["run", { start: 1, end: 2 }],
  ]);
});

test("what label has written is read back, once it is an annotation, by the rate that it has written", async () => {
  const { predictions, ...written } = toTask({
    path: "a.mp4",
    label: "walk",
    confidence: 0.9,
    top: [],
    segments: [
      { start: 0, end: 1.2, label: "walk", confidence: 0.9 },
      { start: 1.2, end: 3, label: "run", confidence: 0.8 },
    ],
    duration: 3,
    frames: 16,
    model: "0".repeat(64),
    options: "0".repeat(64),
    cached: { frames: false, features: false, predictions: false },
    elapsedMs: 1,
  }) as { predictions: { result: Result[] }[] };
  const reviewed = { ...written, annotations: [{ result: predictions[0]!.result }] };
  const { items } = await open([reviewed], "a.mp4");
  expect(items.map(({ label, span }) => [label, span])).toEqual([
    ["walk", { start: 0, end: 1.2 }],
    ["run", { start: 1.2, end: 3 }],
  ]);
});

test("cancelled annotations and predictions are no labels; what is missing or unlabelled is told", async () => {
  const { items, warnings } = await open(
    [
      task("a.mp4", choice("walk")),
      { data: { video: "b.mp4" }, annotations: [{ was_cancelled: true, result: [choice("run")] }] },
      { data: { video: "b.mp4" }, predictions: [{ result: [choice("run")] }] },
      task("gone.mp4", choice("run")),
    ],
    "a.mp4",
    "b.mp4",
  );
  expect(items.map(({ label }) => label)).toEqual(["walk"]);
  expect(warnings).toEqual([
    "1 of 4 files are missing, the first: gone.mp4",
    "2 tasks have no label and are left out.",
  ]);
});

test.each([
  ["what is no JSON", "[", /JSON/],
  ["an object", { data: {} }, /the whole/],
  ["a task without a video", [task("notes.txt", choice("walk"))], /task 1 names no video/],
  [
    "a label that is a number",
    [{ data: {}, annotations: [{ result: [{ type: "choices", value: { choices: [1] } }] }] }],
    /0\.annotations\.0\.result\.0\.value\.choices\.0/,
  ],
])("%s is refused, and where, is said", async (_, tasks, says) => {
  await expect(open(tasks)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(says),
  });
});
