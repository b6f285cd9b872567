import type { ModelRecord } from "../model-record.js";
import { lineChart } from "./line-chart.js";
import { percent } from "./page.js";

/**
 * How a training went: loss and validation accuracy over the epochs, as a part of a page. Empty for a model that has no
 * epochs.
 */
export function learningCurves({ training }: Pick<ModelRecord, "training">): string {
  const { history, bestEpoch } = training;
  const last = history.at(-1);
  if (!last) return "";
  const x = { name: "epoch", min: 1, max: Math.max(2, history.length), whole: true };
  const curve = (pick: (epoch: (typeof history)[number]) => number | undefined) =>
    history.flatMap((epoch): [number, number][] => {
      const value = pick(epoch);
      return value === undefined ? [] : [[epoch.epoch, value]];
    });
  const validationLoss = curve((epoch) => epoch.validationLoss);
  const accuracy = curve((epoch) => epoch.validationAccuracy);
  const best = history.find(({ epoch }) => epoch === bestEpoch);
  const loss = lineChart({
    description: `Loss over ${history.length} epochs: ${history[0]!.loss.toFixed(3)} in the first, ${last.loss.toFixed(3)} in the last on the training clips${best?.validationLoss === undefined ? "" : `; ${best.validationLoss.toFixed(3)} on the validation clips in epoch ${bestEpoch}, whose weights were kept`}.`,
    x,
    y: { name: "loss (nats)", min: 0 },
    lines: [
      { name: "training", colour: "var(--one)", points: curve((epoch) => epoch.loss) },
      ...(validationLoss.length > 0
        ? [{ name: "validation", colour: "var(--two)", points: validationLoss }]
        : []),
    ],
  });
  const heading = "<h2>How it was trained</h2>";
  if (accuracy.length === 0) {
    return `${heading}\n<div class="charts"><figure>${loss}</figure></div>`;
  }
  const told = lineChart({
    description: `Accuracy on the validation clips over the epochs: ${percent(best?.validationAccuracy ?? accuracy.at(-1)![1])} in epoch ${bestEpoch}.`,
    x,
    y: { name: "accuracy", min: 0, max: 1 },
    lines: [{ name: "validation", colour: "var(--two)", points: accuracy }],
  });
  return `${heading}\n<div class="charts"><figure>${loss}</figure><figure>${told}</figure></div>`;
}
