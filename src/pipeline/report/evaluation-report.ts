import type { Dataset } from "../../../datasets/dataset.js";
import type { Evaluation } from "../evaluate.js";
import type { Model } from "../model.js";
import { openRun, type RunOptions } from "../run.js";
import { drawClips } from "./clip-figures.js";
import { confusionMatrix } from "./confusion-matrix.js";
import { modelFacts } from "./model-facts.js";
import { escapeHtml, page, percent, table } from "./page.js";
import { reliabilityDiagram } from "./reliability-diagram.js";
import { learningCurves } from "./training-charts.js";

/** Errors shown, the most certain ones first. */
const shownErrors = 12;

/** Classes of which the most certain clip is shown. */
const shownClasses = 40;

/** Options of {@link evaluationReport}. */
export interface EvaluationReportOptions extends RunOptions {
  /** The command that makes the page anew, to be shown. */
  readonly command?: string;
}

/**
 * The result of an evaluation as one self-contained page (HTML, no network, no scripts): accuracy with its interval
 * beside the mean-pool and class-prior baselines, figures by class, confusion matrix, reliability diagram, learning
 * curves, each class's most certain clip and the most certain errors with what the model says as they go on, and how
 * the model was made.
 */
export async function evaluationReport(
  model: Model,
  dataset: Dataset,
  evaluation: Evaluation,
  options: EvaluationReportOptions = {},
): Promise<string> {
  const { signal, command } = options;
  const byCertainty = [...evaluation.predictions].sort((a, b) => b.confidence - a.confidence);
  const best = model.classes
    .slice(0, shownClasses)
    .flatMap((label) =>
      byCertainty.filter((judged) => judged.truth === label && judged.label === label).slice(0, 1),
    );
  const worst = byCertainty.filter((judged) => judged.truth !== judged.label).slice(0, shownErrors);
  await using run = await openRun(model.settings, options);
  const draw = (clips: typeof best) => drawClips(model, run, clips, signal);
  const { accuracy, interval, n, split, failed } = evaluation;
  return page(
    `Muybridge: ${dataset.name}`,
    `<h1>${percent(accuracy)} of ${n} clips told right</h1>
<p class="headline">95 % interval ${percent(interval.low)} to ${percent(interval.high)}. ${escapeHtml(dataset.name)}, ${split === "all" ? "all of it" : `its ${split} part`}.${failed.length > 0 ? ` ${failed.length} videos could not be judged.` : ""}</p>
${headline(evaluation)}
<p>The mean pool sees the same features without their order in time${evaluation.baseline.prior ? `; the class prior always says “${escapeHtml(evaluation.baseline.prior.label)}”, the most frequent class of the training clips` : ""}.</p>
<h2>Classes</h2>
${classTable(evaluation)}
<h2>Confusion</h2>
${confusionMatrix(evaluation)}
<h2>Does it know when it is wrong?</h2>
<figure>${reliabilityDiagram(evaluation.predictions)}<figcaption>Expected calibration error ${evaluation.ece.toFixed(3)}, log loss ${evaluation.logLoss.toFixed(3)}.</figcaption></figure>
<h2>The most certain clip of each class</h2>
<p>Below each the probabilities after the first frames, up to the whole clip.</p>
${best.length > 0 ? await draw(best) : "<p>None is told right.</p>"}
<h2>The most certain errors</h2>
${worst.length > 0 ? await draw(worst) : "<p>None.</p>"}
${learningCurves(model.record)}
<h2>What it is made of</h2>
${modelFacts(model)}
${command === undefined ? "" : `<h2>To make this page again</h2>\n<pre><code>${escapeHtml(command)}</code></pre>`}`,
  );
}

function headline({ baseline, ...model }: Evaluation): string {
  const rows = [
    ["model", model],
    ["mean pool", baseline.meanPool],
  ] as const;
  const prior = baseline.prior;
  return table(
    [
      "",
      "accuracy",
      "balanced",
      "top 3",
      "macro precision",
      "macro recall",
      "macro F1",
      "weighted F1",
      "log loss",
      "calibration error",
    ],
    [
      ...rows.map(([name, figures]) => [
        name,
        percent(figures.accuracy),
        percent(figures.balancedAccuracy),
        percent(figures.top3),
        percent(figures.macroPrecision),
        percent(figures.macroRecall),
        percent(figures.macroF1),
        percent(figures.weightedF1),
        figures.logLoss.toFixed(3),
        figures.ece.toFixed(3),
      ]),
      ...(prior ? [["class prior", percent(prior.accuracy), ...Array(8).fill("")]] : []),
    ],
  );
}

function classTable({ perClass, baseline }: Evaluation): string {
  return table(
    ["class", "precision", "recall", "F1", "mean-pool recall", "clips"],
    perClass.map(({ label, precision, recall, f1, support }, index) => [
      label,
      percent(precision),
      percent(recall),
      percent(f1),
      percent(baseline.meanPool.perClass[index]?.recall ?? 0),
      String(support),
    ]),
  );
}
