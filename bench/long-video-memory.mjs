/**
 * Memory of every process while the features of a two-hour video are computed, looked at five times a second.
 * Linux only. Prints Markdown.
 *
 * Run: node bench/long-video-memory.mjs [--video FILE] [--fps R]
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { program } from "./measured-command.mjs";
import { processTreeMemory } from "./process-memory.mjs";
import { makeVideo, twoHours } from "./videos.mjs";

/** Milliseconds between two looks. */
const interval = 200;

/** Megabytes that a worker should stay below. */
const goal = 500;

/** Parts of the run at which the memory is told, so that growth is seen. */
const stations = [0.1, 0.25, 0.5, 0.75, 1];

const { values: options } = parseArgs({
  options: {
    video: { type: "string" },
    fps: { type: "string", default: "2" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
if (!existsSync("/proc/self/status")) {
  throw new Error("Memory is read from /proc, which this system does not have; run it on Linux.");
}
const video = options.video ?? join(options.work, "two-hours.mp4");
await makeVideo(video, twoHours);
await mkdir(options.work, { recursive: true });
const scratch = await mkdtemp(join(options.work, "run-"));
try {
  await observe();
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function observe() {
  const out = join(scratch, "features");
  const args = ["features", video, "--fps", options.fps, "--out", out, "--json", "--quiet"];
  const began = performance.now();
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, MUYBRIDGE_CACHE_DIR: join(scratch, "cache") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = child.pid ?? 0;
  let stdout = "";
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  /** Looks at each process, in order of time; by its number. @type {Map<number, import("./process-memory.mjs").ProcessMemory[]>} */
  const looks = new Map();
  const timer = setInterval(() => {
    for (const seen of processTreeMemory(pid)) {
      const own = looks.get(seen.pid);
      if (own) own.push(seen);
      else looks.set(seen.pid, [seen]);
    }
  }, interval);
  const code = await new Promise((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  );
  clearInterval(timer);
  if (code !== 0) throw new Error(`features ended with ${code}.`);

  const { frames, duration } = JSON.parse(stdout);
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${describeMachine()}\n\n`);
  process.stdout.write(
    `${(duration / 3600).toFixed(2)} hours of video, ${frames} frames at ${options.fps}/s, in ${seconds.toFixed(0)} s; megabytes resident.\n\n`,
  );
  const rows = [...looks.values()].map((own) => [
    own[0]?.pid === pid ? "main process" : "worker",
    ...stations.map((part) => megabytes(own[Math.ceil(part * own.length) - 1]?.resident)),
    megabytes(peakOf(own)),
  ]);
  const head = ["", ...stations.map((part) => `after ${100 * part} %`), "peak"];
  process.stdout.write(markdownTable(head, rows));
  const worst = Math.max(...[...looks.values()].map(peakOf));
  process.stdout.write(`\n${worst < goal ? "Below" : "ABOVE"} the goal of ${goal} MB a process.\n`);
}

/** @param {readonly import("./process-memory.mjs").ProcessMemory[]} looks */
function peakOf(looks) {
  return Math.max(...looks.map(({ peak }) => peak));
}

/** @param {number | undefined} value */
function megabytes(value) {
  return (value ?? Number.NaN).toFixed(0);
}
