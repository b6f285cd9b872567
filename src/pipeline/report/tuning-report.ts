import { type ECharts, init } from "echarts";
import type { SearchSummary, TuningSummary } from "../tuning-summary.js";
import type { TuningTrial } from "../tuning-trial.js";
import { escapeHtml, page, table } from "./page.js";

/** Pixels of the plot. */
const size = { width: 760, height: 420 } as const;

/** Names and colours of the searches; colours that are told apart in grey, too. */
const looks = {
  woa: { name: "whales", colour: "#0b5394" },
  random: { name: "random", colour: "#e07b00" },
  defaults: { name: "defaults", colour: "#555555" },
} as const;

/**
 * How far a tuning had come after each trial: the lowest loss so far of each search as a line, every trial that was
 * judged by all folds as a dot (a triangle at the top where it lies above), the loss of the default settings as a dashed line.
 *
 * @returns SVG
 */
export function convergencePlot({ searches }: TuningSummary): string {
  const chart: ECharts = init(null, null, { renderer: "svg", ssr: true, ...size });
  const defaults = searches.find(({ search }) => search === "defaults")?.best.loss;
  const longest = Math.max(...searches.map(({ trials }) => trials.length));
  const lines = searches.filter(({ search }) => search !== "defaults");
  const top = axisTop(searches);
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: "sans-serif" },
      legend: { top: 8 },
      grid: { left: 64, right: 24, top: 48, bottom: 52 },
      xAxis: {
        type: "value",
        name: "trials",
        nameLocation: "middle",
        nameGap: 32,
        min: 1,
        max: Math.max(longest, 2),
        minInterval: 1,
      },
      yAxis: {
        type: "value",
        max: top,
        name: "validation loss (nats)",
        nameLocation: "middle",
        nameGap: 44,
        scale: true,
      },
      series: [
        ...lines.flatMap((search) => curves(search, top)),
        ...(defaults === undefined || !Number.isFinite(defaults)
          ? []
          : [
              {
                type: "line",
                name: looks.defaults.name,
                symbol: "none",
                color: looks.defaults.colour,
                lineStyle: { type: "dashed", width: 1.5 },
                data: [
                  [1, defaults],
                  [Math.max(longest, 2), defaults],
                ],
              },
            ]),
      ],
    } as Parameters<ECharts["setOption"]>[0]);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Times the median loss that the axis reaches: beyond it, how bad a trial was is of no interest. */
const reach = 1.5;

/** Where the axis of losses ends, so that one trial of ten times the others' loss does not flatten all else. */
function axisTop(searches: readonly SearchSummary[]): number {
  const losses = searches
    .flatMap(({ trials }) => trials.map(({ loss }) => loss))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const top = Math.min(losses.at(-1)!, reach * losses[Math.floor(losses.length / 2)]!);
  return Number((1.05 * top).toPrecision(2));
}

function curves({ search, trials }: SearchSummary, top: number): object[] {
  const { name, colour } = looks[search];
  let lowest = Number.POSITIVE_INFINITY;
  const convergence = trials.flatMap(({ trial, loss }) => {
    lowest = Math.min(lowest, loss);
    return Number.isFinite(lowest) ? [[trial, Math.min(lowest, top)]] : [];
  });
  const judged = trials.filter(({ loss }) => Number.isFinite(loss));
  return [
    { type: "line", name, symbol: "none", step: "end", color: colour, data: convergence },
    {
      type: "scatter",
      name,
      symbolSize: 6,
      color: colour,
      itemStyle: { opacity: 0.55 },
      data: judged.map(({ trial, loss }) =>
        loss > top ? { value: [trial, top], symbol: "triangle" } : [trial, loss],
      ),
    },
  ];
}

/**
 * A tuning as one self-contained page (HTML, no network, no scripts): what it came to, how it went, every trial.
 *
 * @param name what the data set is called
 */
export function tuningReport(name: string, summary: TuningSummary): string {
  const { searches, folds, clips } = summary;
  return page(
    `Muybridge: tuning on ${name}`,
    `<h1>Tuning on ${escapeHtml(name)}</h1>
<p>${escapeHtml(verdict(summary))} Settings are judged by the mean over ${folds} folds of the lowest validation loss, on ${clips} training and validation clips; the test clips play no part. The best of many trials looks better on its folds than it is: what it is worth on new clips is for <code>muybridge evaluate</code> to say.</p>
<figure class="plain">${convergencePlot(summary)}</figure>
<h2>The best of each search</h2>
${trialTable(searches.map((search) => [looks[search.search].name, search.best]))}
${searches
  .filter(({ search }) => search !== "defaults")
  .map((search) => trialsOf(search))
  .join("\n")}`,
  );
}

/** Which search won, and by how much. */
export function verdict({ searches, winner, gain, loss }: TuningSummary): string {
  const told = `The lowest loss, ${loss.toFixed(4)}, was found by ${winner === "defaults" ? "the default settings" : looks[winner].name}.`;
  const trials = searches.find(({ search }) => search === "woa")?.trials.length;
  if (gain === null || trials === undefined) return told;
  if (gain === 0) return `${told} Whales and random search came to the same.`;
  const [better, worse] =
    gain > 0 ? ["The whales", "random search"] : ["Random search", "the whales"];
  return `${told} ${better} came ${Math.abs(gain).toFixed(4)} nats lower than ${worse}, with ${trials} trials each.`;
}

function trialsOf({ search, trials, pruned, repeated, failed, seconds }: SearchSummary): string {
  return `<h2>All trials: ${looks[search].name}</h2>
<p>${trials.length} trials in ${seconds.toFixed(0)} s; ${pruned} given up early, ${repeated} repeated, ${failed} failed.</p>
${trialTable(trials.map((trial) => [String(trial.trial), trial]))}`;
}

function trialTable(rows: readonly (readonly [string, TuningTrial])[]): string {
  const names = Object.keys(rows[0]?.[1].settings ?? {});
  const head = ["", "loss", "accuracy", ...names, ""];
  const cells = rows.map(([first, { settings, loss, detail, repeatOf }]) => [
    first,
    Number.isFinite(loss) ? loss.toFixed(4) : "–",
    detail && detail.accuracies.length > 0 && Number.isFinite(loss)
      ? `${((100 * detail.accuracies.reduce((a, b) => a + b, 0)) / detail.accuracies.length).toFixed(1)} %`
      : "–",
    ...Object.values(settings).map(String),
    repeatOf !== undefined
      ? `as ${repeatOf}`
      : detail?.pruned
        ? `given up after fold ${detail.folds.length}`
        : (detail?.error ?? ""),
  ]);
  return table(head, cells);
}
