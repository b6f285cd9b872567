import type { Span } from "../../frames/decoder.js";
import type { Model } from "../model.js";
import type { Run } from "../run.js";
import { lineChart } from "./line-chart.js";
import { percent } from "./page.js";

/** What a model says of a clip while it sees more and more of it. */
export interface ClipTrace {
  /** Seconds of the last frame seen. */
  readonly times: readonly number[];
  /** For each time float32 [classes] */
  readonly probabilities: readonly Float32Array[];
}

/** Points of a trace. */
const maxPoints = 32;

/** Classes drawn. */
const shownClasses = 3;

const colours = ["var(--one)", "var(--two)", "var(--three)", "var(--four)"] as const;

/** Asks the model about the first frame, the first two, and so on; from the cache, the features are not computed again. */
export async function traceClip(
  model: Model,
  run: Run,
  { path, span }: { readonly path: string; readonly span?: Span },
  signal?: AbortSignal,
): Promise<ClipTrace> {
  const clip = await run.features.clip(path, await run.cache.contentDigest(path), signal, span);
  const points = Math.min(clip.n, maxPoints);
  const times: number[] = [];
  const probabilities: Float32Array[] = [];
  for (let point = 1; point <= points; point++) {
    const n = Math.round((point * clip.n) / points);
    const seen = clip.features.subarray(0, n * clip.dimension);
    probabilities.push((await model.predict(seen, n)).probabilities);
    times.push(clip.timestamps[n - 1]!);
  }
  return { times, probabilities };
}

/** Draws the classes that are most likely at the end, and the true one. */
export function traceChart(
  { times, probabilities }: ClipTrace,
  classes: readonly string[],
  truth: string,
): string {
  const end = probabilities.at(-1)!;
  const ranked = [...classes.keys()].sort((a, b) => end[b]! - end[a]!).slice(0, shownClasses);
  const shown = [...new Set([...ranked, classes.indexOf(truth)])].filter((index) => index >= 0);
  const said = shown.map((index) => `${classes[index]} ${percent(end[index]!)}`).join(", ");
  return lineChart({
    description: `Probabilities while the clip goes on; at its end ${said}.`,
    x: { name: "seconds seen", min: 0 },
    y: { name: "probability", min: 0, max: 1 },
    lines: shown.map((index, place) => ({
      name: classes[index]!,
      colour: colours[place % colours.length]!,
      dots: times.length < 2,
      points: times.map((time, i) => [time, probabilities[i]![index]!] as const),
    })),
    width: 560,
    height: 220,
  });
}
