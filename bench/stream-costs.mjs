/**
 * What the streams cost: CPU milliseconds a clip, decoding and all, in one process and without a cache. Clips are gone
 * through once untimed, so that the networks are warm and the files are in memory; then each set of streams in turn, a
 * number of times, of which the least counts.
 *
 * Run: node bench/stream-costs.mjs DIR... [--clips N] [--rounds N] [--precision float32|int8] [--decoder libav|ffmpeg]
 * where N clips of each directory are taken, evenly spread.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openFeatureExtractor } from "../dist/src/features/open-feature-extractor.js";
import { openStreams } from "../dist/src/features/streams/open-streams.js";
import { extractStreams } from "../dist/src/pipeline/extract-streams.js";
import { openStageCache } from "../dist/src/pipeline/stage-cache.js";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { findClips } from "./videos.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clips: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
    precision: { type: "string", default: "float32" },
    decoder: { type: "string", default: "libav" },
  },
});
const [each, rounds] = [Number(values.clips), Number(values.rounds)];
const precision = values.precision === "int8" ? "int8" : "float32";
/** @type {import("../dist/src/frames/decoder.js").DecoderName} */
const decoder = values.decoder === "ffmpeg" ? "ffmpeg" : "libav";

/** @typedef {import("../dist/src/features/streams/feature-stream.js").StreamName} StreamName */
/** @type {readonly (readonly StreamName[])[]} */
const sets = [
  ["rgb"],
  ["difference"],
  ["motion"],
  ["rgb", "difference"],
  ["rgb", "motion"],
  ["rgb", "difference", "motion"],
  ["motion", "cuboids"],
  ["rgb", "difference", "cuboids"],
  ["rgb", "difference", "motion", "cuboids"],
];

const cnn = await openFeatureExtractor("mobilenet-v2", { precision });
const cacheDir = mkdtempSync(join(tmpdir(), "stream-costs-"));
const cache = openStageCache({ cacheDir });
const opened = await Promise.all(sets.map((names) => openStreams(names, async () => cnn)));

/**
 * CPU milliseconds a clip.
 *
 * @param {readonly string[]} paths
 * @param {(typeof opened)[number]} streams
 */
async function cost(paths, streams) {
  const before = process.cpuUsage();
  for (const path of paths) {
    const plan = { count: 16 };
    /** @type {import("../dist/src/features/cnn-choice.js").CnnChoice} */
    const choice = { cnn: "mobilenet-v2", precision };
    const task = {
      path,
      decoder,
      plan,
      fit: /** @type {const} */ ("stretch"),
      cnn: choice,
      cacheDir,
    };
    await extractStreams(task, streams, cache);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / paths.length;
}

/** @type {string[][]} */
const rows = sets.map((names) => [names.join(" + ")]);
for (const directory of positionals) {
  const all = await findClips(directory, defaultWorkDirectory);
  const paths = Array.from(
    { length: Math.min(each, all.length) },
    (_, i) => all[Math.floor((i * all.length) / Math.min(each, all.length))] ?? "",
  );
  const least = sets.map(() => Number.POSITIVE_INFINITY);
  await cost(paths, opened.at(-1) ?? []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, streams] of opened.entries()) {
      least[i] = Math.min(least[i] ?? 0, await cost(paths, streams));
    }
  }
  for (const [i, row] of rows.entries()) {
    row.push((least[i] ?? 0).toFixed(1), ((least[i] ?? 0) / (least[0] ?? 1)).toFixed(2));
  }
}
await cnn.close();
rmSync(cacheDir, { recursive: true });
process.stdout.write(`${describeMachine()}; ${precision}, ${decoder}, ${each} clips each\n\n`);
const head = positionals.flatMap((directory) => [`${directory.split("/").at(-1)} ms`, "ratio"]);
process.stdout.write(markdownTable(["streams", ...head], rows));
