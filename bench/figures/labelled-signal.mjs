/**
 * A signal that is no video: the made-up acceleration of a wrist, 25 values a second, of someone who rests, walks and
 * runs in turn. A BiLSTM with a result for each step is trained on 120 such signals and labels one it has not seen.
 * Draws docs/figures/labelled-signal.svg and prints how many steps of 40 unseen signals are told right, by a network of
 * one direction too.
 *
 * Run: node bench/figures/labelled-signal.mjs (a minute)
 */
import { createRandom } from "../../dist/src/core/random.js";
import { createNetwork } from "../../dist/src/sequence/network.js";
import { markdownTable } from "../markdown-table.mjs";
import { axis, colours, drawChart, line } from "./chart.mjs";

const states = ["rest", "walk", "run"];

/** Hertz. */
const rate = 25;

/** Strides a second, and how strong they are felt, by state; people differ by a fifth. */
const strides = [0, 1.8, 2.6];
const strengths = [0, 0.6, 1];

/** Seconds that a state lasts, at least and at most. */
const lasting = /** @type {const} */ ([1.5, 4]);

/** @param {string} seed */
function makeSignal(seed) {
  const random = createRandom(seed);
  const pace = random.uniform(0.8, 1.2);
  const force = random.uniform(0.8, 1.2);
  const values = [];
  const labels = [];
  let state = random.integer(0, states.length - 1);
  let phase = 0;
  const parts = random.integer(3, 5);
  for (let part = 0; part < parts; part++) {
    const steps = Math.round(rate * random.uniform(...lasting));
    for (let t = 0; t < steps; t++) {
      phase += (2 * Math.PI * pace * (strides[state] ?? 0)) / rate;
      const swing = Math.sin(phase) + 0.4 * Math.sin(2 * phase);
      values.push(force * (strengths[state] ?? 0) * swing + 0.35 * random.normal());
      labels.push(state);
    }
    state = (state + random.integer(1, states.length - 1)) % states.length;
  }
  return { x: Float32Array.from(values), y: Int32Array.from(labels) };
}

/** @param {number} count @param {string} seed */
function makeSignals(count, seed) {
  const signals = Array.from({ length: count }, (_, i) => makeSignal(`${seed} ${i}`));
  return { x: signals.map(({ x }) => x), y: signals.map(({ y }) => y) };
}

/** @param {Float32Array} probabilities [T, states] */
function likeliest(probabilities) {
  return Array.from({ length: probabilities.length / states.length }, (_, t) => {
    const row = probabilities.subarray(t * states.length, (t + 1) * states.length);
    return row.indexOf(Math.max(...row));
  });
}

const learned = makeSignals(120, "learned");
const unseen = makeSignals(40, "unseen");
const rows = [];
/** @type {Float32Array} */
let shown = new Float32Array(0);
for (const bidirectional of [false, true]) {
  const network = createNetwork({
    cell: "lstm",
    bidirectional,
    inputSize: 1,
    hidden: 24,
    output: "sequence",
    head: { type: "classification", classes: states.length },
    seed: 1,
    threads: 1,
  });
  await network.fit(learned, { epochs: 25, batchSize: 16, learningRate: 1e-2 });
  const predicted = await network.predict(unseen.x);
  await network.close();
  let right = 0;
  let all = 0;
  for (const [i, probabilities] of predicted.entries()) {
    for (const [t, state] of likeliest(probabilities).entries()) {
      right += state === unseen.y[i]?.[t] ? 1 : 0;
      all += 1;
    }
  }
  rows.push([bidirectional ? "BiLSTM" : "LSTM", `${((100 * right) / all).toFixed(1)} %`]);
  shown = predicted[0] ?? shown;
}
process.stdout.write(markdownTable(["", "steps told right"], rows));

const signal = unseen.x[0] ?? new Float32Array(0);
const truth = Array.from(unseen.y[0] ?? []);
const times = Array.from(signal, (_, t) => t / rate);
const end = signal.length / rate;
/** Stretches of equal labels as coloured bands. @param {readonly number[]} labels */
const bands = (labels) => {
  const starts = labels.flatMap((label, t) => (label === labels[t - 1] ? [] : [t]));
  return starts.map((start, i) => [
    {
      xAxis: start / rate,
      label: { show: (starts[i + 1] ?? labels.length) - start > rate / 2 },
      itemStyle: { color: colours[(labels[start] ?? 0) + 2], opacity: 0.75 },
      name: states[labels[start] ?? 0],
    },
    { xAxis: (starts[i + 1] ?? labels.length) / rate },
  ]);
};
const strip = (/** @type {number} */ top, /** @type {number} */ height) => ({
  left: 96,
  right: 24,
  top,
  height,
});
const hidden = { show: false, min: 0, max: end, type: "value" };
const named = (/** @type {number} */ gridIndex, /** @type {string} */ name) => ({
  type: "value",
  gridIndex,
  min: 0,
  max: 1,
  name,
  nameLocation: "middle",
  nameRotate: 0,
  nameGap: 44,
  axisLabel: { show: false },
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { show: false },
});
const strips = [truth, likeliest(shown)].map((labels, i) => ({
  type: "line",
  xAxisIndex: i + 1,
  yAxisIndex: i + 1,
  data: [],
  markArea: { silent: true, label: { position: "inside", color: "#222" }, data: bands(labels) },
}));
await drawChart(
  "labelled-signal",
  {
    grid: [strip(16, 120), strip(150, 26), strip(184, 26), strip(228, 110)],
    xAxis: [
      { ...hidden },
      { ...hidden, gridIndex: 1 },
      { ...hidden, gridIndex: 2 },
      axis("seconds", {
        gridIndex: 3,
        min: 0,
        max: end,
        nameGap: 26,
        axisLabel: { showMaxLabel: false },
      }),
    ],
    yAxis: [
      axis("acceleration (g)", { nameGap: 40, splitNumber: 3 }),
      named(1, "truth"),
      named(2, "BiLSTM"),
      axis("probability", { gridIndex: 3, min: 0, max: 1, nameGap: 40, splitNumber: 2 }),
    ],
    series: [
      line(
        "signal",
        times.map((time, t) => [time, Number((signal[t] ?? 0).toFixed(2))]),
        { lineStyle: { width: 1, color: "#444" } },
      ),
      ...strips,
      ...states.map((state, i) =>
        line(
          state,
          times.map((time, t) => [time, Number((shown[t * states.length + i] ?? 0).toFixed(3))]),
          { xAxisIndex: 3, yAxisIndex: 3, lineStyle: { width: 2, color: colours[i + 2] } },
        ),
      ),
    ],
  },
  { height: 390 },
);
