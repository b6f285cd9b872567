/**
 * Damaged videos, thousands of them, through the worker processes: how many are decoded, refused by which code, how
 * many kill their process, and what memory and time that takes. The ffmpeg program makes the videos that are damaged.
 * Prints Markdown; ends with 1 where a process died, was given up, or said something without a code.
 *
 * Run: node bench/fuzz-videos.mjs [--count N] [--seed S] [--decoder libav|ffmpeg] [--jobs N] [--timeout S]
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pMap from "p-map";
import { createRandom } from "../dist/src/core/random.js";
import { openWorkerPool } from "../dist/src/pipeline/worker-pool.js";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { processTreeMemory } from "./process-memory.mjs";
import { makeVideo, say } from "./videos.mjs";

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    decoder: { type: "string", default: "libav" },
    jobs: { type: "string", default: String(availableParallelism()) },
    timeout: { type: "string", default: "30" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
const { seed } = options;
const count = Number(options.count);
const jobs = Number(options.jobs);
const timeout = Number(options.timeout);
const decoder = /** @type {import("../dist/src/frames/decoder.js").DecoderName} */ (
  options.decoder
);

/** What the videos are: two seconds each, of a few kB. */
const source = ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=2"];

/** How each of them is encoded, by its extension. @type {Record<string, readonly string[]>} */
const encodings = {
  mp4: ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "8", "-bf", "2", "-f", "mp4"],
  avi: ["-c:v", "mpeg4", "-g", "8", "-f", "avi"],
  webm: ["-c:v", "libvpx", "-deadline", "realtime", "-g", "8", "-f", "webm"],
  mkv: ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "8", "-f", "matroska"],
  gif: ["-f", "gif"],
  ts: ["-c:v", "mpeg2video", "-g", "8", "-f", "mpegts"],
  flv: ["-c:v", "flv", "-g", "8", "-f", "flv"],
};

/** Values that numbers of a header are least prepared for. */
const extremes = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];

/** Milliseconds between two looks at the memory. */
const interval = 200;

const originals = await Promise.all(
  Object.entries(encodings).map(async ([extension, encoding]) => {
    const path = join(options.work, "fuzz", `original-${extension}.mp4`);
    await makeVideo(path, [...source, ...encoding]);
    return { extension, bytes: await readFile(path) };
  }),
);
await mkdir(options.work, { recursive: true });
const scratch = await mkdtemp(join(options.work, "run-"));
/** How often each outcome came, by extension. @type {Map<string, Map<string, number>>} */
const outcomes = new Map();
let [deaths, withoutCode, peak] = [0, 0, 0];
const timer = setInterval(() => {
  const [, ...workers] = processTreeMemory(process.pid);
  for (const worker of workers) peak = Math.max(peak, worker.peak);
}, interval);
const began = performance.now();
const pool = openWorkerPool({
  jobs,
  timeout,
  onWarning(message) {
    deaths += 1;
    say(message);
  },
});
try {
  await pMap(
    Array.from({ length: count }, (_, i) => i),
    trial,
    { concurrency: 2 * jobs },
  );
} finally {
  clearInterval(timer);
  await pool.close();
  await rm(scratch, { recursive: true, force: true });
}
report();

/** @param {number} i */
async function trial(i) {
  const { extension, bytes } = /** @type {{ extension: string, bytes: Buffer }} */ (
    originals[i % originals.length]
  );
  const path = join(scratch, `${i}.${extension}`);
  const directory = join(scratch, `frames-${i}`);
  await writeFile(path, mutate(bytes, createRandom(`${seed}/${i}`)));
  await mkdir(directory);
  const task = {
    path,
    directory,
    decoder,
    plan: { count: 4 },
    fit: /** @type {const} */ ("stretch"),
    size: 16,
    format: /** @type {const} */ ("png"),
  };
  const outcome = await pool.run("writeFrames", task, path).then(
    ({ truncated }) => (truncated ? "decoded, truncated" : "decoded"),
    async (error) => {
      const isKnown = typeof error.code === "string" && error.code.startsWith("ERR_");
      if (!isKnown || error.code === "ERR_DECODER_CRASHED") {
        withoutCode += 1;
        say(`${seed}/${i} ${extension}: ${error.message}`);
      }
      return isKnown ? error.code : "without a code";
    },
  );
  const own = outcomes.get(extension) ?? new Map();
  outcomes.set(extension, own.set(outcome, (own.get(outcome) ?? 0) + 1));
  await rm(directory, { recursive: true, force: true });
  await rm(path);
}

/**
 * Some random damage: bytes, numbers, a hole, a part twice, the end gone.
 *
 * @param {Buffer} file
 * @param {import("../dist/src/core/random.js").Random} random
 */
function mutate(file, random) {
  const damaged = Buffer.from(file);
  const at = () => random.integer(0, damaged.length - 5);
  const kind = random.integer(0, 4);
  if (kind === 0) {
    for (let n = random.integer(1, 20); n > 0; n--) damaged[at()] = random.integer(0, 255);
  } else if (kind === 1) {
    for (let n = random.integer(1, 4); n > 0; n--)
      damaged.writeUInt32BE(random.pick(extremes), at());
  } else if (kind === 2) {
    const from = at();
    damaged.fill(0, from, Math.min(damaged.length, from + random.integer(1, damaged.length >> 2)));
  } else if (kind === 3) {
    const [from = 0, to = 0] = [at(), at()].toSorted((a, b) => a - b);
    return Buffer.concat([damaged.subarray(0, to), damaged.subarray(from)]);
  } else {
    return damaged.subarray(0, random.integer(1, damaged.length));
  }
  return damaged;
}

function report() {
  const seconds = (performance.now() - began) / 1000;
  const kinds = [...new Set([...outcomes.values()].flatMap((own) => [...own.keys()]))].sort();
  const rows = [...outcomes.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([extension, own]) => [extension, ...kinds.map((kind) => String(own.get(kind) ?? 0))]);
  const lines = [
    describeMachine(),
    `${count} damaged videos, seed ${seed}, decoder ${decoder}, ${jobs} processes, in ${seconds.toFixed(0)} s.`,
    markdownTable(["", ...kinds], rows),
    `Processes that died: ${deaths}. Failures without a code of their own: ${withoutCode}. Peak of a process: ${peak.toFixed(0)} MB; of this one: ${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB.`,
  ];
  process.stdout.write(`${lines.join("\n\n")}\n`);
  if (deaths + withoutCode > 0) process.exitCode = 1;
}
