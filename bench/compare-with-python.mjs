/**
 * Compares the features of many clips, or of one long video, with the same work in Python (bench/peer): the whole
 * process, from a cold start and an empty cache, in turn, several rounds. Prints Markdown.
 *
 * Run: node bench/compare-with-python.mjs [--data DIR | --video FILE [--fps R]] [--rounds N] [--python PROGRAM]
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { defaultWorkDirectory, describeMachine, median } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureCommand, measureProgram } from "./measured-command.mjs";
import { findPeer, measurePeer } from "./peer.mjs";
import { findClips, hdMinute, makeVideo, say } from "./videos.mjs";

/** @import { Measurement } from "./measured-command.mjs" */
/** @typedef {{ name: string, run: () => Promise<Measurement> }} Contender */

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    video: { type: "string" },
    count: { type: "string", default: "16" },
    fps: { type: "string", default: "2" },
    clips: { type: "string" },
    rounds: { type: "string", default: "5" },
    python: { type: "string" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
const peer = findPeer(options.python);
if (!peer) process.exit(1);
await mkdir(options.work, { recursive: true });
if (options.video) await makeVideo(options.video, hdMinute);
const found = options.video ? [options.video] : await findClips(options.data, options.work);
const clips = found.slice(0, Number(options.clips ?? found.length));
/** @type {[way: string, number: string]} */
const plan = options.video ? ["fps", options.fps] : ["count", options.count];
const scratch = await mkdtemp(join(options.work, "run-"));
const list = join(scratch, "list.txt");
await writeFile(list, clips.map((clip) => `${clip}\n`).join(""));

/** A cold run of this program: an empty cache, an empty output. */
const features = async (/** @type {string[]} */ ...args) => {
  const directory = await mkdtemp(join(scratch, "cold-"));
  const what = ["features", `@${list}`, `--${plan[0]}`, plan[1], "--json", "--quiet"];
  const out = join(directory, "features");
  const measured = await measureProgram([...what, "--out", out, ...args], join(directory, "cache"));
  const written = measured.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return {
    ...measured,
    frames: written.reduce((sum, video) => sum + video.frames, 0),
    features: await readFile(written[0].out),
  };
};

const python = async (/** @type {string[]} */ ...args) => {
  const out = await mkdtemp(join(scratch, "peer-"));
  const what = [`@${list}`, `--${plan[0]}`, plan[1], "--out", out];
  return measurePeer(peer.python, [...what, ...args]);
};

const bound = (/** @type {string} */ name, /** @type {string[]} */ ...args) =>
  measureCommand(process.execPath, [fileURLToPath(new URL(name, import.meta.url)), ...args], {
    MUYBRIDGE_CACHE_DIR: join(options.work, "cache"),
  });

const cnnAlone = (/** @type {number} */ frames, /** @type {"float32" | "int8"} */ precision) =>
  bound("cnn-alone.mjs", String(frames), precision);

const single = /** @type {const} */ (["float32"]);
const both = /** @type {const} */ (["float32", "int8"]);

try {
  await compare();
} finally {
  // Only now: ext4 makes new files slowly for some minutes after many were removed, which would burden the next run.
  await rm(scratch, { recursive: true, force: true });
}

async function compare() {
  // These runs also bring the clips into memory, for all alike.
  const { frames, features: float32 } = await features();
  const int8 = await features("--precision", "int8").catch((/** @type {Error} */ error) => error);
  const hasInt8 = !(int8 instanceof Error) && !int8.features.equals(float32);
  if (!hasInt8) {
    say(
      `int8 is left out: ${int8 instanceof Error ? int8.message : "it computes what float32 does"}`,
    );
  }
  const peerFrames = Number((await python()).stdout);
  if (peerFrames !== frames) {
    throw new Error(`The peer computed ${peerFrames} frames, muybridge ${frames}: other work.`);
  }
  for (const precision of hasInt8 ? both : single) await cnnAlone(1, precision);
  /** @type {Contender[]} */
  const contenders = [
    { name: "muybridge features", run: () => features() },
    ...(hasInt8
      ? [{ name: "the same, --precision int8", run: () => features("--precision", "int8") }]
      : []),
    ...(options.video
      ? [
          { name: "PyAV + torch, 1 decoding thread", run: () => python("--processes", "1") },
          {
            name: "PyAV + torch, 2 decoding threads",
            run: () => python("--processes", "1", "--threads", "2"),
          },
        ]
      : [{ name: "PyAV + torch, 2 processes", run: () => python("--processes", "2") }]),
    {
      name: "decoding alone, 2 processes",
      run: () => bound("decode-alone.mjs", list, plan.join("=")),
    },
    ...(hasInt8 ? both : single).map((precision) => ({
      name: `CNN alone, ${precision}, 2 processes`,
      run: () => cnnAlone(frames, precision),
    })),
  ];

  /** @type {Measurement[][]} */
  const rounds = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    say(`Round ${round} of ${options.rounds} ...`);
    const measured = [];
    for (const { run } of contenders) measured.push(await run());
    rounds.push(measured);
  }
  const what = options.video ? `1 video, ${plan[1]} frames/s` : `${clips.length} clips`;
  process.stdout.write(`${describeMachine()}; ${peer?.versions}\n\n`);
  process.stdout.write(
    `${what}, ${frames} frames in all, ${rounds.length} rounds, medians; ratios are to the first line, above 1 is slower.\n\n`,
  );
  process.stdout.write(`${summary(contenders, rounds, frames)}\n`);
  process.stdout.write(perRound(contenders, rounds));
}

/**
 * @param {readonly Contender[]} contenders
 * @param {readonly (readonly Measurement[])[]} rounds
 * @param {number} frames
 */
function summary(contenders, rounds, frames) {
  const column = (/** @type {number} */ index, /** @type {"wall" | "cpu"} */ clock) =>
    rounds.map((round) => round[index]?.[clock] ?? Number.NaN);
  const ratio = (/** @type {number} */ index, /** @type {"wall" | "cpu"} */ clock) =>
    median(column(index, clock).map((seconds, i) => seconds / (column(0, clock)[i] ?? Number.NaN)));
  const rows = contenders.map(({ name }, index) => {
    const wall = median(column(index, "wall"));
    const cpu = median(column(index, "cpu"));
    return [
      name,
      wall.toFixed(1),
      (frames / wall).toFixed(0),
      ratio(index, "wall").toFixed(2),
      cpu.toFixed(1),
      ((1000 * cpu) / frames).toFixed(1),
      ratio(index, "cpu").toFixed(2),
    ];
  });
  return markdownTable(
    ["", "wall s", "frames/s", "wall ratio", "CPU s", "CPU ms/frame", "CPU ratio"],
    rows,
  );
}

/**
 * Every figure, so that a round in which something else ran is seen.
 *
 * @param {readonly Contender[]} contenders
 * @param {readonly (readonly Measurement[])[]} rounds
 */
function perRound(contenders, rounds) {
  const cell = (/** @type {Measurement} */ { wall, cpu, others }) =>
    `${wall.toFixed(1)} / ${cpu.toFixed(1)} / ${(100 * others).toFixed(0)} %`;
  const rows = contenders.map(({ name }, index) => [
    name,
    ...rounds.map((round) => cell(/** @type {Measurement} */ (round[index]))),
  ]);
  const head = ["wall s / CPU s / other work", ...rounds.map((_, i) => `round ${i + 1}`)];
  return markdownTable(head, rows);
}
