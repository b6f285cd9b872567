import type { FramePlan } from "./decoder.js";
import type { PromisedFrame } from "./ffprobe-report.js";
import type { Interval } from "./filter-graph.js";
import { createSelector } from "./sampling-plan.js";

/** Seconds by which a decoded frame's time may differ from its packet's: both are rounded to some clock. */
const margin = 0.001;

/** Most intervals a selection holds: each is compared with every frame, and all go onto one command line. */
const maxIntervals = 200;

/**
 * When the frames are shown that plans will most likely take, as far as packets tell; undefined where they tell
 * nothing. Frames that nobody takes may be among them.
 *
 * @param frames in order of time
 * @param end when the last one ends
 */
export function likelyIntervals(
  plans: readonly FramePlan[],
  frames: readonly PromisedFrame[],
  end: number,
): Interval[] | undefined {
  const [first] = frames;
  if (!first) return undefined;
  const times = frames.map(({ time }) => time - first.time);
  const selectors = plans.map((plan) => createSelector(plan, times, end - first.time));
  const intervals: { from: number; to: number }[] = [];
  let isOpen = false;
  for (const [i, { time, key }] of frames.entries()) {
    const last = i === frames.length - 1;
    const until = (last ? end : frames[i + 1]!.time) - first.time;
    const shown = { time: time - first.time, until, key, last };
    // Every selector is asked, as each counts the frames it has seen.
    const isTaken = selectors.map((selector) => selector.take(shown) > 0).includes(true);
    if (isTaken && isOpen) intervals.at(-1)!.to = time + margin;
    else if (isTaken) intervals.push({ from: time - margin, to: time + margin });
    isOpen = isTaken;
  }
  return joinClosest(intervals);
}

/** Joins the intervals with the least between them, until there are few enough. */
function joinClosest(intervals: readonly Interval[]): Interval[] {
  const gaps = intervals.slice(1).map(({ from }, i) => from - intervals[i]!.to);
  const surplus = intervals.length - maxIntervals;
  const bridged = surplus > 0 ? [...gaps].sort((a, b) => a - b)[surplus - 1]! : -1;
  const joined: { from: number; to: number }[] = [];
  for (const [i, interval] of intervals.entries()) {
    if (i > 0 && gaps[i - 1]! <= bridged) joined.at(-1)!.to = interval.to;
    else joined.push({ ...interval });
  }
  return joined;
}
