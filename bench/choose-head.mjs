/**
 * What `train` chooses from, on streams that are computed already: how each candidate does on groups left out of the
 * training part, which is taken, and how all of them do on the test part.
 *
 * Run: npm run build && node bench/choose-head.mjs MANIFEST.tsv STREAMS.bin --part set --group set,sequence --both
 *      node bench/choose-head.mjs MANIFEST.tsv STREAMS.bin --part split1 --group group [--seeds 5]
 * The manifest has columns clip, class, the part and the group; the part is "train" or "test", or with --both any two
 * names, each trained on in turn and tested on the other. STREAMS.bin is a v8-serialised { streams: [{ rgb, difference3,
 * motion }] }, float32 [16, D] each, in the manifest's order.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { deserialize } from "node:v8";
import { parse } from "csv-parse/sync";
import { assignFolds } from "../dist/datasets/folds.js";
import { chooseHead, keepBlocks } from "../dist/src/pipeline/choose-head.js";
import { fitClassifier } from "../dist/src/pipeline/fit-classifier.js";
import { recurrentOptions } from "../dist/src/pipeline/fit-recurrent.js";
import { headCandidates, selectionFolds } from "../dist/src/pipeline/head-candidates.js";
import { linearBlocks } from "../dist/src/pipeline/linear-blocks.js";
import { streamRecipe, streamSettings } from "../dist/src/pipeline/network-recipe.js";
import { createNetwork } from "../dist/src/sequence/network.js";
import { poolBlocks } from "../dist/src/sequence/pooled-blocks.js";
import { logMean, predictSoftmax } from "../dist/src/sequence/softmax-layer.js";
import { standardise } from "../dist/src/sequence/standardisation.js";
import { describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";

const steps = 16;
/** Folds of the training part of which one is its validation clips. */
const validationFolds = 6;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    part: { type: "string", default: "split1" },
    group: { type: "string", default: "group" },
    both: { type: "boolean", default: false },
    seeds: { type: "string", default: "1" },
  },
});
const [manifest = "", file = ""] = positionals;
/** @type {Record<string, string>[]} */
const rows = parse(readFileSync(manifest), { columns: true, delimiter: "\t" });
/** @type {{ streams: Record<string, Float32Array>[] }} */
const { streams } = deserialize(readFileSync(file));
const classes = [...new Set(rows.map((row) => row.class ?? ""))].sort();
const stored = { rgb: "rgb", difference: "difference3", motion: "motion" };
const blocks = Object.entries(stored).map(([name, key]) => ({
  name,
  dimension: (streams[0]?.[key]?.length ?? 0) / steps,
}));
const width = blocks.reduce((sum, { dimension }) => sum + dimension, 0);

const examples = rows.map((row, index) => {
  const features = new Float32Array(steps * width);
  let start = 0;
  for (const [b, key] of Object.values(stored).entries()) {
    const { dimension } = blocks[b] ?? { dimension: 0 };
    const own = streams[index]?.[key] ?? new Float32Array();
    for (let t = 0; t < steps; t++) {
      features.set(own.subarray(t * dimension, (t + 1) * dimension), t * width + start);
    }
    start += dimension;
  }
  const name = row.clip ?? "";
  const digest = createHash("sha256").update(name).digest("hex");
  return {
    name,
    digest,
    content: digest,
    label: row.class ?? "",
    group: values.group
      .split(",")
      .map((column) => row[column])
      .join("/"),
    split: /** @type {const} */ ("train"),
    dimension: width,
    features,
  };
});

const names = [...new Set(rows.map((row) => row[values.part] ?? ""))].sort();
const directions = values.both ? [names, names.toReversed()] : [["train", "test"]];
const candidates = headCandidates(blocks, "auto");
const table = [];
const taken = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  for (const [from, to] of directions) {
    const training = examples.filter((_, index) => rows[index]?.[values.part] === from);
    const test = examples.filter((_, index) => rows[index]?.[values.part] === to);
    const folds = selectionFolds(training, seed);
    if (!folds) throw new Error(`${from} has too few clips or groups.`);
    const began = performance.now();
    const selection = await chooseHead(training, { classes, blocks, folds, candidates, seed });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const parts = assignFolds(training, { folds: validationFolds, seed });
    for (const [c, candidate] of selection.candidates.entries()) {
      const right = await testRight(candidate, training, parts, test, seed);
      const isTaken = c === selection.chosen;
      const percent = (/** @type {number} */ part) => (100 * part).toFixed(1);
      if (isTaken) taken.push(right / test.length);
      const row = [
        `${seed}, ${from} to ${to}`,
        `${candidate.head}, ${candidate.streams.join(" + ")}`,
        percent(candidate.accuracy),
        candidate.logLoss.toFixed(3),
        percent(right / test.length),
        isTaken ? `taken (${seconds} s)` : "",
      ];
      console.error(row.join("  "));
      table.push(row);
    }
  }
}
console.log(describeMachine());
console.log(markdownTable(["seed, parts", "candidate", "CV %", "log loss", "test %", ""], table));
console.log(
  `What is taken: ${((100 * taken.reduce((a, b) => a + b, 0)) / taken.length).toFixed(1)} %`,
);

/**
 * How many clips of the test part are told right by a candidate trained as `train` does.
 *
 * @param {import("../dist/src/pipeline/head-candidates.js").HeadCandidate} candidate
 * @param {typeof examples} training
 * @param {readonly number[]} parts
 * @param {typeof examples} test
 * @param {number} seed
 */
async function testRight({ head, streams: kept }, training, parts, test, seed) {
  const narrow = (/** @type {typeof examples} */ clips) =>
    clips.map((clip) => keepBlocks(clip, blocks, kept));
  const own = blocks.filter(({ name }) => kept.includes(name));
  const dimension = own.reduce((sum, block) => sum + block.dimension, 0);
  const sizes = { classes, dimension, blocks: own };
  const kind = /** @type {const} */ ({ cell: "lstm", bidirectional: true });
  const settings = { ...streamSettings, ...streamRecipe, seed, head, isProjected: true };
  const all = narrow(training);
  const learned = all.filter((_, index) => parts[index] !== 0);
  const heldOut = all.filter((_, index) => parts[index] === 0);
  const judged = await fitClassifier(kind, learned, heldOut, sizes, settings, {});
  const { parts: weights } = await fitClassifier(
    kind,
    all,
    [],
    sizes,
    { ...settings, epochs: Math.max(judged.bestEpoch, 1) },
    {},
    judged.temperatures,
  );
  const clips = narrow(test).map(({ features }) => features);
  /** @type {Float32Array[]} */
  let told = [];
  if (head !== "linear") {
    const shape = { classes, dimension, contextSize: dimension };
    const network = createNetwork(recurrentOptions(kind, shape, settings));
    network.setParameters(/** @type {any} */ (weights.parameters));
    const seen = clips.map((clip) => standardise(clip, weights.standardisation));
    told = await network.predict(
      seen.map(({ changes }) => changes),
      seen.map(({ context }) => context),
    );
    await network.close();
  }
  const { linear } = weights;
  if (linear) {
    const pooling = linearBlocks(own).map(({ pools }, b) => ({
      dimension: own[b]?.dimension ?? 0,
      pools,
    }));
    const alone = clips.map((clip) => predictSoftmax(linear, poolBlocks(clip, pooling)));
    told = told.length > 0 ? alone.map((row, i) => logMean(row, told[i] ?? row)) : alone;
  }
  return told.filter((row, index) => {
    const best = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
    return classes[best] === test[index]?.label;
  }).length;
}
