/**
 * The adding problem (Hochreiter & Schmidhuber 1997): a sequence of pairs (value in [0, 1], mark); two steps are
 * marked, one in each half; the answer is the sum of their values. Whoever always says 1 has a mean squared error
 * of 1/6. Draws docs/figures/adding-problem.svg and prints the errors as Markdown.
 *
 * Run: node bench/figures/adding-problem.mjs (some minutes)
 */
import { createRandom } from "../../dist/src/core/random.js";
import { createNetwork } from "../../dist/src/sequence/network.js";
import { markdownTable } from "../markdown-table.mjs";
import { say } from "../videos.mjs";
import { axis, drawChart, line, powersOfTen } from "./chart.mjs";

export const cells = /** @type {const} */ (["rnn", "lstm", "gru"]);

/** Steps of the sequences. */
const lengths = [20, 50, 100, 200];

/** Sequences learned from, and those that the error is measured on. */
const learned = 2000;
const unseen = 500;

const epochs = 40;

/** The error of always answering the mean: the variance of the sum of two even values. */
const ofTheMean = 1 / 6;

/** @param {number} count @param {number} steps @param {string} seed */
export function makeSums(count, steps, seed) {
  const random = createRandom(seed);
  const x = [];
  const y = [];
  for (let i = 0; i < count; i++) {
    const sequence = new Float32Array(2 * steps);
    for (let t = 0; t < steps; t++) sequence[2 * t] = random.next();
    const half = Math.floor(steps / 2);
    const marked = [random.integer(0, half - 1), random.integer(half, steps - 1)];
    for (const t of marked) sequence[2 * t + 1] = 1;
    x.push(sequence);
    y.push(Float32Array.of(marked.reduce((sum, t) => sum + (sequence[2 * t] ?? 0), 0)));
  }
  return { x, y };
}

/** A network that has learned to add. @param {typeof cells[number]} cell @param {number} steps */
export async function learnToAdd(cell, steps) {
  const network = createNetwork({
    cell,
    inputSize: 2,
    hidden: 32,
    head: { type: "regression", size: 1 },
    seed: 1,
    threads: 1,
  });
  await network.fit(makeSums(learned, steps, `learned ${steps}`), {
    epochs,
    batchSize: 50,
    learningRate: 5e-3,
    clipNorm: 1,
  });
  return network;
}

/** @param {typeof cells[number]} cell @param {number} steps */
async function errorOf(cell, steps) {
  const network = await learnToAdd(cell, steps);
  const { x, y } = makeSums(unseen, steps, `unseen ${steps}`);
  const answers = await network.predict(x);
  await network.close();
  const squares = answers.map((answer, i) => ((answer[0] ?? 0) - (y[i]?.[0] ?? 0)) ** 2);
  return squares.reduce((sum, square) => sum + square, 0) / unseen;
}

if (process.argv[1] === import.meta.filename) {
  /** @type {Map<string, number[]>} */
  const errors = new Map();
  for (const cell of cells) {
    const own = [];
    for (const steps of lengths) {
      own.push(await errorOf(cell, steps));
      say(`${cell}, ${steps} steps: ${own.at(-1)?.toPrecision(3)}`);
    }
    errors.set(cell, own);
  }
  const head = ["mean squared error", ...lengths.map((steps) => `T = ${steps}`)];
  const rows = [...errors].map(([cell, own]) => [cell, ...own.map((error) => error.toFixed(4))]);
  process.stdout.write(markdownTable(head, rows));
  await draw(errors);
}

/** @param {ReadonlyMap<string, readonly number[]>} errors by cell, one for each of the lengths */
export async function draw(errors) {
  await drawChart("adding-problem", {
    legend: { top: 4 },
    grid: { left: 70, right: 24, top: 40, bottom: 50 },
    xAxis: axis("steps of a sequence", { min: 0, max: 210, axisLabel: { showMaxLabel: false } }),
    yAxis: powersOfTen("mean squared error", { min: 1e-4, max: 1 }),
    series: [
      ...[...errors].map(([cell, own]) =>
        line(
          cell.toUpperCase(),
          own.map((error, i) => [lengths[i] ?? 0, error]),
          { showSymbol: true, symbolSize: 7 },
        ),
      ),
      line(
        "always the mean",
        [
          [0, ofTheMean],
          [210, ofTheMean],
        ],
        { lineStyle: { type: "dashed", width: 1.5 } },
      ),
    ],
  });
}
