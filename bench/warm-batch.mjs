/**
 * Time of `muybridge label` of many clips, whole processes: with an empty cache, with frames kept as well, and with
 * a cache that knows all, beside the same for one clip, which is start-up. Prints Markdown. The model is a small
 * one, trained at first use.
 *
 * Run: node bench/warm-batch.mjs --data DIR [--clips N] [--runs N] [--work DIR]
 *
 * DIR holds videos, at any depth. Without it, clips of the motions data set are rendered.
 */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { defaultWorkDirectory, describeMachine, median } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureProgram } from "./measured-command.mjs";
import { say } from "./videos.mjs";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    clips: { type: "string", default: "250" },
    runs: { type: "string", default: "5" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
await mkdir(options.work, { recursive: true });
const motions = join(options.work, "few-motions");
const model = join(options.work, "small-model");
const trainingCache = join(options.work, "cache");
if (!existsSync(join(motions, "manifest.csv"))) {
  say(`Rendering clips into ${motions} ...`);
  const args = ["datasets", "make", "motions", "--out", motions, "--clips", "3"];
  await measureProgram(args, trainingCache);
}
say(`Training ${model} ...`);
const training = ["--epochs", "2", "--hidden", "16", "--quiet"];
const manifest = join(motions, "manifest.csv");
await measureProgram(["train", manifest, "--out", model, ...training], trainingCache);

const data = options.data ?? motions;
const videos = (await listVideoFiles(data)).slice(0, Number(options.clips));
const list = join(options.work, "warm-batch.txt");
await writeFile(list, `${videos.join("\n")}\n`);

/**
 * @param {string} cache
 * @param {string} inputs
 * @param {string[]} more
 */
const label = (cache, inputs, ...more) =>
  measureProgram(["label", model, inputs, "--quiet", ...more], cache);

/** How many of the results have this stage from the cache. @param {string} stdout @param {string} stage */
const cachedOf = (stdout, stage) =>
  stdout.split("\n").filter((line) => line && JSON.parse(line).cached?.[stage]).length;

/** @type {[string, import("./measured-command.mjs").Measurement[], number][]} */
const measured = [];
const caches = {
  plain: "warm-batch-cache",
  lossless: "warm-batch-lossless",
  webp: "warm-batch-webp",
};
for (const name of Object.values(caches)) {
  await rm(join(options.work, name), { recursive: true, force: true });
}
const cache = join(options.work, caches.plain);
say(`Labelling ${videos.length} clips with an empty cache ...`);
measured.push(["empty cache", [await label(cache, `@${list}`)], videos.length]);
for (const how of /** @type {const} */ (["lossless", "webp"])) {
  const own = join(options.work, caches[how]);
  say(`The same, with --cache-frames ${how} ...`);
  const kept = await label(own, `@${list}`, "--cache-frames", how);
  measured.push([`empty cache, frames kept: ${how}`, [kept], videos.length]);
}
/** @type {import("./measured-command.mjs").Measurement[]} */
const all = [];
/** @type {import("./measured-command.mjs").Measurement[]} */
const one = [];
for (let run = 0; run < Number(options.runs); run++) {
  all.push(await label(cache, `@${list}`));
  one.push(await label(cache, videos[0] ?? ""));
}
measured.push(["all known", all, videos.length], ["one clip, known", one, 1]);
const known = cachedOf(all[0]?.stdout ?? "", "predictions");

process.stdout.write(`${describeMachine()}\n\n`);
const rows = measured.map(([name, runs, clips]) => {
  const wall = median(runs.map((run) => run.wall));
  return [
    name,
    `${clips}`,
    wall.toFixed(2),
    median(runs.map((run) => run.cpu)).toFixed(2),
    ((1000 * wall) / clips).toFixed(1),
    `${(100 * median(runs.map((run) => run.others))).toFixed(0)} %`,
  ];
});
const head = ["", "clips", "whole process s", "CPU s", "ms a clip", "other work"];
process.stdout.write(markdownTable(head, rows));
/** Milliseconds a clip of the batch beyond start-up. @param {"wall" | "cpu"} what */
const each = (what) => {
  const [batch, start] = [all, one].map((runs) => median(runs.map((run) => run[what])));
  return ((1000 * ((batch ?? 0) - (start ?? 0))) / (videos.length - 1)).toFixed(2);
};
process.stdout.write(
  `\nAfter start-up a known clip takes ${each("wall")} ms, ${each("cpu")} ms of CPU time (${known} of ${videos.length} were known).\n`,
);
