import type { ClipFeatures } from "../feature-stage.js";
import { meanOfRows } from "../mean-of-rows.js";
import type { Model } from "../model.js";
import {
  averageFrames,
  averageWindows,
  meanOverTime,
  strideEdges,
  type Track,
  trackOfFrames,
} from "./track.js";
import { type FrameWindow, framesOf, planWindows, type WindowSettings } from "./window-plan.js";

/** A video's features, and when each frame is meant to be taken. */
export interface SampledVideo {
  readonly clip: ClipFeatures;
  /** [n] seconds, ascending */
  readonly times: Float64Array;
  /** Frames that a window holds at most. */
  readonly limit?: number;
}

/** What a model says of a video over time, and on the whole. */
export interface VideoTrack {
  readonly track: Track;
  /** float32 [classes] */
  readonly probabilities: Float32Array;
}

/** Windows that are computed at once: they hold copies of the frames they share. */
const windowsAtOnce = 64;

/**
 * Slides windows over a video's features, or takes it as one window. Of a model that labels each frame, the track has a
 * cell a frame; else one a stride.
 *
 * @throws MuybridgeError ERR_TOO_LARGE for more windows than can be; the signal's reason on abort.
 */
export async function trackVideo(
  model: Model,
  { clip, times, limit }: SampledVideo,
  settings: WindowSettings | undefined,
  signal?: AbortSignal,
): Promise<VideoTrack> {
  const { duration, n, features, dimension } = clip;
  const classes = model.classes.length;
  const { window, stride } = settings ?? { window: duration, stride: Math.max(duration, 1) };
  const spans = planWindows(duration, { window, stride });
  const windows = spans.map((span): FrameWindow => {
    if (spans.length > 1) return framesOf(span, times, limit);
    return { ...span, first: 0, behind: Math.min(n, limit ?? n) };
  });
  const each = async (take: (window: FrameWindow, result: Float32Array) => void): Promise<void> => {
    for (let from = 0; from < windows.length; from += windowsAtOnce) {
      signal?.throwIfAborted();
      const part = windows.slice(from, from + windowsAtOnce);
      const results = await model.predictEach(
        part.map(({ first, behind }) => features.subarray(first * dimension, behind * dimension)),
      );
      for (const [place, result] of results.entries()) take(part[place]!, result);
    }
  };
  if (!model.isPerFrame) {
    const average = averageWindows(strideEdges(duration, stride), classes);
    await each(average.add);
    const track = average.track();
    return { track, probabilities: meanOverTime(track) };
  }
  const average = averageFrames(n, classes);
  await each(average.add);
  const frames = average.frames();
  const track = trackOfFrames(times, frames, duration, classes);
  // Of one window, what `evaluate` judges by.
  const probabilities = windows.length === 1 ? meanOfRows(frames, classes) : meanOverTime(track);
  return { track, probabilities };
}
