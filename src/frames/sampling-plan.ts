import { MuybridgeError } from "../core/errors.js";
import type { SamplingPlan } from "./decoder.js";

/** Most frames a plan may ask for. */
export const maxPlannedFrames = 100_000;

/** Times one frame may be repeated by an `fps` plan, so that a gap of 10^9 s in the time stamps has an end. */
const maxRepeats = 10_000;

/**
 * Checks a plan that comes from a caller.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function checkSamplingPlan(plan: SamplingPlan): void {
  const { count, fps } = plan;
  const complain = (parameter: string, message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter });
  };
  if ((count === undefined) === (fps === undefined)) {
    complain("count", "A sampling plan takes either count or fps.");
  }
  if (
    count !== undefined &&
    !(Number.isInteger(count) && count >= 1 && count <= maxPlannedFrames)
  ) {
    complain(
      "count",
      `count must be a whole number from 1 to ${maxPlannedFrames}; it is ${count}.`,
    );
  }
  if (fps !== undefined && !(fps > 0 && fps <= 1000)) {
    complain("fps", `fps must be a number above 0 and up to 1000; it is ${fps}.`);
  }
}

/** Says, frame by frame, how often the frame on screen is taken. */
export interface FrameSelector {
  /**
   * @param time of the frame on screen, in seconds
   * @param until the next frame's time; where this is the last frame, the time it ends
   * @param last whether this is the last frame
   * @returns how many times it is taken: 0 for most
   */
  take(time: number, until: number, last: boolean): number;
}

/**
 * Selector of `count` frames: the middles of `count` equal parts of the clip's frames.
 *
 * @param times of all the clip's frames, as far as its packets tell; any order. What decodes may be fewer or
 * slightly shifted: the frame on screen at each chosen time is taken, and the last one for what is left.
 */
export function selectCount(count: number, times: readonly number[]): FrameSelector {
  const sorted = Float64Array.from(times).sort();
  const chosen = Array.from({ length: count }, (_, i) => {
    const index = Math.floor(((i + 0.5) * sorted.length) / count);
    return sorted[index] ?? 0;
  });
  let done = 0;
  return {
    take(_time, until, last) {
      const before = done;
      while (done < count && (last || chosen[done]! < until)) done += 1;
      return done - before;
    },
  };
}

/** Selector of `fps` frames a second from the first frame on: the frame on screen at each of these times. */
export function selectRate(fps: number): FrameSelector {
  let start: number | undefined;
  let done = 0;
  return {
    take(time, until) {
      start ??= time;
      // Half a millionth of a second of grace: time stamps are rounded to the container's clock.
      const due = Math.ceil((until - start) * fps - 5e-7);
      const taken = Math.min(Math.max(due - done, 0), maxRepeats);
      done = Math.max(due, done);
      return taken;
    },
  };
}
