/**
 * Seconds of a whole training of the sequence engine, as `train` does it with features that the cache has: 180 clips
 * of 16 frames, 1280 values each, a BiLSTM of 128 units, 30 epochs. The processes start cold, one after the other.
 * Prints Markdown.
 *
 * Run: node bench/train-whole.mjs [--rounds N] [--threads 1,2] [--hidden H]
 */
import { parseArgs } from "node:util";
import { createRandom } from "../dist/src/core/random.js";
import { createNetwork } from "../dist/src/sequence/network.js";
import { describeMachine, median } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureCommand } from "./measured-command.mjs";
import { say } from "./videos.mjs";

const clips = 180;
const frames = 16;
const inputSize = 1280;
const classes = 12;
const epochs = 30;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "1,2" },
    hidden: { type: "string", default: "128" },
    inside: { type: "boolean", default: false },
  },
});
await (options.inside ? train(Number(options.threads)) : compare());

/** @param {number} threads */
async function train(threads) {
  const random = createRandom("clips");
  const x = Array.from({ length: clips }, (_, i) =>
    Float32Array.from(
      { length: frames * inputSize },
      (_, j) => random.uniform(-1.7, 1.7) + (j % classes === i % classes ? 1 : 0),
    ),
  );
  const network = createNetwork({
    cell: "lstm",
    bidirectional: true,
    inputSize,
    hidden: Number(options.hidden),
    head: { type: "classification", classes },
    dropout: 0.5,
    threads,
  });
  const began = performance.now();
  const { history } = await network.fit({ x, y: x.map((_, i) => i % classes) }, { epochs });
  const seconds = (performance.now() - began) / 1e3;
  await network.close();
  const loss = history.at(-1)?.loss;
  process.stdout.write(`${JSON.stringify({ seconds, loss })}\n`);
}

async function compare() {
  const rows = [];
  for (const threads of options.threads.split(",")) {
    /** @type {{ fit: number, wall: number, cpu: number, loss: number }[]} */
    const rounds = [];
    for (let round = 1; round <= Number(options.rounds); round++) {
      say(`${threads} threads, round ${round} of ${options.rounds} ...`);
      const args = ["--inside", "--threads", threads, "--hidden", options.hidden];
      const script = process.argv[1] ?? "";
      const { stdout, wall, cpu } = await measureCommand(process.execPath, [script, ...args]);
      const { seconds, loss } = JSON.parse(stdout);
      rounds.push({ fit: seconds, wall, cpu, loss });
    }
    const middle = (/** @type {"fit" | "wall" | "cpu" | "loss"} */ key) =>
      median(rounds.map((round) => round[key]));
    rows.push([
      threads,
      middle("fit").toFixed(2),
      middle("wall").toFixed(2),
      middle("cpu").toFixed(2),
      middle("loss").toFixed(4),
    ]);
  }
  process.stdout.write(`${describeMachine()}\n\n`);
  process.stdout.write(
    `${clips} clips x ${frames} frames, ${inputSize} values, H = ${options.hidden}, ${epochs} epochs, medians of ${options.rounds} rounds:\n\n`,
  );
  const head = ["threads", "fit s", "whole process s", "CPU s", "loss at the end"];
  process.stdout.write(markdownTable(head, rows));
}
