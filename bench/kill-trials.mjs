/**
 * Kills a batch with -9 at random moments, several times, resumes it, and compares what comes out with a batch that was
 * left alone. Every trial has a cache of its own, which is killed with it. Prints Markdown; fails if anything is lost.
 *
 * Run: node bench/kill-trials.mjs [--trials N] [--kills N] [--format jsonl|csv|labelstudio]
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { makeInputs, makeModelAndClips } from "./batch-material.mjs";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { program } from "./measured-command.mjs";
import { say } from "./videos.mjs";

const { values: options } = parseArgs({
  options: {
    trials: { type: "string", default: "20" },
    kills: { type: "string", default: "3" },
    inputs: { type: "string", default: "60" },
    format: { type: "string", default: "jsonl" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});

await mkdir(options.work, { recursive: true });
const { clips, model } = await makeModelAndClips(options.work);
const scratch = await mkdtemp(join(options.work, "run-"));
try {
  const count = Number(options.inputs);
  const size = { count, distinct: Math.ceil(count / 4), broken: Math.ceil(count / 10) };
  const paths = await makeInputs(await listVideoFiles(clips), join(scratch, "inputs"), size);
  const list = join(scratch, "list.txt");
  await writeFile(list, paths.join("\n"));
  const whole = join(scratch, "whole");
  const began = performance.now();
  await label(["label", model, `@${list}`, "--out", whole], join(scratch, "whole-cache"));
  const length = performance.now() - began;
  const sum = { kills: 0, kept: 0, lost: 0, wrong: 0 };
  for (let trial = 0; trial < Number(options.trials); trial++) {
    const { kills, kept, lost, wrong } = await stopAndGoOn(list, linesOf(whole), length, trial);
    sum.kills += kills;
    sum.kept += kept;
    sum.lost += lost;
    sum.wrong += wrong;
    if (lost + wrong > 0) say(`Trial ${trial}: ${lost} lines lost, ${wrong} wrong.`);
  }
  process.stdout.write(`${describeMachine()}; --format ${options.format}, ${count} inputs\n\n`);
  const head = ["trials", "kills", "lines there at a kill", "lines lost", "lines wrong"];
  const row = [options.trials, sum.kills, sum.kept, sum.lost, sum.wrong].map(String);
  process.stdout.write(markdownTable(head, [row]));
  if (sum.lost + sum.wrong > 0) process.exitCode = 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/**
 * @param {string} list
 * @param {readonly string[]} whole lines of a batch that was left alone
 * @param {number} length its milliseconds
 * @param {number} trial
 */
async function stopAndGoOn(list, whole, length, trial) {
  const out = join(scratch, `out-${trial}`);
  const cache = join(scratch, `cache-${trial}`);
  const args = ["label", model, `@${list}`, "--out", out, "--resume"];
  let [kills, kept, lost] = [0, 0, 0];
  /** @type {readonly string[]} */
  let before = [];
  /** What was complete must stay as it was. */
  const look = () => {
    const now = completeLines(out);
    lost += before.filter((line, i) => now[i] !== line).length;
    before = now;
  };
  for (let kill = 0; kill < Number(options.kills); kill++) {
    if ((await label(args, cache, Math.random() * length)) === null) kills += 1;
    look();
    kept += before.length;
  }
  await label(args, cache);
  look();
  const lines = linesOf(out);
  const wrong = whole.filter((line, i) => judged(lines[i] ?? "") !== judged(line)).length;
  await rm(cache, { recursive: true, force: true });
  return { kills, kept, lost, wrong: wrong + Math.max(0, lines.length - whole.length) };
}

/**
 * Runs muybridge, and kills it after a time, if one is given.
 *
 * @param {readonly string[]} args
 * @param {string} cache
 * @param {number} [limit] milliseconds
 * @returns {Promise<number | null>} its exit code; null where it was killed
 */
function label(args, cache, limit) {
  const more = ["--format", options.format, "--quiet"];
  const child = spawn(process.execPath, [program, ...args, ...more], {
    env: { ...process.env, MUYBRIDGE_CACHE_DIR: cache },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const timer = limit === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), limit);
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => {
      clearTimeout(timer);
      if (code === null || code === 3) resolve(code);
      else reject(new Error(`label ended with ${code}; some inputs are broken, so 3 was due.`));
    });
  });
}

/** @param {string} path */
function linesOf(path) {
  return readFileSync(path, "utf8").split("\n").filter(Boolean);
}

/** Lines with their line break; a closing bracket, which is written over, is none. @param {string} path */
function completeLines(path) {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "]");
}

/** A line without what may differ from run to run. @param {string} line */
function judged(line) {
  return line.replace(/"cached":\{[^}]*\},/, "").replace(/"elapsedMs":[\d.]+/, "");
}
