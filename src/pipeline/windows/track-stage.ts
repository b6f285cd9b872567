import { MuybridgeError } from "../../core/errors.js";
import { decodeSafetensors, encodeSafetensors } from "../../core/safetensors.js";
import { maxPlannedFrames } from "../../frames/sampling-plan.js";
import type { FeatureSettings, FeatureStage } from "../feature-stage.js";
import type { Model } from "../model.js";
import type { StageCache } from "../stage-cache.js";
import { type SampledVideo, trackVideo, type VideoTrack } from "./track-video.js";
import {
  maxWindowFrames,
  planForWindows,
  plannedTimes,
  type WindowSettings,
} from "./window-plan.js";

/** What a model says of one video over time. */
export interface TrackedVideo extends VideoTrack {
  /** Seconds. */
  readonly duration: number;
  /** Frames that were looked at. */
  readonly frames: number;
  readonly truncated: boolean;
  /** True for a stage of which nothing was computed in this run. */
  readonly cached: {
    readonly frames: boolean;
    readonly features: boolean;
    readonly predictions: boolean;
  };
}

/** Metadata of a cache entry. */
type TrackFacts = Pick<TrackedVideo, "duration" | "frames" | "truncated">;

/** Videos in, tracks out, through the cache. */
export interface TrackStage {
  /** @throws MuybridgeError of the decoder (see the error codes); ERR_TOO_LARGE for more frames or windows than can be. */
  predict(path: string, signal?: AbortSignal): Promise<TrackedVideo>;
}

/** The stages that a track's features come from. */
export interface TrackFeatures {
  /** Of whole clips, as the model was trained. */
  readonly clips: FeatureStage;
  /** Of videos that windows slide over, with {@link settingsForWindows}. */
  readonly windows: FeatureStage;
}

/** How videos become features that windows slide over; the same where there are none. */
export function settingsForWindows(
  settings: FeatureSettings,
  windows: WindowSettings | undefined,
): FeatureSettings {
  if (!windows || settings.kind === "sequence") return settings;
  return { ...settings, plan: planForWindows(settings.plan, windows.window) };
}

/**
 * Opens the stage for one model. A video that is not longer than a window is sampled as the model samples clips, and
 * gets the label that it gets without windows.
 *
 * @param windows absent for one window over the whole video, of a model that labels each frame
 */
export function openTrackStage(
  model: Model,
  features: TrackFeatures,
  cache: StageCache,
  windows: WindowSettings | undefined,
): TrackStage {
  const stage = windows ? features.windows : features.clips;
  return {
    async predict(path, signal) {
      const content = await cache.contentDigest(path);
      const key = { track: stage.key(content), model: model.digest, windows: windows ?? null };
      const entry = await cache.get("predictions", key);
      if (entry) {
        const tensors = decodeSafetensors(entry.data);
        return {
          track: {
            edges: tensors.get("edges")!.data as Float64Array,
            probabilities: tensors.get("track")!.data as Float32Array,
          },
          probabilities: tensors.get("probabilities")!.data as Float32Array,
          ...(entry.metadata as TrackFacts),
          cached: { frames: true, features: true, predictions: true },
        };
      }
      const sampled = await sample(path, content, model, features, windows, signal);
      const tracked = await trackVideo(model, sampled, windows, signal);
      const { duration, truncated, n, cached, framesCached } = sampled.clip;
      const facts: TrackFacts = { duration, frames: n, truncated };
      await cache.put("predictions", key, encodeTrack(tracked), facts);
      return {
        ...tracked,
        ...facts,
        cached: { frames: framesCached, features: cached, predictions: false },
      };
    },
  };
}

/** The frames of a video, at the rate of the windows, or as a clip where it is not longer than one. */
async function sample(
  path: string,
  content: string,
  { settings }: Model,
  features: TrackFeatures,
  windows: WindowSettings | undefined,
  signal?: AbortSignal,
): Promise<SampledVideo> {
  const long = await (windows ? features.windows : features.clips).clip(path, content, signal);
  if (settings.kind === "sequence") return { clip: long, times: long.timestamps };
  const { plan } = settings;
  if (!windows) return { clip: long, times: plannedTimes(plan, long.timestamps) };
  if (plan.count !== undefined && long.duration <= windows.window) {
    const clip = await features.clips.clip(path, content, signal);
    return {
      clip: {
        ...clip,
        cached: clip.cached && long.cached,
        framesCached: clip.framesCached && long.framesCached,
      },
      times: clip.timestamps,
    };
  }
  const most = plan.every === undefined ? maxWindowFrames : maxPlannedFrames;
  if (plan.fps === undefined && long.n >= most) {
    throw new MuybridgeError(
      "ERR_TOO_LARGE",
      `${path} has more frames to look at than ${most}, the most that windows slide over; take a longer window, or cut the video.`,
      { path, parameter: "window" },
    );
  }
  return {
    clip: long,
    times: plannedTimes(planForWindows(plan, windows.window), long.timestamps),
    ...(plan.limit === undefined ? {} : { limit: plan.limit }),
  };
}

function encodeTrack({ track, probabilities }: VideoTrack): Uint8Array {
  const cells = track.edges.length - 1;
  const classes = probabilities.length;
  return encodeSafetensors({
    edges: { shape: [cells + 1], data: track.edges },
    track: { shape: [cells, classes], data: track.probabilities },
    probabilities: { shape: [classes], data: probabilities },
  });
}
