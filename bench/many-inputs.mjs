/**
 * Memory of every process and time a video while one batch of many inputs is labelled: most are links to a few clips,
 * some are videos of their own, some are broken. Linux only. Prints Markdown.
 *
 * Run: node bench/many-inputs.mjs [--inputs N] [--distinct N] [--broken N] [--jobs N]
 */
import { spawn } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { makeInputs, makeModelAndClips } from "./batch-material.mjs";
import { defaultWorkDirectory, describeMachine, machineBusySeconds } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { program } from "./measured-command.mjs";
import { processTreeMemory } from "./process-memory.mjs";
import { say } from "./videos.mjs";

/** Milliseconds between two looks. */
const interval = 250;

const { values: options } = parseArgs({
  options: {
    inputs: { type: "string", default: "20000" },
    distinct: { type: "string", default: "1000" },
    broken: { type: "string", default: "400" },
    jobs: { type: "string", default: "2" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
if (!existsSync("/proc/self/status")) {
  throw new Error("Memory is read from /proc, which this system does not have; run it on Linux.");
}
const count = Number(options.inputs);
/** Videos at which memory and time are told. */
const stations = [100, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 50_000, 100_000].filter(
  (station) => station < count,
);
stations.push(count);

await mkdir(options.work, { recursive: true });
const { clips, model } = await makeModelAndClips(options.work);
const scratch = await mkdtemp(join(options.work, "run-"));
try {
  say(`Making ${count} inputs ...`);
  const paths = await makeInputs(await listVideoFiles(clips), join(scratch, "inputs"), {
    count,
    distinct: Number(options.distinct),
    broken: Number(options.broken),
  });
  const list = join(scratch, "list.txt");
  await writeFile(list, paths.join("\n"));
  await observe(list);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** @typedef {{ lines: number, seconds: number, busy: number, main: number, worker: number, workers: number }} Look */

/** @param {string} list */
async function observe(list) {
  const out = join(scratch, "labels.jsonl");
  const args = ["label", model, `@${list}`, "--out", out, "--jobs", options.jobs, "--quiet"];
  const began = performance.now();
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, MUYBRIDGE_CACHE_DIR: join(scratch, "cache") },
    stdio: "inherit",
  });
  let ended = false;
  const end = new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  end.finally(() => {
    ended = true;
  });
  /** @type {Look[]} */
  const looks = [];
  const file = countLines(out);
  while (!ended) {
    const [main, ...workers] = processTreeMemory(child.pid ?? 0);
    const lines = await file();
    if (main) {
      looks.push({
        lines,
        seconds: (performance.now() - began) / 1000,
        busy: machineBusySeconds(),
        main: main.resident,
        worker: Math.max(0, ...workers.map(({ resident }) => resident)),
        workers: workers.length,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
  const code = await end;
  if (code !== 3)
    throw new Error(`label ended with ${code}; some inputs are broken, so 3 was due.`);

  process.stdout.write(`${describeMachine()}; --jobs ${options.jobs}\n\n`);
  process.stdout.write(
    `${count} inputs, ${options.distinct} of them with features of their own to compute, ${options.broken} broken; megabytes resident.\n\n`,
  );
  let before = looks[0];
  const rows = stations.map((station) => {
    const look = looks.find(({ lines }) => lines >= station) ?? looks.at(-1);
    if (!look || !before) throw new Error("The batch was over before it was looked at.");
    const milliseconds =
      (1000 * (look.seconds - before.seconds)) / Math.max(1, look.lines - before.lines);
    before = look;
    return [
      String(look.lines),
      look.main.toFixed(0),
      look.worker.toFixed(0),
      String(look.workers),
      milliseconds.toFixed(1),
    ];
  });
  const head = ["videos", "main", "largest worker", "workers", "ms a video since"];
  process.stdout.write(markdownTable(head, rows));
  const wall = looks.at(-1)?.seconds ?? Number.NaN;
  const all = (looks.at(-1)?.busy ?? Number.NaN) - (looks[0]?.busy ?? Number.NaN);
  process.stdout.write(
    `\n${wall.toFixed(0)} s in all; the machine's cores were busy for ${all.toFixed(0)} s, other processes included.\n`,
  );
}

/** Counts a growing file's lines, reading only what is new. @param {string} path */
function countLines(path) {
  let lines = 0;
  let position = 0;
  return async () => {
    if (!existsSync(path)) return 0;
    for await (const chunk of createReadStream(path, { start: position })) {
      position += chunk.length;
      for (const byte of chunk) if (byte === 10) lines += 1;
    }
    return lines;
  };
}
