import type { Dataset } from "../../datasets/dataset.js";
import type { Evaluation, JudgedVideo } from "./evaluate.js";
import { filmstrip } from "./filmstrip.js";
import type { Model } from "./model.js";

/** Frames of a filmstrip. */
const stripFrames = 8;

/** Errors shown, the most certain ones first. */
const shownErrors = 12;

/**
 * The result of an evaluation as one self-contained page (HTML, no network, no scripts): accuracy of the network
 * and of the mean-pool baseline, figures by class, confusion matrix, filmstrips of each class's most certain clip
 * and of the worst errors, and how the model was trained.
 */
export async function evaluationReport(
  model: Model,
  dataset: Dataset,
  evaluation: Evaluation,
  signal?: AbortSignal,
): Promise<string> {
  const byCertainty = [...evaluation.predictions].sort((a, b) => b.confidence - a.confidence);
  const best = model.classes.flatMap((label) =>
    byCertainty.filter((judged) => judged.truth === label && judged.label === label).slice(0, 1),
  );
  const worst = byCertainty.filter((judged) => judged.truth !== judged.label).slice(0, shownErrors);
  const shown = [...best, ...worst];
  // A sequence of vectors has no frames to show.
  const strips =
    model.settings.kind === "video" ? await drawStrips(shown, signal) : new Map<string, string>();
  const { accuracy, n, baseline, split } = evaluation;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Muybridge: ${escapeHtml(dataset.name)}</title>
<style>${style}</style>
</head>
<body>
<h1>${percent(accuracy)} of ${n} clips told right</h1>
<p>${escapeHtml(dataset.name)}, part “${split}”. The mean-pool baseline, which sees the same features without their order in time, tells ${percent(baseline.meanPool.accuracy)}.</p>
${headline(evaluation)}
<h2>Classes</h2>
${classTable(evaluation)}
<h2>Confusion</h2>
<p>Rows are what the clips are, columns what they were told to be.</p>
${confusionTable(evaluation)}
<h2>The most certain clip of each class</h2>
${clips(best, strips)}
<h2>The most certain errors</h2>
${worst.length > 0 ? clips(worst, strips) : "<p>None.</p>"}
<h2>How it was made</h2>
${facts(model, evaluation)}
</body>
</html>
`;
}

async function drawStrips(
  judged: readonly JudgedVideo[],
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> {
  const strips = new Map<string, string>();
  for (const { name, path, span } of judged) {
    signal?.throwIfAborted();
    const picture = await filmstrip(path, stripFrames, span);
    strips.set(name, `data:image/jpeg;base64,${picture.toString("base64")}`);
  }
  return strips;
}

function headline(evaluation: Evaluation): string {
  const rows = [
    ["network", evaluation],
    ["mean pool", evaluation.baseline.meanPool],
  ] as const;
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
    rows.map(([name, figures]) => [
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

function confusionTable({ confusion, classes }: Evaluation): string {
  const head = classes
    .map((label) => `<th scope="col" class="turned"><span>${escapeHtml(label)}</span></th>`)
    .join("");
  const rows = confusion.map((row, index) => {
    const total = Math.max(
      row.reduce((a, b) => a + b, 0),
      1,
    );
    const cells = row.map((count, column) => {
      const hue = column === index ? "var(--right)" : "var(--wrong)";
      const strength = Math.round((100 * count) / total);
      const shade =
        count > 0 ? ` style="background:color-mix(in srgb, ${hue} ${strength}%, transparent)"` : "";
      return `<td class="count"${shade}>${count > 0 ? count : ""}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(classes[index] ?? "")}</th>${cells.join("")}</tr>`;
  });
  return `<div class="wide"><table class="confusion"><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function clips(judged: readonly JudgedVideo[], strips: ReadonlyMap<string, string>): string {
  return judged
    .map(({ name, truth, label, confidence }) => {
      const verdict =
        truth === label
          ? `<strong>${escapeHtml(label)}</strong>`
          : `told <strong class="wrong">${escapeHtml(label)}</strong>, is <strong>${escapeHtml(truth)}</strong>`;
      const alt = `${stripFrames} frames of a clip of ${truth}`;
      const strip = strips.get(name);
      const picture = strip
        ? `<div class="wide"><img src="${strip}" alt="${escapeHtml(alt)}"></div>`
        : "";
      return `<figure>${picture}<figcaption>${verdict} · ${percent(confidence)} · <code>${escapeHtml(name)}</code></figcaption></figure>`;
    })
    .join("\n");
}

function facts(model: Model, evaluation: Evaluation): string {
  const { training, network, validation: held } = model.record;
  const shape = network
    ? `${network.bidirectional ? "Bi" : ""}LSTM, ${network.layers} layer(s) of ${network.hidden} units a direction, dropout ${network.dropout}`
    : "mean pool and softmax regression";
  const { train, validation, test } = training.data.clips;
  return table(
    ["", ""],
    [
      ["features", featureFacts(model)],
      ["network", shape],
      [
        "training",
        `${train} clips, ${validation} for validation, ${test} kept for test; seed ${training.seed}; weights of epoch ${training.bestEpoch} of ${training.history.length}`,
      ],
      [
        "temperature",
        `${training.temperature.toFixed(3)}${held ? `: on the validation clips, from which it comes, log loss ${held.uncalibrated.logLoss.toFixed(3)} before and ${held.logLoss.toFixed(3)} after, calibration error ${held.uncalibrated.ece.toFixed(3)} and ${held.ece.toFixed(3)}` : ""}`,
      ],
      ["split", training.data.split],
      ["videos that failed", String(evaluation.failed.length)],
      ["model digest", model.digest],
      ["Muybridge", model.record.muybridge],
    ],
  );
}

function featureFacts({ record: { features } }: Model): string {
  if (features.kind === "sequence") return `sequences of ${features.dimension} values a step`;
  const { cnn, plan } = features;
  const sampling =
    "count" in plan
      ? `${plan.count} frames a clip`
      : "fps" in plan
        ? `${plan.fps} frames a second`
        : "every" in plan
          ? `one of ${plan.every} frames${plan.limit === undefined ? "" : `, at most ${plan.limit}`}`
          : "its keyframes";
  return `${cnn.id}, ${cnn.dimension} values a frame, ${sampling}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const top = head.some((text) => text !== "")
    ? `<thead><tr>${head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join("")}</tr></thead>`
    : "";
  const body = rows
    .map(([first = "", ...rest]) => {
      const cells = rest.map((text) => `<td>${escapeHtml(text)}</td>`).join("");
      return `<tr><th scope="row">${escapeHtml(first)}</th>${cells}</tr>`;
    })
    .join("");
  return `<div class="wide"><table>${top}<tbody>${body}</tbody></table></div>`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

const style = `
:root { color-scheme: light dark; --right: #2a9d5c; --wrong: #d1495b; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); overflow-wrap: anywhere; }
.confusion th, .confusion td { padding: .2rem .35rem; white-space: nowrap; }
.count { text-align: center; min-width: 1.6rem; }
.turned { vertical-align: bottom; }
.turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
figure { margin: 0 0 1rem; }
img { display: block; max-width: none; }
.wrong { color: var(--wrong); }
`;
