/**
 * How the time of a training step and of a prediction grows with the steps, the units and the sequences of a batch: one
 * of them is varied, the others stay at T = 40, H = 128, B = 16 (D = 1280, one thread). Draws
 * docs/figures/cost-over-{steps,units,batch}.svg and prints Markdown. Times are the least of the rounds.
 *
 * Run: node bench/growth-of-cost.mjs [--rounds N] [--python PROGRAM]; without torch only this engine is drawn.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { drawCost } from "./figures/cost-chart.mjs";
import { describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureCommand } from "./measured-command.mjs";
import { flopsOf } from "./recurrent-case.mjs";
import { findTorch, runPeer, settings } from "./recurrent-peer.mjs";
import { say } from "./videos.mjs";

/** @import { RecurrentCase, RecurrentMeasurement } from "./recurrent-case.mjs" */

const usual = { steps: 40, inputSize: 1280, hidden: 128, batch: 16, classes: 5, threads: 1 };

/** Floating-point operations of a process's repeats together. */
const work = 4e10;

const growing = /** @type {const} */ ([
  { key: "steps", name: "steps T", values: [10, 20, 40, 80, 160, 320] },
  { key: "hidden", name: "units H", values: [32, 64, 128, 256, 512] },
  { key: "batch", name: "sequences B", values: [1, 4, 16, 32, 64] },
]);

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "2" }, python: { type: "string" } },
});
const peer = findTorch(options.python);
process.stdout.write(`${describeMachine()}; ${peer?.versions ?? "no torch"}\n\n`);
for (const { key, name, values } of growing) {
  say(`${name} ...`);
  /** @type {Map<string, [number, number][]>} */
  const curves = new Map();
  for (const value of values) {
    for (const one of /** @type {const} */ (["train", "predict"])) {
      const item = { ...usual, work: one, [key]: value, repeats: 1 };
      const repeats = Math.min(50, Math.max(3, Math.round(work / flopsOf(item))));
      for (const [side, run] of contenders()) {
        const cpu = await leastCpu(run, { ...item, repeats });
        const title = `${side}, ${one}`;
        curves.set(title, [
          ...(curves.get(title) ?? []),
          [value, Number((1e3 * cpu).toPrecision(3))],
        ]);
      }
    }
  }
  const rows = [...curves].map(([title, points]) => [title, ...points.map(([, ms]) => String(ms))]);
  const head = [`CPU ms over ${name}`, ...values.map(String)];
  process.stdout.write(`${markdownTable(head, rows)}\n`);
  const file = { steps: "steps", hidden: "units", batch: "batch" }[key];
  await drawCost(`cost-over-${file}`, name, curves);
}

/** @returns {[string, (item: RecurrentCase) => Promise<RecurrentMeasurement>][]} */
function contenders() {
  const script = fileURLToPath(new URL("recurrent-work.mjs", import.meta.url));
  return [
    [
      "muybridge",
      async (item) => {
        const { stdout } = await measureCommand(process.execPath, [script, JSON.stringify(item)]);
        return JSON.parse(stdout);
      },
    ],
    ...(peer
      ? [
          /** @type {[string, (item: RecurrentCase) => Promise<RecurrentMeasurement>]} */ ([
            "torch",
            (item) => {
              const args = [JSON.stringify(item), "--setting", settings[0]];
              return runPeer(peer.python, "recurrent.py", args, item.threads);
            },
          ]),
        ]
      : []),
  ];
}

/**
 * @param {(item: RecurrentCase) => Promise<RecurrentMeasurement>} run
 * @param {RecurrentCase} item
 */
async function leastCpu(run, item) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Number(options.rounds); round++) {
    least = Math.min(least, ...(await run(item)).cpu);
  }
  return least;
}
