import { MuybridgeError } from "../core/errors.js";
import type { FramePlan, SamplingPlan } from "./decoder.js";
import { type FrameSelector, grace, maxRepeats } from "./frame-selector.js";
import { selectShiftedCount, selectShiftedRate } from "./shifted-plan.js";

/** Most frames a plan may ask for. */
export const maxPlannedFrames = 100_000;

/** Largest limit of an `every` plan: days of film, for whoever takes all frames and keeps none. */
export const maxFrameLimit = 10_000_000;

/** Seconds that a plan may be shifted by. */
const maxShift = 60;

/**
 * Checks a plan that comes from a caller.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function checkSamplingPlan(plan: FramePlan): void {
  const { count, fps, keyframes, every, limit, start, end, shift } = plan;
  const complain = (parameter: string, message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter });
  };
  if (limit !== undefined && every === undefined) {
    complain("limit", "limit goes with every; the other plans say how many frames they take.");
  }
  if ([count, fps, keyframes, every].filter((way) => way !== undefined).length !== 1) {
    complain("count", "A sampling plan takes one of count, fps, keyframes and every.");
  }
  for (const [parameter, value] of Object.entries({ count, every, limit })) {
    if (value === undefined) continue;
    const most = parameter === "limit" ? maxFrameLimit : maxPlannedFrames;
    if (Number.isInteger(value) && value >= 1 && value <= most) continue;
    complain(parameter, `${parameter} must be a whole number from 1 to ${most}; it is ${value}.`);
  }
  if (fps !== undefined && !(fps > 0 && fps <= 1000)) {
    complain("fps", `fps must be a number above 0 and up to 1000; it is ${fps}.`);
  }
  if (keyframes !== undefined && keyframes !== true) {
    complain("keyframes", `keyframes must be true where it is given; it is ${String(keyframes)}.`);
  }
  if (start !== undefined && !(start >= 0 && Number.isFinite(start))) {
    complain("start", `start must be a number of seconds, at least 0; it is ${start}.`);
  }
  if (end !== undefined && !(end > (start ?? 0))) {
    complain("end", `end must be above start (${start ?? 0} s); it is ${end}.`);
  }
  if (shift === undefined) return;
  if (!(Math.abs(shift) <= maxShift)) {
    complain("shift", `shift must be from -${maxShift} to ${maxShift} s; it is ${shift}.`);
  }
  if (count === undefined && fps === undefined) {
    complain("shift", "shift goes with count or fps; other plans have no even steps.");
  }
}

/** Whether a plan chooses among the times that the packets tell. */
export function choosesByTimes({ count, every }: SamplingPlan): boolean {
  return count !== undefined || every !== undefined;
}

/**
 * The selector of a plan.
 *
 * @param times of all the clip's frames, as far as its packets tell, in seconds from the first; any order. Only
 * plans that {@link choosesByTimes}, or are shifted, need them.
 * @param finish when the last of them ends; only shifted plans need it
 */
export function createSelector(
  plan: FramePlan,
  times: readonly number[],
  finish: number = Number.POSITIVE_INFINITY,
): FrameSelector {
  const { start = 0, end = Number.POSITIVE_INFINITY, shift = 0 } = plan;
  if (shift !== 0 && plan.count !== undefined) {
    const frames = framesInSpan(times, start, end);
    return selectShiftedCount(chosenTimes(plan.count, frames, start), frames, shift);
  }
  if (shift !== 0 && plan.fps !== undefined) {
    // A part that begins less than half a step after the video begins with it: the step stands for that as well.
    const from = start * plan.fps <= 0.5 + grace ? 0 : start;
    const steps = {
      fps: plan.fps,
      start,
      total: stepsBefore(
        Math.min(end, times.length > 0 ? finish : Number.POSITIVE_INFINITY),
        plan.fps,
        start,
      ),
    };
    return selectShiftedRate(steps, framesInSpan(times, from, end), shift);
  }
  if (plan.count !== undefined) return selectCount(plan.count, times, start, end);
  if (plan.fps !== undefined) return selectRate(plan.fps, start, end);
  if (plan.every !== undefined) {
    const { every, limit = maxPlannedFrames } = plan;
    return selectEvery({ every, limit }, times, start, end);
  }
  return selectKeyframes(start, end);
}

/**
 * Selector of `count` frames: the middles of `count` equal parts of the frames on screen in the span. What
 * decodes may be fewer than the packets told, or slightly shifted: the frame on screen at each chosen time is
 * taken, and the last one for what is left.
 */
function selectCount(
  count: number,
  times: readonly number[],
  start: number,
  end: number,
): FrameSelector {
  const chosen = chosenTimes(count, framesInSpan(times, start, end), start);
  let taken = 0;
  return {
    take({ until, last }) {
      const before = taken;
      while (taken < count && (last || chosen[taken]! < until - grace)) taken += 1;
      return taken - before;
    },
    done: () => taken === count,
  };
}

/** The times of the middles of `count` equal parts of the frames; `start` where there are none. */
function chosenTimes(count: number, frames: Float64Array, start: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => frames[Math.floor(((i + 0.5) * frames.length) / count)] ?? start,
  );
}

/** The times of the frames on screen in a span, ascending; of the nearest one where there is none. */
function framesInSpan(times: readonly number[], start: number, end: number): Float64Array {
  const sorted = Float64Array.from(times).sort();
  // The frame on screen at the start began before it.
  let first = 0;
  while (first + 1 < sorted.length && sorted[first + 1]! <= start + grace) first += 1;
  let after = sorted.length;
  while (after > first + 1 && sorted[after - 1]! >= end - grace) after -= 1;
  return sorted.subarray(first, after);
}

/** How many of the moments `start`, `start + 1 / fps`, … come before `end`; one at least. */
function stepsBefore(end: number, fps: number, start: number): number {
  return Math.max(1, Math.ceil((end - start) * fps - grace));
}

/** Selector of `fps` frames a second: the frame on screen at `start`, `start + 1 / fps`, … */
function selectRate(fps: number, start: number, end: number): FrameSelector {
  const total = stepsBefore(end, fps, start);
  let due = 0;
  return {
    take({ until, last }) {
      const before = due;
      due = Math.min(Math.max(due, Math.ceil((until - start) * fps - grace)), total);
      // A span that begins where the video ends still has the last frame.
      if (last && due === 0) due = 1;
      return Math.min(due - before, maxRepeats);
    },
    done: () => due === total,
  };
}

/**
 * Selector of every n-th frame of a span, up to a limit; where it has none, of the video's last frame. By their
 * times where these are known, so that a decoder may leave out what is not taken; else by counting.
 */
function selectEvery(
  { every, limit }: { readonly every: number; readonly limit: number },
  times: readonly number[],
  start: number,
  end: number,
): FrameSelector {
  if (times.length === 0) return countEvery(every, limit, start, end);
  const chosen = framesInSpan(times, start, end)
    .filter((_, i) => i % every === 0)
    .subarray(0, limit);
  let due = 0;
  let taken = false;
  return {
    take({ until, last }) {
      const before = due;
      while (due < chosen.length && chosen[due]! < until - grace) due += 1;
      const isChosen = due > before || (last && !taken);
      taken ||= isChosen;
      return isChosen ? 1 : 0;
    },
    done: () => due === chosen.length,
  };
}

function countEvery(every: number, limit: number, start: number, end: number): FrameSelector {
  let seen = 0;
  let taken = 0;
  let done = false;
  return {
    take({ time, until, last }) {
      if (done) return 0;
      // The frame on screen at the start began before it.
      const inside = until > start + grace && time < end - grace;
      const chosen = (inside && seen % every === 0) || (last && taken === 0);
      if (inside) seen += 1;
      if (chosen) taken += 1;
      done = last || taken === limit || until >= end - grace;
      return chosen ? 1 : 0;
    },
    done: () => done,
  };
}

/** Selector of the keyframes of a span; where it has none, of the frame on screen at its end. */
function selectKeyframes(start: number, end: number): FrameSelector {
  let taken = 0;
  let done = false;
  return {
    take({ time, until, key, last }) {
      if (done) return 0;
      done = last || until >= end - grace;
      const inside = time >= start - grace && time < end - grace;
      const chosen = (key && inside) || (done && taken === 0);
      if (chosen) taken += 1;
      return chosen ? 1 : 0;
    },
    done: () => done,
  };
}
