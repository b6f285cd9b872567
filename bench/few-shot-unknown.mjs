/**
 * What a threshold is worth to a model of a few examples (`label --examples --threshold P`): one class after the other is
 * left without examples, and all clips but those of the examples' groups are labelled. Prints Markdown: at each threshold
 * how much of the class without examples becomes `unknown`, and of the others how much is still told right, told wrong,
 * or unknown.
 *
 * Run: node bench/few-shot-unknown.mjs DATASET [--columns path=clip,label=class,...] [--shots 1,3,5] [--draws N]
 */
import { parseArgs } from "node:util";
import { createDataset } from "../dist/datasets/dataset.js";
import { openDataset } from "../dist/datasets/open-dataset.js";
import { createRandom } from "../dist/src/core/random.js";
import { label } from "../dist/src/pipeline/label.js";
import { modelFromExamples } from "../dist/src/pipeline/model-from-examples.js";
import { markdownTable } from "./markdown-table.mjs";

/** @import { DatasetItem } from "../dist/datasets/dataset.js" */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    columns: { type: "string" },
    shots: { type: "string", default: "1,3,5" },
    draws: { type: "string", default: "2" },
  },
});
const thresholds = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
const columns = options.columns
  ? Object.fromEntries(options.columns.split(",").map((pair) => pair.split("=")))
  : undefined;
const dataset = await openDataset(positionals[0] ?? "", columns ? { columns } : {});
const rows = [];
for (const shots of options.shots.split(",").map(Number)) {
  /** @type {{ isUnlike: boolean, isRight: boolean, confidence: number }[]} */
  const judged = [];
  for (const unlike of dataset.classes) {
    for (let draw = 0; draw < Number(options.draws); draw++) {
      const random = createRandom(`${shots}/${unlike}/${draw}`);
      const examples = dataset.classes
        .filter((name) => name !== unlike)
        .flatMap((name) => {
          const own = random.shuffle(dataset.items.filter((item) => item.label === name));
          return [...new Map(own.map((item) => [groupOf(item), item])).values()].slice(0, shots);
        });
      const taken = new Set(examples.map((item) => `${item.label}/${groupOf(item)}`));
      const others = dataset.items.filter((item) => !taken.has(`${item.label}/${groupOf(item)}`));
      const truth = new Map(others.map((item) => [item.path, item.label]));
      const model = await modelFromExamples(createDataset("examples", examples));
      for await (const result of label([...truth.keys()], { model })) {
        if ("error" in result) continue;
        const isUnlike = truth.get(result.path) === unlike;
        const isRight = truth.get(result.path) === result.label;
        judged.push({ isUnlike, isRight, confidence: result.confidence });
      }
      await model.close();
    }
  }
  for (const threshold of thresholds) {
    const told = judged.filter(({ confidence }) => confidence >= threshold);
    const like = judged.filter(({ isUnlike }) => !isUnlike);
    const likeTold = told.filter(({ isUnlike }) => !isUnlike);
    const unlikeCount = judged.length - like.length;
    const unlikeTold = told.length - likeTold.length;
    const right = likeTold.filter(({ isRight }) => isRight).length;
    rows.push([
      String(shots),
      threshold.toFixed(1),
      percent(1 - unlikeTold / unlikeCount),
      percent(right / like.length),
      percent((likeTold.length - right) / like.length),
      percent(1 - likeTold.length / like.length),
    ]);
  }
}
process.stdout.write(
  markdownTable(
    ["examples", "threshold", "unlike: unknown %", "others: right %", "wrong %", "unknown %"],
    rows,
  ),
);

/** @param {DatasetItem} item */
function groupOf({ group, path }) {
  return group ?? path;
}

/** @param {number} part */
function percent(part) {
  return (100 * part).toFixed(1);
}
