/**
 * Segments in untrimmed videos: puts test clips of a model together to longer videos, labels these with windows, and
 * tells how much of the time has the right label and how far the boundaries are from the cuts. Prints Markdown.
 *
 * Run: node bench/untrimmed.mjs --model DIR --data DIR [--window 2,3] [--stride S] [--min-length S] [--threshold P]
 *      [--videos N] [--clips N] [--seed S]
 *
 * DATA has a folder a class, as `datasets make motions` and UCF101 have; of its clips those are taken that the model
 * keeps as its test part.
 */
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { sha256OfFile } from "../dist/src/core/digest.js";
import { createRandom } from "../dist/src/core/random.js";
import { createDecoder } from "../dist/src/frames/open-decoder.js";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { writeVideo } from "../dist/src/frames/video-writer.js";
import { label, openModel } from "../dist/src/index.js";
import { defaultWorkDirectory, describeMachine, median } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { say } from "./videos.mjs";

/** The videos that are made. */
const format = { width: 320, height: 240, frameRate: 25 };

/** @typedef {{ readonly label: string, readonly start: number, readonly end: number }} Part */

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string" },
    window: { type: "string", default: "2" },
    stride: { type: "string" },
    "min-length": { type: "string" },
    threshold: { type: "string", default: "0" },
    videos: { type: "string", default: "10" },
    clips: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
if (options.model === undefined || options.data === undefined) {
  throw new Error("Give --model DIR and --data DIR; the head of this file says more.");
}
const directory = join(options.work, "untrimmed");
const cacheDir = join(directory, "cache");
const jobs = options.jobs === undefined ? {} : { jobs: Number(options.jobs) };
await mkdir(directory, { recursive: true });
const model = await openModel(options.model);
const films = await makeFilms(await testClips(options.data));
process.stdout.write(`${describeMachine()}\n\n`);
const cuts = films.reduce((sum, { parts }) => sum + parts.length - 1, 0);
const total = films.reduce((sum, { parts }) => sum + (parts.at(-1)?.end ?? 0), 0);
process.stdout.write(
  `${films.length} videos, ${total.toFixed(0)} s in all, ${cuts} cuts between clips of different classes.\n\n`,
);
const rows = [];
for (const window of options.window.split(",").map(Number)) rows.push(await judge(window));
process.stdout.write(
  markdownTable(
    [
      "window",
      "stride",
      "right label, of the time",
      "cut to boundary, median",
      "cuts within one stride",
      "segments for parts",
    ],
    rows,
  ),
);

await model.close();

/** The test part, in a shuffled order. @param {string} data */
async function testClips(data) {
  /** @type {string[]} */
  const clips = [];
  for (const path of await listVideoFiles(data)) {
    if (model.record.splits[await sha256OfFile(path)] === "test") clips.push(path);
  }
  if (clips.length === 0) throw new Error(`${data} has no clip of the model's test part.`);
  const random = createRandom(`untrimmed ${options.seed}`);
  return clips
    .map((path) => ({ path, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ path }) => path);
}

/** Puts clips together. @param {readonly string[]} clips */
async function makeFilms(clips) {
  const films = [];
  const each = Number(options.clips);
  for (let i = 0; i < Number(options.videos) && i * each < clips.length; i++) {
    const path = join(directory, `${options.seed}-${i}.mp4`);
    say(`Making ${path} ...`);
    /** @type {Part[]} */
    const parts = [];
    await writeVideo(path, filmed(clips.slice(i * each, (i + 1) * each), parts), format);
    films.push({ path, parts });
  }
  return films;
}

/**
 * The frames of clips, one clip after the other.
 *
 * @param {readonly string[]} clips
 * @param {Part[]} parts filled in; clips of one class side by side are one part
 */
async function* filmed(clips, parts) {
  const { width, height, frameRate } = format;
  const size = width * height * 3;
  let shown = 0;
  for (const path of clips) {
    const start = shown / frameRate;
    const plan = { fps: frameRate };
    /** @type {import("../dist/src/frames/decoder.js").FrameOutput} */
    const output = { plan, width, height, pixelFormat: "rgb24", fit: "stretch" };
    for await (const { frames, n } of createDecoder("libav").decode(path, [output])) {
      for (let i = 0; i < n; i++) yield frames.subarray(i * size, (i + 1) * size);
      shown += n;
    }
    const label = basename(dirname(path));
    const end = shown / frameRate;
    const before = parts.at(-1);
    if (before?.label === label) parts[parts.length - 1] = { ...before, end };
    else parts.push({ label, start, end });
  }
}

/** Labels all videos with one window. @param {number} window */
async function judge(window) {
  const given = {
    window,
    stride: options.stride === undefined ? window / 4 : Number(options.stride),
    threshold: Number(options.threshold),
    ...(options["min-length"] === undefined ? {} : { minLength: Number(options["min-length"]) }),
  };
  const paths = films.map(({ path }) => path);
  let right = 0;
  let segments = 0;
  /** @type {number[]} */
  const errors = [];
  let index = 0;
  for await (const result of label(paths, { model, cacheDir, ...jobs, ...given })) {
    if ("error" in result) throw new Error(result.error.message);
    const parts = films[index++]?.parts ?? [];
    segments += result.segments.length;
    for (const segment of result.segments) {
      for (const part of parts) {
        if (part.label !== segment.label) continue;
        right += Math.max(0, Math.min(part.end, segment.end) - Math.max(part.start, segment.start));
      }
    }
    const boundaries = result.segments.map(({ start }) => start);
    for (const { start } of parts.slice(1)) {
      errors.push(Math.min(...boundaries.map((boundary) => Math.abs(boundary - start))));
    }
  }
  const within = errors.filter((error) => error <= given.stride + 1e-6).length;
  const parts = films.reduce((sum, film) => sum + film.parts.length, 0);
  return [
    `${window} s`,
    `${given.stride} s`,
    `${((100 * right) / total).toFixed(1)} %`,
    `${median(errors).toFixed(2)} s`,
    `${((100 * within) / errors.length).toFixed(0)} %`,
    `${segments} for ${parts}`,
  ];
}
