import { type FrameSelector, grace, maxRepeats } from "./frame-selector.js";

/**
 * When the frame of a step is seen, in seconds: `shift` later than the step, which is first moved inside by as much
 * from both ends; where the part is too short for that, to its middle.
 *
 * @param frames the times of the part's frames, ascending; nothing is moved where there are none
 */
function shiftedMoment(time: number, frames: Float64Array, shift: number): number {
  const first = frames[0] ?? 0;
  const last = frames.at(-1) ?? Number.POSITIVE_INFINITY;
  const margin = Math.min(Math.abs(shift), (last - first) / 2);
  const inside = Math.max(first + margin, Math.min(time, last - margin));
  return inside + Math.sign(shift) * margin;
}

/**
 * Selector of as many frames as were chosen, each seen so much later, or earlier.
 *
 * @param chosen seconds, ascending
 * @param frames the times of the part's frames, ascending
 */
export function selectShiftedCount(
  chosen: readonly number[],
  frames: Float64Array,
  shift: number,
): FrameSelector {
  const moments = chosen.map((time) => shiftedMoment(time, frames, shift));
  let taken = 0;
  return {
    take({ until, last }) {
      const before = taken;
      while (taken < moments.length && (last || moments[taken]! < until - grace)) taken += 1;
      return taken - before;
    },
    done: () => taken === moments.length,
  };
}

/** Even steps in time: `start`, `start + 1 / fps`, … */
export interface EvenSteps {
  readonly fps: number;
  readonly start: number;
  /** How many there are, as far as packets tell; Infinity where they tell nothing. */
  readonly total: number;
}

/**
 * Selector of even steps, each seen so much later, or earlier.
 *
 * @param frames the times of the part's frames, ascending
 */
export function selectShiftedRate(
  { fps, start, total }: EvenSteps,
  frames: Float64Array,
  shift: number,
): FrameSelector {
  let due = 0;
  return {
    take({ until, last }) {
      const known = last
        ? Math.min(total, Math.max(1, Math.ceil((until - start) * fps - grace)))
        : total;
      const before = due;
      while (
        due < known &&
        due - before < maxRepeats &&
        (last || shiftedMoment(start + due / fps, frames, shift) < until - grace)
      ) {
        due += 1;
      }
      const times = due - before;
      // What is left of a gap that is too long is passed over, as it is without a shift.
      if (times === maxRepeats) {
        due = Math.max(due, Math.min(known, Math.ceil((until - shift - start) * fps - grace)));
      }
      return times;
    },
    done: () => due >= total,
  };
}
