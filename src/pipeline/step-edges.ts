import { equalSteps } from "../features/motion/motion-steps.js";
import type { SamplingPlan } from "../frames/decoder.js";

/** The part of a video that the steps of a plan stand for; seconds. Without `end` it goes on to the video's. */
export interface SampledPart {
  readonly start: number;
  readonly end?: number;
}

/**
 * The part that the steps of a plan stand for. Of an `fps` plan that begins less than half a step after the video, the
 * first step stands for the beginning as well.
 */
export function sampledPart({ start = 0, end, fps }: SamplingPlan): SampledPart {
  const from = fps !== undefined && start * fps <= halfStep ? 0 : start;
  return { start: from, ...(end === undefined ? {} : { end }) };
}

/** With a margin for rounding. */
const halfStep = 0.5 + 1e-6;

/**
 * Where what a step of a plan stands for ends, and the next begins: float64 [steps + 1] seconds, ascending. Of `count`
 * steps each is as long as the others; of `fps` ones each moment is in the middle of its step; of other plans the
 * borders are half-way between the frames.
 *
 * @param timestamps of the frames that were taken, one a step
 * @param duration seconds of the whole video
 */
export function stepEdges(
  plan: SamplingPlan,
  timestamps: Float64Array,
  duration: number,
): Float64Array {
  const { start, end = duration } = sampledPart(plan);
  const steps = timestamps.length;
  const finish = Math.max(start, Math.min(end, duration));
  if (plan.count !== undefined) return equalSteps(start, finish, steps);
  const middle = (i: number): number => {
    if (plan.fps !== undefined) return (plan.start ?? 0) + (i - 0.5) / plan.fps;
    return (timestamps[i - 1]! + timestamps[i]!) / 2;
  };
  return Float64Array.from({ length: steps + 1 }, (_, i) => {
    if (i === 0) return start;
    if (i === steps) return plan.fps === undefined ? finish : within(middle(i), start, finish);
    return within(middle(i), start, finish);
  });
}

function within(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
