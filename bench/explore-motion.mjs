/**
 * What the streams are worth, alone and together: accuracy of a linear classifier, and CPU time a clip.
 * Every choice is to be made by the cross-validation, whose folds are whole groups of the training part.
 *
 * Run: node bench/explore-motion.mjs MANIFEST.tsv --part set --group sequence --both
 *      node bench/explore-motion.mjs MANIFEST.tsv --part split1 --group group [--work DIR]
 * The manifest has columns clip (a path beside it), class, the part and the group; the part is "train" or "test", or with
 * --both any two names, each trained on in turn and tested on the other.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "csv-parse/sync";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { computeStreams, steps, streamsFile } from "./motion-streams.mjs";
import { fitSoftmax } from "./softmax-by-gram.mjs";

const folds = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    part: { type: "string", default: "split1" },
    group: { type: "string", default: "group" },
    both: { type: "boolean", default: false },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
const manifest = resolve(positionals[0] ?? "");
/** @type {Record<string, string>[]} */
const rows = parse(readFileSync(manifest), { columns: true, delimiter: "\t" });
const digest = createHash("sha256").update(manifest).digest("hex").slice(0, 8);
const { streams, costs } = await computeStreams(
  rows.map(({ clip = "" }) => join(dirname(manifest), clip)),
  streamsFile(join(values.work, digest)),
);
const classNames = [...new Set(rows.map((row) => row.class))].sort();
const labels = rows.map((row) => classNames.indexOf(row.class));

/** @typedef {"rgb" | "difference1" | "difference3" | "motion"} StreamName */

/**
 * Pools of a stream over its steps: "mean", "max", "deviation", or "p" and a number of equal parts, the mean of each.
 *
 * @param {StreamName} stream
 * @param {readonly string[]} pools
 */
function pooled(stream, pools) {
  return streams.map((clip) => {
    const sequence = clip[stream];
    const dimension = sequence.length / steps;
    const at = (/** @type {number} */ step, /** @type {number} */ d) =>
      sequence[step * dimension + d] ?? 0;
    const each = (/** @type {(d: number) => number} */ value) =>
      Array.from({ length: dimension }, (_, d) => value(d));
    const mean = (/** @type {number} */ d, from = 0, to = steps) => {
      let sum = 0;
      for (let step = from; step < to; step++) sum += at(step, d);
      return sum / (to - from);
    };
    return Float32Array.from(
      pools.flatMap((pool) => {
        if (pool === "mean") return each((d) => mean(d));
        if (pool === "max") {
          return each((d) => {
            let most = at(0, d);
            for (let step = 1; step < steps; step++) most = Math.max(most, at(step, d));
            return most;
          });
        }
        if (pool === "deviation") {
          return each((d) => {
            const middle = mean(d);
            let sum = 0;
            for (let step = 0; step < steps; step++) sum += (at(step, d) - middle) ** 2;
            return Math.sqrt(sum / steps);
          });
        }
        const parts = Number(pool.slice(1));
        return Array.from({ length: parts }, (_, part) =>
          each((d) => mean(d, (part * steps) / parts, ((part + 1) * steps) / parts)),
        ).flat();
      }),
    );
  });
}

/** @type {Map<string, Float32Array[]>} */
const known = new Map();

/**
 * @param {StreamName} stream
 * @param {string} pools joined by "+"
 * @param {number} [weight]
 */
function block(stream, pools, weight = 1) {
  const key = `${stream} ${pools}`;
  const found = known.get(key) ?? pooled(stream, pools.split("+"));
  known.set(key, found);
  return { block: found, weight };
}

const all = "mean+max+deviation";
const pyramid = "p1+p2+p4";
const l2s = [0.003, 0.0003];
/** Each a list of members whose log probabilities are averaged. */
const linear = {
  "rgb, mean": [[block("rgb", "mean")]],
  "rgb, mean + max + deviation": [[block("rgb", all)]],
  "difference gap 1, mean": [[block("difference1", "mean")]],
  "difference gap 3, mean": [[block("difference3", "mean")]],
  "rgb + difference gap 3, mean + deviation": [
    [block("rgb", "mean+deviation"), block("difference3", "mean+deviation")],
  ],
  "motion, mean": [[block("motion", "mean")]],
  "motion, mean + max + deviation": [[block("motion", all)]],
  "motion, pyramid": [[block("motion", pyramid)]],
  "rgb + difference gap 1 + motion": [
    [
      block("rgb", "mean+deviation"),
      block("difference1", "mean+deviation"),
      block("motion", all, 1),
    ],
  ],
  "rgb + difference gap 3 + motion": [
    [
      block("rgb", "mean+deviation"),
      block("difference3", "mean+deviation"),
      block("motion", all, 1),
    ],
  ],
  "rgb + difference gap 3 + 1.5 motion": [
    [
      block("rgb", "mean+deviation"),
      block("difference3", "mean+deviation"),
      block("motion", all, 1.5),
    ],
  ],
  "the same, pyramids": [
    [block("rgb", pyramid), block("difference3", pyramid), block("motion", pyramid, 1.5)],
  ],
  "mean of: rgb mean; all means; all pyramids; motion": [
    [block("rgb", "mean")],
    [block("rgb", "mean"), block("difference3", "mean"), block("motion", all, 1.5)],
    [block("rgb", pyramid), block("difference3", pyramid), block("motion", pyramid, 1.5)],
    [block("motion", all)],
  ],
};

/**
 * @param {readonly (readonly import("./softmax-by-gram.mjs").WeightedBlock[])[]} members
 * @param {readonly number[]} train
 * @param {readonly number[]} test
 * @param {number} l2
 * @returns how many of `test` are right
 */
function countRight(members, train, test, l2) {
  const classes = classNames.length;
  const heads = members.map((blocks) => fitSoftmax(blocks, labels, train, { classes, l2 }));
  return test.filter((clip) => {
    const scores = new Array(classes).fill(0);
    for (const head of heads) {
      for (const [c, p] of head(clip).entries()) scores[c] += Math.log(p + 1e-6);
    }
    return scores.indexOf(Math.max(...scores)) === labels[clip];
  }).length;
}

const partOf = (/** @type {string} */ part) =>
  rows.flatMap((row, index) => (row[values.part] === part ? [index] : []));
const names = [...new Set(rows.map((row) => row[values.part] ?? ""))].sort();
const directions = values.both ? [names, names.toReversed()] : [["train", "test"]];

const table = [];
for (const [name, members] of Object.entries(linear)) {
  for (const l2 of l2s) {
    let validated = 0;
    /** @type {number[]} */
    const tested = [];
    for (const [from = "", to = ""] of directions) {
      const train = partOf(from);
      const groups = [...new Set(train.map((clip) => rows[clip]?.[values.group]))];
      let right = 0;
      for (let fold = 0; fold < folds; fold++) {
        const isHeld = (/** @type {number} */ clip) =>
          groups.indexOf(rows[clip]?.[values.group]) % folds === fold;
        const kept = train.filter((clip) => !isHeld(clip));
        right += countRight(members, kept, train.filter(isHeld), l2);
      }
      validated += right / train.length / directions.length;
      const test = partOf(to);
      tested.push(countRight(members, train, test, l2) / test.length);
    }
    const percent = (/** @type {number} */ part) => (100 * part).toFixed(1);
    const mean = tested.reduce((sum, value) => sum + value, 0) / tested.length;
    table.push([
      name,
      String(l2),
      percent(validated),
      percent(mean),
      tested.map(percent).join(", "),
    ]);
  }
}
console.log(describeMachine());
console.log(markdownTable(["head", "l2", "CV %", "test %", "each way"], table));
console.log(
  markdownTable(
    ["work", "CPU ms a clip"],
    Object.entries(costs).map(([name, cost]) => [name, cost.toFixed(1)]),
  ),
);
