import type { JudgedVideo } from "../evaluate.js";
import { lineChart } from "./line-chart.js";
import { percent } from "./page.js";

/** Bins of the diagram. */
const bins = 10;

/**
 * How often the model is right, over how sure it is (DeGroot & Fienberg 1983): on the diagonal it is right as often as it
 * claims. Bins without clips are left out.
 */
export function reliabilityDiagram(judged: readonly JudgedVideo[]): string {
  const sums = Array.from({ length: bins }, () => ({ n: 0, right: 0, confidence: 0 }));
  for (const { confidence, label, truth } of judged) {
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))]!;
    bin.n += 1;
    bin.confidence += confidence;
    if (label === truth) bin.right += 1;
  }
  const filled = sums.filter(({ n }) => n > 0);
  const told = filled.map(
    ({ n, right, confidence }) =>
      `${n} clips at ${percent(confidence / n)} confidence, ${percent(right / n)} right`,
  );
  return lineChart({
    description: `Reliability: ${told.join("; ")}.`,
    x: { name: "confidence", min: 0, max: 1 },
    y: { name: "part told right", min: 0, max: 1 },
    lines: [
      {
        name: "as claimed",
        colour: "currentColor",
        dashed: true,
        points: [
          [0, 0],
          [1, 1],
        ],
      },
      {
        name: "this model",
        colour: "var(--one)",
        dots: true,
        points: filled.map(({ n, right, confidence }) => [confidence / n, right / n]),
      },
    ],
  });
}
