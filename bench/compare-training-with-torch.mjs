/**
 * Compares the sequence engine with torch's nn.LSTM (bench/peer): whole training steps (padding or packing, forward,
 * backward, clipping, Adam) and predictions of a BiLSTM, each contender in a process of its own, in turn, several
 * rounds. Prints Markdown.
 *
 * Run: node bench/compare-training-with-torch.mjs [--rounds N] [--threads 1,2] [--only train|predict]
 *   [--settings] (the ways to run torch, instead of the comparison) [--python PROGRAM]
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, median } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureCommand } from "./measured-command.mjs";
import { flopsOf } from "./recurrent-case.mjs";
import { findTorch, runPeer, settings } from "./recurrent-peer.mjs";
import { say } from "./videos.mjs";

/** @import { RecurrentCase, RecurrentMeasurement } from "./recurrent-case.mjs" */

/** Floating-point operations of a process's repeats together, one or two seconds of work. */
const work = 1e11;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "1,2" },
    only: { type: "string" },
    settings: { type: "boolean", default: false },
    python: { type: "string" },
  },
});
const peer = findTorch(options.python);
if (!peer) process.exit(1);
const { python } = peer;

/** [steps, hidden, batch] */
const sizes = {
  train: /** @type {const} */ ([
    [40, 128, 16],
    [40, 256, 32],
    [40, 512, 32],
    [400, 128, 16],
  ]),
  predict: /** @type {const} */ ([
    [40, 128, 1],
    [40, 128, 64],
    [40, 512, 1],
    [40, 512, 64],
  ]),
};
const threadCounts = options.threads.split(",").map(Number);
const works = /** @type {const} */ (["train", "predict"]).filter(
  (one) => !options.only || options.only === one,
);
const cases = works.flatMap((one) =>
  threadCounts.flatMap((threads) =>
    sizes[one].map(([steps, hidden, batch]) => caseOf(one, steps, hidden, batch, threads)),
  ),
);

process.stdout.write(`${describeMachine()}; ${peer.versions}\n\n`);
await (options.settings ? compareSettings() : compare());

/**
 * @param {RecurrentCase["work"]} one
 * @param {number} steps
 * @param {number} hidden
 * @param {number} batch
 * @param {number} threads
 * @returns {RecurrentCase}
 */
function caseOf(one, steps, hidden, batch, threads) {
  const item = { work: one, steps, inputSize: 1280, hidden, batch, classes: 5, threads };
  const repeats = Math.round(work / flopsOf({ ...item, repeats: 1 }));
  return { ...item, repeats: Math.min(50, Math.max(3, repeats)) };
}

/** @param {RecurrentCase} item @returns {Promise<RecurrentMeasurement>} */
async function ours(item) {
  const script = fileURLToPath(new URL("recurrent-work.mjs", import.meta.url));
  const { stdout } = await measureCommand(process.execPath, [script, JSON.stringify(item)]);
  return JSON.parse(stdout);
}

/** @param {RecurrentCase} item @param {string} setting @returns {Promise<RecurrentMeasurement>} */
function torch(item, setting) {
  return runPeer(
    python,
    "recurrent.py",
    [JSON.stringify(item), "--setting", setting],
    item.threads,
  );
}

async function compare() {
  const peaks = await measurePeaks();
  /** @type {[RecurrentMeasurement, RecurrentMeasurement][][]} */
  const measured = cases.map(() => []);
  for (let round = 1; round <= Number(options.rounds); round++) {
    say(`Round ${round} of ${options.rounds} ...`);
    for (const [index, item] of cases.entries()) {
      measured[index]?.push([await ours(item), await torch(item, settings[0])]);
    }
  }
  for (const one of works) {
    const rows = cases.flatMap((item, index) =>
      item.work === one ? [row(item, measured[index] ?? [], peaks)] : [],
    );
    process.stdout.write(`${one}, medians of ${options.rounds} rounds:\n\n`);
    process.stdout.write(
      `${markdownTable(
        [
          "T",
          "H",
          "B",
          "threads",
          "muybridge ms",
          "torch ms",
          "ratio",
          "CPU ms",
          "torch CPU ms",
          "CPU ratio",
          "peak MB",
          "torch peak MB",
          "of the GEMM's speed",
        ],
        rows,
      )}\n`,
    );
  }
}

/**
 * @param {RecurrentCase} item
 * @param {readonly [RecurrentMeasurement, RecurrentMeasurement][]} rounds
 * @param {ReadonlyMap<number, number>} peaks
 */
function row(item, rounds, peaks) {
  const clock = (/** @type {0 | 1} */ side, /** @type {"wall" | "cpu"} */ which) =>
    1e3 * median(rounds.map((round) => median(round[side][which])));
  const peak = (/** @type {0 | 1} */ side) => median(rounds.map((round) => round[side].peak));
  const digits = (/** @type {number} */ value) => value.toFixed(value < 10 ? 2 : 0);
  const speed = flopsOf(item) / clock(0, "wall") / 1e6;
  return [
    ...[item.steps, item.hidden, item.batch, item.threads].map(String),
    digits(clock(0, "wall")),
    digits(clock(1, "wall")),
    (clock(0, "wall") / clock(1, "wall")).toFixed(2),
    digits(clock(0, "cpu")),
    digits(clock(1, "cpu")),
    (clock(0, "cpu") / clock(1, "cpu")).toFixed(2),
    peak(0).toFixed(0),
    peak(1).toFixed(0),
    `${((100 * speed) / (peaks.get(item.threads) ?? Number.NaN)).toFixed(0)} %`,
  ];
}

/** GFLOP/s of onnxruntime's product of large matrices, by threads; tells those of both sides. */
async function measurePeaks() {
  const script = fileURLToPath(new URL("matrix-product-work.mjs", import.meta.url));
  /** @type {Map<number, number>} */
  const peaks = new Map();
  const rows = [];
  for (const threads of threadCounts) {
    const args = [script, String(threads)];
    const { gflops } = JSON.parse((await measureCommand(process.execPath, args)).stdout);
    const other = await runPeer(python, "matrix_product.py", [String(threads)], threads);
    peaks.set(threads, gflops);
    rows.push([String(threads), gflops.toFixed(0), other.gflops.toFixed(0)]);
  }
  const head = ["threads", "onnxruntime GFLOP/s", "torch GFLOP/s"];
  process.stdout.write(
    `The product of two matrices of 2048 x 2048:\n\n${markdownTable(head, rows)}\n`,
  );
  return peaks;
}

/** Two threads of torch are slow where others want the cores, so both clocks are told. */
async function compareSettings() {
  const some = cases.filter(({ work: one, hidden }) => one === "train" && hidden !== 256);
  const rows = [];
  for (const setting of settings) {
    say(`${setting} ...`);
    const cells = [];
    for (const item of some) {
      /** @type {RecurrentMeasurement[]} */
      const runs = [];
      for (let round = 0; round < Number(options.rounds); round++) {
        runs.push(await torch(item, setting));
      }
      const least = (/** @type {"wall" | "cpu"} */ clock) =>
        (1e3 * Math.min(...runs.flatMap((run) => run[clock]))).toFixed(0);
      cells.push(`${least("wall")} / ${least("cpu")}`);
    }
    rows.push([setting, ...cells]);
  }
  const names = some.map(
    ({ steps, hidden, batch, threads }) => `T=${steps} H=${hidden} B=${batch}, ${threads} thr.`,
  );
  process.stdout.write(`Least wall / CPU ms of a training step:\n\n`);
  process.stdout.write(markdownTable(["", ...names], rows));
}
