/**
 * Whether a training that adds clips to a model (`train --from`) gains by beginning with the model's weights: on a data set
 * of videos with groups, four classes are added to a model of the others, and the other half of the groups to a model of
 * one half. Its kernels are brought to the new standardisation, its head's columns are taken over by class name. Prints
 * Markdown: means over the seeds. The validation clips are 15 % of the groups, the judged ones 40 %.
 *
 * "refitted" begins with weights that had learned from the validation clips as well, as those of a saved model have.
 *
 * Run: node bench/warm-start.mjs DATASET [--seeds N]
 */
import { parseArgs } from "node:util";
import { openDataset } from "../dist/datasets/open-dataset.js";
import { createRandom } from "../dist/src/core/random.js";
import { openTrainingPart } from "../dist/src/pipeline/training-part.js";
import { createNetwork } from "../dist/src/sequence/network.js";
import { fitStandardisation, standardise } from "../dist/src/sequence/standardisation.js";
import { markdownTable } from "./markdown-table.mjs";

/** @import { PlacedExample } from "../dist/src/pipeline/check-examples.js" */
/** @import { Parameter } from "../dist/src/sequence/parameters.js" */
/** @import { Standardisation } from "../dist/src/sequence/standardisation.js" */
/** @typedef {{ parameters: Record<string, Parameter>, standardisation: Standardisation, names: readonly string[] }} Start */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: "string", default: "3" } },
});
const hidden = 128;
const opened = await openDataset(positionals[0] ?? "");
// All as training clips, so that all of them are here; the parts are drawn below.
const items = opened.items.map((item) => ({ ...item, split: /** @type {const} */ ("train") }));
const part = await openTrainingPart({ ...opened, items }, { seed: 1, splitRatio: [1, 0, 0] });
const { dimension, examples } = part;
const groups = [...new Set(examples.map(groupOf))].sort();

/** @type {Map<string, number[]>} */
const sums = new Map();
for (let seed = 1; seed <= Number(options.seeds); seed++) {
  const random = createRandom(`warm start ${seed}`);
  const order = random.shuffle(groups);
  const heldOut = new Set(order.slice(0, Math.round(0.4 * order.length)));
  const validating = new Set(order.slice(heldOut.size, Math.round(0.55 * order.length)));
  const learning = order.slice(heldOut.size + validating.size);
  const half = new Set(learning.slice(0, Math.ceil(learning.length / 2)));
  const all = opened.classes;
  const fewer = random.shuffle(all).slice(0, -4).sort();
  /** @param {Iterable<string>} chosen @param {readonly string[]} names */
  const clipsOf = (chosen, names) => {
    const set = new Set(chosen);
    return examples.filter((clip) => set.has(groupOf(clip)) && names.includes(clip.label));
  };
  /** @param {Iterable<string>} chosen @param {readonly string[]} names @param {Start} [start] @param {number} [epochs] */
  const learn = (chosen, names, start, epochs) =>
    fitOnce(
      { training: clipsOf(chosen, names), names, seed },
      epochs === undefined ? clipsOf(validating, names) : [],
      clipsOf(heldOut, names),
      start,
      epochs,
    );
  const ofFewer = await learn(learning, fewer);
  const ofHalf = await learn(half, all);
  const refitted = await learn([...half, ...validating], all, undefined, ofHalf.bestEpoch);
  for (const [name, { bestEpoch, epochs, validation, accuracy, logLoss, seconds }] of [
    /** @type {const} */ (["anew", await learn(learning, all)]),
    /** @type {const} */ (["from the model of fewer classes", await learn(learning, all, ofFewer)]),
    /** @type {const} */ (["from the model of half the clips", await learn(learning, all, ofHalf)]),
    /** @type {const} */ (["the same, refitted", await learn(learning, all, refitted)]),
  ]) {
    const figures = [bestEpoch, epochs, seconds, 100 * validation, 100 * accuracy, logLoss];
    const sum = sums.get(name) ?? figures.map(() => 0);
    sums.set(
      name,
      figures.map((figure, index) => figure + at(sum, index)),
    );
  }
}
process.stdout.write(
  markdownTable(
    ["start", "best epoch", "epochs", "seconds", "validation %", "accuracy %", "log loss"],
    [...sums].map(([name, sum]) => {
      const digits = [1, 1, 1, 1, 1, 2];
      return [name, ...sum.map((total, i) => (total / Number(options.seeds)).toFixed(digits[i]))];
    }),
  ),
);

/**
 * @param {{ training: readonly PlacedExample[], names: readonly string[], seed: number }} what
 * @param {readonly PlacedExample[]} validating
 * @param {readonly PlacedExample[]} judged
 * @param {Start} [start]
 * @param {number} [epochs]
 */
async function fitOnce({ training, names, seed }, validating, judged, start, epochs = 40) {
  const standardisation = fitStandardisation(
    training.map(({ features }) => features),
    dimension,
  );
  /** @param {readonly PlacedExample[]} clips */
  const dataOf = (clips) => {
    const parts = clips.map(({ features }) => standardise(features, standardisation));
    const y = clips.map(({ label }) => names.indexOf(label));
    return { x: parts.map((p) => p.changes), context: parts.map((p) => p.context), y };
  };
  const network = createNetwork({
    cell: "lstm",
    bidirectional: true,
    hidden,
    dropout: 0.5,
    inputDropout: part.recipe.inputDropout,
    seed,
    inputSize: dimension,
    contextSize: dimension,
    head: { type: "classification", classes: names.length },
  });
  if (start) {
    network.setParameters(takenOver(start, network.getParameters(), standardisation, names));
  }
  const began = performance.now();
  const { bestEpoch, history } = await network.fit(
    { ...dataOf(training), ...(validating.length > 0 ? { validation: dataOf(validating) } : {}) },
    {
      ...{ epochs, batchSize: 16, learningRate: 1e-3, patience: 8, optimizer: "adamw" },
      ...{ weightDecay: part.recipe.weightDecay, clipNorm: part.recipe.clipNorm },
    },
  );
  const seconds = (performance.now() - began) / 1000;
  const { x, context, y } = dataOf(judged);
  const predictions = await network.predict(x, context);
  const right = predictions.filter((p, i) => p.indexOf(Math.max(...p)) === y[i]).length;
  const losses = predictions.map((p, i) => -Math.log(Math.max(at(p, at(y, i)), 1e-9)));
  const parameters = network.getParameters();
  await network.close();
  return {
    ...{ parameters, standardisation, names, bestEpoch, seconds },
    epochs: history.length,
    validation: history[bestEpoch - 1]?.validationAccuracy ?? 0,
    accuracy: right / judged.length,
    logLoss: losses.reduce((a, b) => a + b, 0) / judged.length,
  };
}

/**
 * A network's parameters, as far as an older one has them, in the new standardisation.
 *
 * @param {Start} start
 * @param {Record<string, Parameter>} own
 * @param {Standardisation} standardisation
 * @param {readonly string[]} names
 */
function takenOver(start, own, standardisation, names) {
  const { mean, deviation, changeDeviation } = standardisation;
  const old = start.standardisation;
  /** @type {Record<string, Parameter>} */
  const taken = {};
  for (const [name, { shape, data }] of Object.entries(start.parameters)) {
    const width = shape[1] ?? 1;
    const isInput = name.startsWith("layer0") && name.endsWith(".kernel");
    taken[name] = {
      shape,
      data: data.map((value, i) => {
        const d = Math.floor(i / width);
        return isInput ? (value * at(changeDeviation, d)) / at(old.changeDeviation, d) : value;
      }),
    };
  }
  const kernel = tensorOf(own, "head.kernel");
  const bias = tensorOf(own, "head.bias");
  const oldKernel = tensorOf(start.parameters, "head.kernel").data;
  const states = 2 * hidden;
  for (const [column, name] of names.entries()) {
    const known = start.names.indexOf(name);
    if (known < 0) continue;
    let constant = at(tensorOf(start.parameters, "head.bias").data, known);
    for (let row = 0; row < states + dimension; row++) {
      let value = at(oldKernel, row * start.names.length + known);
      const d = row - states;
      if (d >= 0) {
        constant += (value * (at(mean, d) - at(old.mean, d))) / at(old.deviation, d);
        value *= at(deviation, d) / at(old.deviation, d);
      }
      kernel.data[row * names.length + column] = value;
    }
    bias.data[column] = constant;
  }
  return { ...taken, "head.kernel": kernel, "head.bias": bias };
}

/** A copy of a parameter. @param {Record<string, Parameter>} parameters @param {string} name */
function tensorOf(parameters, name) {
  const found = parameters[name];
  if (!found) throw new Error(`There is no ${name}.`);
  return { shape: found.shape, data: Float32Array.from(found.data) };
}

/** @param {ArrayLike<number>} values @param {number} index */
function at(values, index) {
  return values[index] ?? Number.NaN;
}

/** @param {PlacedExample} clip */
function groupOf({ group, digest }) {
  return group ?? digest;
}
