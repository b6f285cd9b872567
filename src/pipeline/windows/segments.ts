import type { Track } from "./track.js";
import { openQueue } from "./waiting-queue.js";

/** How a track becomes segments. */
export interface SegmentRules {
  /** A class is found where its probability reaches this, in [0, 1] … */
  readonly threshold: number;
  /** … and shorter segments go to their neighbours; seconds. */
  readonly minLength: number;
}

/** A part of a track that bears one label. */
export interface LabelledSpan {
  /** Seconds. */
  readonly start: number;
  /** Seconds. */
  readonly end: number;
  /** Index of the class; -1 where nothing is certain enough. */
  readonly label: number;
  /** Mean probability of the class over the segment; where there is none, of its likeliest class. */
  readonly confidence: number;
}

/** Stands for no class. */
export const noClass = -1;

/**
 * Part of the threshold down to which a class that was found goes on, as in Canny's edges (1986), who advises a ratio of
 * two or three to one: a class does not come and go where its probability wavers around the threshold.
 */
export const lowerPart = 0.5;

/**
 * The segments of a track: they cover it from its start to its end, and neighbours differ in their label.
 *
 * 1. Hysteresis: a class is found in every run of cells in which its probability stays above half the threshold and
 *    reaches the threshold somewhere. Each cell bears the likeliest class found there, or none.
 * 2. As long as a segment is shorter than the minimum, the shortest one goes to that neighbour whose class is likelier
 *    in it; of equally short ones, the least certain. So a longer minimum goes on from where a shorter one ends, and
 *    never gives more segments.
 */
export function segmentsOf(
  track: Track,
  classes: number,
  { threshold, minLength }: SegmentRules,
): LabelledSpan[] {
  const labels = labelCells(track.probabilities, classes, threshold);
  const runs = mergeShort(runsOf(labels), track, classes, { threshold, minLength });
  return runs.map(({ first, behind, label }) => ({
    start: track.edges[first]!,
    end: track.edges[behind]!,
    label,
    confidence: confidenceOf(track, classes, first, behind, label),
  }));
}

/**
 * The class of each cell, by hysteresis.
 *
 * @param probabilities float32 [cells, classes]
 * @returns [cells] indices of classes, or {@link noClass}
 */
export function labelCells(
  probabilities: Float32Array,
  classes: number,
  threshold: number,
): Int32Array {
  const cells = probabilities.length / classes;
  const low = lowerPart * threshold;
  const labels = new Int32Array(cells).fill(noClass);
  const best = new Float32Array(cells).fill(Number.NEGATIVE_INFINITY);
  for (let c = 0; c < classes; c++) {
    const at = (cell: number): number => probabilities[cell * classes + c]!;
    for (let cell = 0; cell < cells; cell++) {
      if (at(cell) < low) continue;
      const first = cell;
      let isFound = false;
      for (; cell < cells && at(cell) >= low; cell++) isFound ||= at(cell) >= threshold;
      for (let inside = first; isFound && inside < cell; inside++) {
        if (at(inside) <= best[inside]!) continue;
        best[inside] = at(inside);
        labels[inside] = c;
      }
    }
  }
  return labels;
}

/** Cells side by side of one label. */
interface Run {
  first: number;
  behind: number;
  label: number;
  before: Run | undefined;
  after: Run | undefined;
  /** Whether it went to a neighbour. */
  isGone: boolean;
}

/** Runs of equal labels, in order. */
function runsOf(labels: Int32Array): Run[] {
  const runs: Run[] = [];
  for (const [cell, label] of labels.entries()) {
    const before = runs.at(-1);
    if (before?.label === label) {
      before.behind = cell + 1;
      continue;
    }
    const run = { first: cell, behind: cell + 1, label, before, after: undefined, isGone: false };
    if (before) before.after = run;
    runs.push(run);
  }
  return runs;
}

/** A run as long as it was when it began to wait. */
interface Waiting {
  readonly run: Run;
  readonly first: number;
  readonly behind: number;
  readonly length: number;
  /** Mean probability of its class in it. */
  readonly certainty: number;
}

/** Which of two goes first. */
function goesFirst(a: Waiting, b: Waiting): boolean {
  if (a.length !== b.length) return a.length < b.length;
  return a.certainty === b.certainty ? a.first < b.first : a.certainty < b.certainty;
}

/** Hands short runs to their neighbours. */
function mergeShort(
  runs: readonly Run[],
  track: Track,
  classes: number,
  { threshold, minLength }: SegmentRules,
): Run[] {
  const { edges } = track;
  const queue = openQueue(goesFirst);
  const score = (label: number, { first, behind }: Run): number =>
    // What bears no class keeps what is less likely than a class that goes on.
    label === noClass
      ? lowerPart * threshold
      : meanOf(track, classes, first, behind, (row) => track.probabilities[row + label]!);
  const wait = (run: Run): void => {
    const { first, behind, label } = run;
    // Sums of strides that are meant to be the minimum must count as it.
    const length = Math.round((edges[behind]! - edges[first]!) * 1e6) / 1e6;
    if (length >= minLength) return;
    queue.push({ run, first, behind, length, certainty: score(label, run) });
  };
  const absorb = (run: Run, other: Run): void => {
    run.first = Math.min(run.first, other.first);
    run.behind = Math.max(run.behind, other.behind);
    if (other === run.before) run.before = other.before;
    else run.after = other.after;
    if (run.before) run.before.after = run;
    if (run.after) run.after.before = run;
    other.isGone = true;
  };
  for (const run of runs) wait(run);
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { run } = next;
    const { before, after } = run;
    if (run.isGone || run.first !== next.first || run.behind !== next.behind) continue;
    if (!before && !after) break;
    const goesBack =
      before !== undefined &&
      (after === undefined || score(before.label, run) >= score(after.label, run));
    run.label = (goesBack ? before : after)!.label;
    if (before?.label === run.label) absorb(run, before);
    if (after?.label === run.label) absorb(run, after);
    wait(run);
  }
  return runs.filter(({ isGone }) => !isGone);
}

/** Mean over time of something in a part of a track; `value` takes the place of a cell's row. */
function meanOf(
  { edges }: Track,
  classes: number,
  first: number,
  behind: number,
  value: (row: number) => number,
): number {
  let sum = 0;
  let total = 0;
  for (let cell = first; cell < behind; cell++) {
    // A video without duration is one cell of no length.
    const length = edges[cell + 1]! - edges[cell]! || 1;
    sum += length * value(cell * classes);
    total += length;
  }
  return sum / total;
}

function confidenceOf(
  track: Track,
  classes: number,
  first: number,
  behind: number,
  label: number,
): number {
  const mean = (c: number): number =>
    meanOf(track, classes, first, behind, (row) => track.probabilities[row + c]!);
  if (label !== noClass) return mean(label);
  return Math.max(...Array.from({ length: classes }, (_, c) => mean(c)));
}
