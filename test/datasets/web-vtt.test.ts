import { expect, test } from "vitest";
import { openDataset } from "../../datasets/open-dataset.js";
import { parseWebVtt } from "../../datasets/web-vtt.js";
import { toWebVtt } from "../../src/pipeline/writers/web-vtt.js";
import { emptyFiles, fileTree } from "./file-tree.js";

test("cues are read; notes, styles, names and settings are passed over, tags and entities resolved", () => {
  const text = [
    "\uFEFFWEBVTT labels of a clip",
    "Kind: metadata",
    "",
    "STYLE",
    "::cue { color: red }",
    "",
    "NOTE not a cue",
    "",
    "intro",
    "00:00.000 --> 00:01.500 line:0 position:20%",
    "<v Anna>sit &amp; <b>stand</b></v>",
    "",
    "100:00:00.100 --> 100:00:01.000",
    "two",
    "lines",
    "00:59:59.999 --> 01:00:00.000",
    "",
  ].join("\r\n");
  expect(parseWebVtt(text)).toEqual([
    { start: 0, end: 1.5, text: "sit & stand" },
    { start: 360_000.1, end: 360_001, text: "two lines" },
    { start: 3599.999, end: 3600, text: "" },
  ]);
});

test.each([
  ["what is no WebVTT", "1\n00:00:00,000 --> 00:00:01,000\nx\n", /line 1/],
  ["a comma for the point", "WEBVTT\n\n00:00:00,000 --> 00:00:01,000\nx\n", /line 3/],
  ["a cue that ends before it begins", "WEBVTT\n\n00:02.000 --> 00:01.000\nx\n", /line 3/],
  ["61 seconds", "WEBVTT\n\n00:00.000 --> 00:61.000\nx\n", /line 3/],
])("%s is refused, and the line is said", async (_, text, says) => {
  expect(() => parseWebVtt(text)).toThrow(says);
  const root = await fileTree({ ...emptyFiles("a.mp4"), "a.vtt": text });
  await expect(openDataset(`vtt:${root}`)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(says),
    path: expect.stringContaining("a.vtt"),
  });
});

test("what label has written is read back without its confidences", async () => {
  const written = toWebVtt({
    path: "a.mp4",
    label: "sit & <stand>",
    confidence: 0.931,
    top: [],
    segments: [
      { start: 0, end: 1.5, label: "sit & <stand>", confidence: 0.931 },
      { start: 1.5, end: 2.25, label: "walk (2)", confidence: 1 },
    ],
    duration: 2.25,
    frames: 16,
    model: "0".repeat(64),
    options: "0".repeat(64),
    cached: { frames: false, features: false, predictions: false },
    elapsedMs: 1,
  });
  const root = await fileTree({ ...emptyFiles("a.mp4"), "a.vtt": written });
  const { items } = await openDataset(`vtt:${root}`);
  expect(items.map(({ label, span }) => [label, span])).toEqual([
    ["sit & <stand>", { start: 0, end: 1.5 }],
    ["walk (2)", { start: 1.5, end: 2.25 }],
  ]);
});

test("labels without a video are told; empty cues are none", async () => {
  const cue = (text: string): string => `WEBVTT\n\n00:00.000 --> 00:01.000\n${text}\n`;
  const root = await fileTree({
    ...emptyFiles("a.mp4", "c.mp4"),
    "a.vtt": cue("walk"),
    "b.vtt": cue("walk"),
    "c.vtt": cue(""),
  });
  const { items, warnings } = await openDataset(`vtt:${root}`);
  expect(items).toMatchObject([{ name: "a.mp4#t=0,1", label: "walk", span: { start: 0, end: 1 } }]);
  expect(warnings).toEqual(["1 of 3 files are missing, the first: the video of b.vtt"]);
});
