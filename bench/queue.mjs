/**
 * What a queue costs on one machine: many clips labelled by `muybridge label --jobs 2`, and by 1, 2 and 4 workers of one
 * process each, with an empty cache and with one that knows all; the bytes of a job in Redis, and of a clip in the cache.
 * Prints Markdown.
 *
 * Run: node bench/queue.mjs [--data DIR] [--clips N] [--workers 1,2,4]
 *
 * DIR holds videos, at any depth. Without it, clips of the motions data set are rendered.
 */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { makeInputs, makeModelAndClips } from "./batch-material.mjs";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureProgram } from "./measured-command.mjs";
import { ask, ended, freePort, ready, start, startRedis } from "./queue-parts.mjs";
import { say } from "./videos.mjs";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    clips: { type: "string", default: "200" },
    workers: { type: "string", default: "1,2,4" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});

await mkdir(options.work, { recursive: true });
const { clips, model } = await makeModelAndClips(options.work);
const scratch = await mkdtemp(join(options.work, "queue-"));
const count = Number(options.clips);
/** @type {string[][]} */
const rows = [];
/** @type {string[]} */
const remarks = [];
try {
  const size = { count, distinct: count, broken: 0 };
  const all = options.data === undefined ? undefined : await listVideoFiles(options.data);
  const paths =
    all?.slice(0, count) ??
    (await makeInputs(await listVideoFiles(clips), join(scratch, "inputs"), size));
  const list = join(scratch, "list.txt");
  await writeFile(list, paths.join("\n"));
  say(`label of ${paths.length} clips ...`);
  const labelCache = join(scratch, "label-cache");
  const label = () =>
    measureProgram(["label", model, `@${list}`, "--jobs", "2", "--quiet"], labelCache);
  rows.push(["label --jobs 2", ...perClip([await label(), await label()], paths.length)]);
  const info = await measureProgram(["cache", "info", "--json"], labelCache);
  remarks.push(`cache info: ${info.stdout.trim()}`);
  for (const workers of options.workers.split(",").map(Number)) {
    say(`${workers} workers ...`);
    rows.push([`${workers} workers --jobs 1`, ...(await byQueue(list, paths.length, workers))]);
  }
  process.stdout.write(`${describeMachine()}; ${paths.length} clips\n\n`);
  const head = ["", "ms a clip, cold", "known", "others had, cold"];
  process.stdout.write(`${markdownTable(head, rows)}\n${remarks.join("\n")}\n`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/**
 * @param {string} list
 * @param {number} clipCount
 * @param {number} workers
 */
async function byQueue(list, clipCount, workers) {
  const directory = join(scratch, `by-${workers}`);
  await mkdir(directory);
  const port = await freePort();
  const server = await startRedis(port, directory);
  const cache = join(directory, "cache");
  const redis = ["--redis", `redis://127.0.0.1:${port}`, "--model", model];
  const children = Array.from({ length: workers }, () =>
    start(["worker", ...redis, "--jobs", "1"], cache),
  );
  try {
    await Promise.all(children.map(ready));
    const submit = (/** @type {string[]} */ ...more) =>
      measureProgram(["submit", ...redis, `@${list}`, "--quiet", ...more], cache);
    const cold = await submit();
    // Less what BullMQ's scripts and a queue take, which are there by now.
    const before = await usedBytes(port);
    // Another number of classes makes other jobs, for which all is known but the line.
    const cpuBefore = children.map(cpuSeconds);
    const known = await submit("--top", "4");
    const cpu = children.reduce(
      (sum, child, i) => sum + cpuSeconds(child) - (cpuBefore[i] ?? 0),
      0,
    );
    const each = (/** @type {number} */ seconds) => ((seconds * 1000) / clipCount).toFixed(1);
    remarks.push(
      `CPU of a known clip: ${each(known.cpu)} ms of the submitter, start-up included; ${each(cpu)} ms of the worker`,
    );
    const bytes = (await usedBytes(port)) - before;
    remarks.push(`Redis: ${Math.round(bytes / clipCount)} bytes a finished job`);
    return perClip([cold, known], clipCount);
  } finally {
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children.map(ended));
    server.kill("SIGTERM");
    await ended(server);
  }
}

/** @param {readonly import("./measured-command.mjs").Measurement[]} measured cold, then known @param {number} clipCount */
function perClip(measured, clipCount) {
  const [cold, known] = measured;
  const of = (/** @type {number} */ wall) => ((wall * 1000) / clipCount).toFixed(1);
  return [of(cold?.wall ?? 0), of(known?.wall ?? 0), `${Math.round((cold?.others ?? 0) * 100)} %`];
}

/** CPU time that a process itself has had. Linux only. @param {import("node:child_process").ChildProcess} child */
function cpuSeconds({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // User and system, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @param {number} port */
async function usedBytes(port) {
  const info = (await ask(port, "INFO memory")) ?? "";
  return Number(/used_memory:(\d+)/.exec(info)?.[1] ?? Number.NaN);
}
