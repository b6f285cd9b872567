/**
 * How much of an error at the end of a sequence arrives at each step before it: the norm of the gradient of the gates'
 * inputs, in fresh networks and in networks that have learned to add two numbers of 100 steps. Draws
 * docs/figures/gradient-over-lag.svg and prints the norms as Markdown.
 *
 * Run: node bench/figures/gradient-over-lag.mjs (a minute)
 */
import { createRandom } from "../../dist/src/core/random.js";
import { createNetwork } from "../../dist/src/sequence/network.js";
import { markdownTable } from "../markdown-table.mjs";
import { say } from "../videos.mjs";
import { learnToAdd, makeSums } from "./adding-problem.mjs";
import { axis, drawChart, line, powersOfTen } from "./chart.mjs";

/** @import { Network } from "../../dist/src/sequence/network.js" */

const steps = 100;

/** Sequences that the norms are averaged over, geometrically. */
const sequences = 50;

/** Lags whose norms are printed. */
const told = [0, 10, 20, 50, 90];

/**
 * Norms by lag, the one at the last step being 1.
 *
 * The input is widened by as many values as there are steps, each of which is one at its own step and has no weight:
 * so the network computes what it did, and the rows of the gradient of its kernel that belong to these values are the
 * gradients of the gates' inputs at each step.
 *
 * @param {Network} network of two values
 */
async function normsByLag(network) {
  const { cell, hidden, head } = network.shape;
  const wide = createNetwork({ cell, hidden, head, inputSize: 2 + steps, threads: 1 });
  const parameters = network.getParameters();
  const kernel = parameters["layer0.forward.kernel"];
  if (!kernel) throw new Error("The network has no kernel.");
  const width = kernel.shape[1] ?? 0;
  const widened = new Float32Array((2 + steps) * width);
  widened.set(kernel.data);
  wide.setParameters({
    ...parameters,
    "layer0.forward.kernel": { shape: [2 + steps, width], data: widened },
  });
  const random = createRandom("gradients");
  const logarithms = new Float64Array(steps);
  for (const sequence of makeSums(sequences, steps, "lag").x) {
    const x = new Float32Array(steps * (2 + steps));
    for (let t = 0; t < steps; t++) {
      x.set(sequence.subarray(2 * t, 2 * t + 2), t * (2 + steps));
      x[t * (2 + steps) + 2 + t] = 1;
    }
    const last = Float32Array.from({ length: hidden }, () => random.normal());
    const gradients = await wide.gradients([x], [new Float32Array(steps * hidden)], [last]);
    const rows = gradients["layer0.forward.kernel"]?.data ?? new Float32Array(0);
    const normAt = (/** @type {number} */ t) =>
      Math.hypot(...rows.subarray((2 + t) * width, (3 + t) * width));
    const atTheEnd = normAt(steps - 1);
    for (let lag = 0; lag < steps; lag++) {
      logarithms[lag] = (logarithms[lag] ?? 0) + Math.log(normAt(steps - 1 - lag) / atTheEnd);
    }
  }
  await wide.close();
  return Array.from(logarithms, (sum) => Math.exp(sum / sequences));
}

/** @param {"rnn" | "lstm" | "gru"} cell */
function fresh(cell) {
  const head = /** @type {const} */ ({ type: "regression", size: 1 });
  return createNetwork({ cell, inputSize: 2, hidden: 32, head, seed: 1, threads: 1 });
}

say("Learning to add ...");
/** @type {[name: string, network: Network][]} */
const networks = [
  ["RNN, fresh", fresh("rnn")],
  ["RNN, trained", await learnToAdd("rnn", steps)],
  ["LSTM, fresh", fresh("lstm")],
  ["LSTM, trained", await learnToAdd("lstm", steps)],
  ["GRU, trained", await learnToAdd("gru", steps)],
];
const curves = [];
for (const [name, network] of networks) {
  curves.push({ name, norms: await normsByLag(network) });
  await network.close();
}
const head = ["norm, 1 at the last step", ...told.map((lag) => `lag ${lag}`)];
const rows = curves.map(({ name, norms }) => [
  name,
  ...told.map((lag) => (norms[lag] ?? 0).toExponential(1)),
]);
process.stdout.write(markdownTable(head, rows));
await drawChart("gradient-over-lag", {
  legend: { top: 4, itemGap: 20 },
  grid: { left: 70, right: 24, top: 44, bottom: 50 },
  xAxis: axis("steps before the last one", { min: 0, max: steps }),
  yAxis: powersOfTen("norm of the gradient"),
  series: curves.map(({ name, norms }) =>
    line(
      name,
      norms.map((norm, lag) => [lag, Number(norm.toPrecision(3))]),
      name.includes("fresh") ? { lineStyle: { width: 2, type: "dashed" } } : {},
    ),
  ),
});
