/**
 * How many clips are told right by a few examples a class (`label --examples`): of a data set with groups, examples of
 * different groups are drawn many times, all other clips but those of the examples' groups are judged. Prints Markdown:
 * mean and deviation of the accuracy over the draws.
 *
 * Run: node bench/few-shot.mjs DATASET [--columns path=clip,label=class,...] [--shots 1,3,5] [--draws N]
 */
import { parseArgs } from "node:util";
import { createDataset } from "../dist/datasets/dataset.js";
import { openDataset } from "../dist/datasets/open-dataset.js";
import { createRandom } from "../dist/src/core/random.js";
import { evaluate } from "../dist/src/pipeline/evaluate.js";
import { modelFromExamples } from "../dist/src/pipeline/model-from-examples.js";
import { markdownTable } from "./markdown-table.mjs";

/** @import { DatasetItem } from "../dist/datasets/dataset.js" */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    columns: { type: "string" },
    shots: { type: "string", default: "1,3,5" },
    draws: { type: "string", default: "20" },
  },
});
const columns = options.columns
  ? Object.fromEntries(options.columns.split(",").map((pair) => pair.split("=")))
  : undefined;
const dataset = await openDataset(positionals[0] ?? "", columns ? { columns } : {});
// Without the parts, so that evaluate judges what it is given.
const items = dataset.items.map(({ split: _, ...item }) => item);
const rows = [];
for (const shots of options.shots.split(",").map(Number)) {
  /** @type {number[]} */
  const accuracies = [];
  for (let draw = 0; draw < Number(options.draws); draw++) {
    const random = createRandom(`${shots}/${draw}`);
    const examples = dataset.classes.flatMap((label) =>
      fromDifferentGroups(random.shuffle(items.filter((item) => item.label === label)), shots),
    );
    const taken = new Set(examples.map((item) => `${item.label}/${groupOf(item)}`));
    const others = items.filter((item) => !taken.has(`${item.label}/${groupOf(item)}`));
    const model = await modelFromExamples(createDataset("examples", examples));
    const { accuracy } = await evaluate(model, createDataset("others", others), { split: "all" });
    await model.close();
    accuracies.push(accuracy);
  }
  const mean = accuracies.reduce((a, b) => a + b, 0) / accuracies.length;
  const deviation = Math.sqrt(
    accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (accuracies.length - 1),
  );
  rows.push([String(shots), (100 * mean).toFixed(1), (100 * deviation).toFixed(1)]);
}
process.stdout.write(markdownTable(["examples a class", "accuracy %", "deviation"], rows));

/** @param {DatasetItem} item */
function groupOf({ group, path }) {
  return group ?? path;
}

/** @param {readonly DatasetItem[]} shuffled @param {number} count */
function fromDifferentGroups(shuffled, count) {
  const byGroup = new Map(shuffled.map((item) => [groupOf(item), item]));
  return [...byGroup.values()].slice(0, count);
}
