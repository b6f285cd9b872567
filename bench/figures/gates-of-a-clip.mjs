/**
 * What an LSTM's gates do over a clip: one network, trained on rendered clips of people who sit down and who stand up
 * (features by the embedded CNN), reads an unseen clip of each; after every frame its head is asked what it believes.
 * Draws docs/figures/gates-of-a-clip.svg and prints how many unseen clips are told right.
 *
 * Run: node bench/figures/gates-of-a-clip.mjs (a minute or two; the clips are rendered anew)
 */
import sharp from "sharp";
import { frameHeight, frameWidth } from "../../dist/datasets/motions/camera.js";
import { planMotions } from "../../dist/datasets/motions/clip-plan.js";
import { renderFrames } from "../../dist/datasets/motions/render-clip.js";
import { openFeatureExtractor } from "../../dist/src/features/open-feature-extractor.js";
import { createNetwork } from "../../dist/src/sequence/network.js";
import { fitStandardisation, standardise } from "../../dist/src/sequence/standardisation.js";
import { say } from "../videos.mjs";
import { axis, drawChart, line } from "./chart.mjs";

/** @import { FeatureExtractor } from "../../dist/src/features/feature-extractor.js" */
/** @import { Network } from "../../dist/src/sequence/network.js" */

const actions = ["sit-down", "stand-up"];

/** Clips an action: the first 20 show each performer once. */
const clipsPerAction = 20;

/** Frames of a clip, evenly spread. */
const frames = 24;

const hidden = 16;

const cnn = await openFeatureExtractor("mobilenet-v2");
const { dimension } = cnn;
const plans = planMotions({ clipsPerClass: clipsPerAction }).filter(({ label }) =>
  actions.includes(label),
);
say(`Rendering ${plans.length} clips ...`);
/** @type {{ x: Float32Array, y: number, isUnseen: boolean }[]} */
const clips = [];
for (const plan of plans) {
  clips.push({
    x: await featuresOf(plan, cnn),
    y: actions.indexOf(plan.label),
    isUnseen: plan.split === "test",
  });
}
await cnn.close();
const learned = clips.filter(({ isUnseen }) => !isUnseen);
const unseen = clips.filter(({ isUnseen }) => isUnseen);
const standardisation = fitStandardisation(
  learned.map(({ x }) => x),
  dimension,
);
const prepare = (/** @type {{ x: Float32Array }} */ { x }) =>
  standardise(x, standardisation).changes;

const network = createNetwork({
  cell: "lstm",
  inputSize: dimension,
  hidden,
  head: { type: "classification", classes: actions.length },
  dropout: 0.3,
  inputDropout: 0.3,
  seed: 1,
  threads: 1,
});
await network.fit(
  { x: learned.map(prepare), y: learned.map(({ y }) => y) },
  { epochs: 30, weightDecay: 1 },
);
const predicted = await network.predict(unseen.map(prepare));
const right = predicted.filter(
  (probabilities, i) => Number((probabilities[1] ?? 0) > 0.5) === unseen[i]?.y,
);
process.stdout.write(`${right.length} of ${unseen.length} unseen clips told right\n`);
const shown = actions.map((_, y) => {
  const clip = unseen.find((one) => one.y === y);
  if (!clip) throw new Error(`No unseen clip of ${actions[y]}.`);
  return read(network, prepare(clip));
});
await network.close();
for (const [i, steps] of shown.entries()) {
  const told = [0, 5, 11, 17, 23].map((t) => steps[t]?.belief.toFixed(2)).join(" ");
  process.stdout.write(`${actions[i]}: probability of stand-up after 1, 6, 12, 18, 24: ${told}\n`);
}

const left = (/** @type {number} */ column) => 64 + 345 * column;
const panels = actions.flatMap((_, column) =>
  [40, 190].map((top) => ({ left: left(column), width: 290, top, height: 110 })),
);
const kinds = /** @type {const} */ (["input", "forget", "output"]);
const probability = "probability of “stand-up”";
await drawChart(
  "gates-of-a-clip",
  {
    legend: { bottom: 0, itemGap: 24, data: [...kinds.map((kind) => `${kind} gate`), probability] },
    title: actions.map((action, column) => ({
      text: `a clip of “${action}”`,
      left: left(column),
      top: 6,
      textStyle: { fontSize: 13, fontWeight: "normal" },
    })),
    grid: panels,
    xAxis: panels.map((_, gridIndex) =>
      axis(gridIndex % 2 === 1 ? "frame" : "", { gridIndex, min: 1, max: frames, nameGap: 24 }),
    ),
    yAxis: panels.map((_, gridIndex) =>
      axis(["mean of the gate", "probability"][gridIndex % 2] ?? "", {
        gridIndex,
        min: 0,
        max: 1,
        splitNumber: 2,
        nameGap: 34,
        ...(gridIndex > 1 ? { name: "" } : {}),
      }),
    ),
    series: shown.flatMap((steps, column) => [
      ...kinds.map((kind) =>
        line(
          `${kind} gate`,
          steps.map((step, t) => [t + 1, Number(step[kind].toFixed(3))]),
          { xAxisIndex: 2 * column, yAxisIndex: 2 * column },
        ),
      ),
      line(
        probability,
        steps.map((step, t) => [t + 1, Number(step.belief.toFixed(3))]),
        { xAxisIndex: 2 * column + 1, yAxisIndex: 2 * column + 1 },
      ),
    ]),
  },
  { height: 370 },
);

/**
 * @param {ReturnType<typeof planMotions>[number]} plan
 * @param {FeatureExtractor} extractor
 */
async function featuresOf(plan, extractor) {
  // Copied: the renderer uses one buffer for all frames.
  const all = Array.from(renderFrames(plan), (frame) => frame.slice());
  const side = extractor.inputSize;
  const pixels = new Uint8Array(frames * side * side * 3);
  for (let i = 0; i < frames; i++) {
    const frame = all[Math.floor(((i + 0.5) * all.length) / frames)] ?? new Uint8Array(0);
    const raw = { width: frameWidth, height: frameHeight, channels: /** @type {3} */ (3) };
    const scaled = await sharp(frame, { raw }).resize(side, side, { fit: "fill" }).raw().toBuffer();
    pixels.set(scaled, i * scaled.length);
  }
  return extractor.extract(pixels, frames);
}

/**
 * The LSTM once more, step by step, for what the engine does not tell: its gates, and what the head makes of the state
 * at each step.
 *
 * @param {Network} trained
 * @param {Float32Array} x [T, dimension]
 */
function read(trained, x) {
  const parameters = trained.getParameters();
  const values = (/** @type {string} */ name) => parameters[name]?.data ?? new Float32Array(0);
  const kernel = values("layer0.forward.kernel");
  const recurrent = values("layer0.forward.recurrentKernel");
  const bias = values("layer0.forward.bias");
  const [headKernel, headBias] = [values("head.kernel"), values("head.bias")];
  const logistic = (/** @type {number} */ value) => 1 / (1 + Math.exp(-value));
  let h = new Float64Array(hidden);
  const c = new Float64Array(hidden);
  return Array.from({ length: x.length / dimension }, (_, t) => {
    const sums = Float64Array.from(bias);
    for (let column = 0; column < 4 * hidden; column++) {
      let sum = sums[column] ?? 0;
      for (let d = 0; d < dimension; d++) {
        sum += (x[t * dimension + d] ?? 0) * (kernel[d * 4 * hidden + column] ?? 0);
      }
      for (let u = 0; u < hidden; u++) {
        sum += (h[u] ?? 0) * (recurrent[u * 4 * hidden + column] ?? 0);
      }
      sums[column] = sum;
    }
    const gate = (/** @type {number} */ index, /** @type {number} */ u) =>
      sums[index * hidden + u] ?? 0;
    const next = new Float64Array(hidden);
    const mean = { input: 0, forget: 0, output: 0 };
    for (let u = 0; u < hidden; u++) {
      const [i, f, o] = [logistic(gate(0, u)), logistic(gate(1, u)), logistic(gate(3, u))];
      c[u] = f * (c[u] ?? 0) + i * Math.tanh(gate(2, u));
      next[u] = o * Math.tanh(c[u] ?? 0);
      mean.input += i / hidden;
      mean.forget += f / hidden;
      mean.output += o / hidden;
    }
    h = next;
    const logits = [0, 1].map((label) =>
      h.reduce(
        (sum, value, u) => sum + value * (headKernel[2 * u + label] ?? 0),
        headBias[label] ?? 0,
      ),
    );
    return { ...mean, belief: logistic((logits[1] ?? 0) - (logits[0] ?? 0)) };
  });
}
