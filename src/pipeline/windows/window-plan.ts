/**
 * Windows: where in a long video something happens. Windows slide over the features of one decoding pass, each is
 * labelled like a clip of its own, and what they say becomes a track of probabilities and then segments.
 *
 * This file: which frames of a video are sampled for windows, and which windows there are.
 */
import { MuybridgeError } from "../../core/errors.js";
import type { SamplingPlan } from "../../frames/decoder.js";
import { maxPlannedFrames } from "../../frames/sampling-plan.js";

/** How windows lie over a video. */
export interface WindowSettings {
  /** Seconds of a window. */
  readonly window: number;
  /** Seconds from the start of one window to that of the next; at most a window. */
  readonly stride: number;
}

/** A part of a video; seconds. */
export interface TimeSpan {
  readonly start: number;
  readonly end: number;
}

/** A window over a sequence of frames. */
export interface FrameWindow extends TimeSpan {
  /** Index of its first frame. */
  readonly first: number;
  /** Index behind its last frame; above `first`. */
  readonly behind: number;
}

/** Frames sampled for windows at most; as features of 1280 values they are 1.3 GB. */
export const maxWindowFrames = 250_000;

/** Windows of a video at most: a time stamp of 10^9 s in a damaged file must not become as many windows. */
export const maxWindows = 1_000_000;

/** Seconds by which sums of strides may differ that are meant to be the same. */
const grace = 1e-6;

/**
 * The plan that samples a whole video the way a model's plan samples a clip as long as a window: for `count` frames a
 * clip, at as many frames a window, each in the middle of its part; at the same rate otherwise. A span of the model's
 * plan is of no meaning to windows, and left out.
 */
export function planForWindows({ count, fps, every }: SamplingPlan, window: number): SamplingPlan {
  if (count !== undefined) {
    const rate = count / window;
    return { fps: rate, start: 0.5 / rate, end: (maxWindowFrames + 0.5) / rate };
  }
  if (fps !== undefined) return { fps };
  return every === undefined ? { keyframes: true } : { every };
}

/** When each frame of a plan is meant to be taken, in seconds: of a rate exactly, of other plans as the frames say. */
export function plannedTimes(
  { fps, start = 0 }: SamplingPlan,
  timestamps: Float64Array,
): Float64Array {
  return fps === undefined ? timestamps : timestamps.map((_, index) => start + index / fps);
}

/**
 * The windows over a video: one each stride from its start, as far as they fit, and one that ends where the video
 * does, so that every moment is in a window. A video that is not longer than a window is one window.
 *
 * @param duration seconds
 * @throws MuybridgeError ERR_TOO_LARGE where there would be more than {@link maxWindows}.
 */
export function planWindows(duration: number, { window, stride }: WindowSettings): TimeSpan[] {
  if (duration <= window + grace) return [{ start: 0, end: duration }];
  const full = Math.floor((duration - window + grace) / stride) + 1;
  if (full > maxWindows) {
    throw new MuybridgeError(
      "ERR_TOO_LARGE",
      `The video lasts ${duration} s, which is more than ${maxWindows} windows every ${stride} s; take a longer stride.`,
      { parameter: "stride" },
    );
  }
  const spans = Array.from({ length: full }, (_, index) => {
    const start = index * stride;
    return { start, end: Math.min(start + window, duration) };
  });
  const { end } = spans.at(-1)!;
  if (end < duration - grace) spans.push({ start: duration - window, end: duration });
  return spans;
}

/**
 * The frames of a window: those taken in it, the first `limit` of them where there is a limit; where there is none, the
 * one on screen when it begins.
 *
 * @param times ascending, at least one; see {@link plannedTimes}
 */
export function framesOf(
  { start, end }: TimeSpan,
  times: Float64Array,
  limit = maxPlannedFrames,
): FrameWindow {
  const first = firstAtOrAfter(times, start - grace);
  const behind = Math.min(firstAtOrAfter(times, end - grace), first + limit);
  if (behind > first) return { start, end, first, behind };
  const onScreen = Math.max(0, first - 1);
  return { start, end, first: onScreen, behind: onScreen + 1 };
}

/** Index of the first time that is not before a moment; as many as there are where all are. */
function firstAtOrAfter(times: Float64Array, moment: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
