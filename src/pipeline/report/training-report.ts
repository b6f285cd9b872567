import type { Model } from "../model.js";
import { modelFacts } from "./model-facts.js";
import { escapeHtml, page, percent, table } from "./page.js";
import { selectionTable } from "./selection-table.js";
import { learningCurves } from "./training-charts.js";

/**
 * A training as one self-contained page: how it did on the validation clips, how it went, and how the model was made. It
 * says nothing of the test clips, which training never looks at.
 */
export function trainingReport(model: Pick<Model, "record" | "digest">): string {
  const { record } = model;
  const { validation, training, classes } = record;
  const clips = training.data.clips;
  return page(
    `Muybridge: a model of ${training.data.name}`,
    `<h1>${classes.length} classes from ${clips.train} clips</h1>
<p class="headline">${escapeHtml(training.data.name)}. ${validation ? `On ${validation.n} validation clips ${percent(validation.accuracy)} are told right, by the mean pool ${percent(validation.meanPool)}.` : "There were no validation clips."} The validation clips chose ${record.network ? "the epoch" : "the temperature"}, so that the model looks better on them than it is: <code>muybridge evaluate</code> judges it by the ${clips.test} clips kept for test.</p>
${learningCurves(record)}
${selectionTable(record)}
<h2>What it is made of</h2>
${modelFacts(model)}
<h2>Classes</h2>
${table(
  ["", "class"],
  classes.map((label, index) => [String(index + 1), label]),
)}`,
  );
}
