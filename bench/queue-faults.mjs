/**
 * Does to a queue what machines do: kills workers with -9 in the midst of their work, stops one past its lock (SIGSTOP)
 * and wakes it, kills Redis and starts it again, kills a submitter and starts it again beside another one with the same
 * videos. Compares every line with those of `muybridge label`. Prints Markdown; fails if a line is missing, twice or wrong.
 *
 * Run: node bench/queue-faults.mjs [--trials N] [--inputs N]
 */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { makeInputs, makeModelAndClips } from "./batch-material.mjs";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { ended, freePort, ready, start, startRedis } from "./queue-parts.mjs";
import { say } from "./videos.mjs";

const { values: options } = parseArgs({
  options: {
    trials: { type: "string", default: "3" },
    inputs: { type: "string", default: "60" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});

/** Seconds after which a silent worker's jobs go to another. */
const lock = 2;

await mkdir(options.work, { recursive: true });
const { clips, model } = await makeModelAndClips(options.work);
const scratch = await mkdtemp(join(options.work, "queue-"));
/** Whatever happens, nothing is left running. @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
const sum = { killed: 0, stopped: 0, redis: 0, submitters: 0, lines: 0, wrong: 0 };
try {
  const count = Number(options.inputs);
  const size = { count, distinct: Math.ceil(count / 2), broken: Math.ceil(count / 10) };
  const paths = await makeInputs(await listVideoFiles(clips), join(scratch, "inputs"), size);
  const list = join(scratch, "list.txt");
  await writeFile(list, paths.join("\n"));
  const whole = join(scratch, "whole");
  const alone = start(["label", model, `@${list}`, "--out", whole], join(scratch, "whole-cache"));
  await ended(alone);
  for (let trial = 0; trial < Number(options.trials); trial++) {
    await disturb(list, join(scratch, String(trial)));
    for (const name of ["one", "two"]) {
      const lines = linesOf(join(scratch, String(trial), name));
      const right = linesOf(whole);
      sum.lines += lines.length;
      const wrong = right.filter((line, i) => judged(lines[i] ?? "") !== judged(line)).length;
      sum.wrong += wrong + Math.abs(lines.length - right.length);
      if (wrong > 0) say(`Trial ${trial}: ${wrong} lines of ${name} are not those of label.`);
    }
  }
  process.stdout.write(`${describeMachine()}; ${count} inputs, locks of ${lock} s\n\n`);
  const head = [
    "trials",
    "workers killed",
    "workers stopped past the lock",
    "Redis killed",
    "submitters killed",
    "lines",
    "missing, twice or wrong",
  ];
  const { killed, stopped, redis, submitters, lines, wrong } = sum;
  const row = [options.trials, killed, stopped, redis, submitters, lines, wrong].map(String);
  process.stdout.write(markdownTable(head, [row]));
  if (wrong > 0) process.exitCode = 1;
} finally {
  for (const child of children) child.kill("SIGKILL");
  await rm(scratch, { recursive: true, force: true });
}

/**
 * One batch, twice submitted, and all that happens to it.
 *
 * @param {string} list
 * @param {string} directory
 */
async function disturb(list, directory) {
  await mkdir(directory);
  const port = await freePort();
  const cache = join(directory, "cache");
  const redis = ["--redis", `redis://127.0.0.1:${port}`, "--model", model];
  let server = note(await startRedis(port, directory));
  const worker = async () => {
    const child = note(start(["worker", ...redis, "--jobs", "1", "--lock", String(lock)], cache));
    await ready(child);
    return child;
  };
  /** @param {string} name */
  const submit = (name) => {
    const out = ["--out", join(directory, name), "--resume", "--quiet"];
    return note(start(["submit", ...redis, `@${list}`, ...out], cache));
  };
  let one = submit("one");
  const two = submit("two");
  let first = await worker();
  let second = await worker();
  for (let round = 0; round < 3; round++) {
    await sleep(500 + Math.random() * 500);
    first.kill("SIGKILL");
    sum.killed += 1;
    first = await worker();
  }
  second.kill("SIGSTOP");
  one.kill("SIGKILL");
  sum.stopped += 1;
  sum.submitters += 1;
  await sleep(500);
  server.kill("SIGKILL");
  sum.redis += 1;
  await ended(server);
  server = note(await startRedis(port, directory));
  one = submit("one");
  await sleep(lock * 2000);
  second.kill("SIGCONT");
  await sleep(Math.random() * 500);
  second.kill("SIGKILL");
  sum.killed += 1;
  second = await worker();
  const codes = await Promise.all([ended(one), ended(two)]);
  if (codes.some((code) => code !== 3)) {
    throw new Error(
      `submit ended with ${codes.join(" and ")}; some inputs are broken, so 3 was due.`,
    );
  }
  for (const child of [first, second]) child.kill("SIGTERM");
  await Promise.all([first, second].map(ended));
  server.kill("SIGTERM");
  await ended(server);
}

/** @template {import("node:child_process").ChildProcess} T @param {T} child @returns {T} */
function note(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** @param {string} path */
function linesOf(path) {
  return readFileSync(path, "utf8").split("\n").filter(Boolean);
}

/** A line without what may differ from run to run. @param {string} line */
function judged(line) {
  return line.replace(/"cached":\{[^}]*\},/, "").replace(/"elapsedMs":[\d.]+/, "");
}
