import type { Span } from "../frames/decoder.js";
import { spanFragment } from "../frames/span.js";
import type { FeatureStage } from "./feature-stage.js";
import type { Model } from "./model.js";
import { onceUnderWay } from "./once-under-way.js";
import type { StageCache } from "./stage-cache.js";

/** What a model says of one video. */
export interface VideoPrediction {
  /** SHA-256 of the file's bytes. */
  readonly contentDigest: string;
  /** float32 [classes], summing to 1, in the model's order of classes. */
  readonly probabilities: Float32Array;
  /** The same of the mean-pool baseline that stands beside the network. */
  readonly meanPool: Float32Array;
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
interface PredictionFacts {
  readonly duration: number;
  readonly frames: number;
  readonly truncated: boolean;
}

/** Videos in, probabilities out, through the cache. */
export interface PredictionStage {
  /**
   * Videos of equal content that are asked for at the same time are computed once.
   *
   * @throws MuybridgeError of the decoder (see the error codes).
   */
  predict(path: string, signal?: AbortSignal, span?: Span): Promise<VideoPrediction>;
}

/** Opens the stage for one model. */
export function openPredictionStage(
  model: Model,
  features: FeatureStage,
  cache: StageCache,
): PredictionStage {
  const classes = model.classes.length;
  const compute = async (
    path: string,
    contentDigest: string,
    signal?: AbortSignal,
    span?: Span,
  ): Promise<VideoPrediction> => {
    const key = { features: features.key(contentDigest, span), model: model.digest };
    const entry = await cache.get("predictions", key);
    if (entry) {
      // Copied, since a Buffer need not begin at a multiple of four bytes.
      const both = new Float32Array(Uint8Array.from(entry.data).buffer);
      return {
        contentDigest,
        probabilities: both.subarray(0, classes),
        meanPool: both.subarray(classes),
        ...(entry.metadata as PredictionFacts),
        cached: { frames: true, features: true, predictions: true },
      };
    }
    const clip = await features.clip(path, contentDigest, signal, span);
    const { probabilities, meanPool } = await model.predict(clip.features, clip.n);
    const facts: PredictionFacts = {
      duration: clip.duration,
      frames: clip.n,
      truncated: clip.truncated,
    };
    const both = new Float32Array(2 * classes);
    both.set(probabilities);
    both.set(meanPool, classes);
    await cache.put("predictions", key, new Uint8Array(both.buffer), facts);
    return {
      contentDigest,
      probabilities,
      meanPool,
      ...facts,
      cached: { frames: clip.framesCached, features: clip.cached, predictions: false },
    };
  };
  const once = onceUnderWay<string, VideoPrediction>();
  return {
    async predict(path, signal, span) {
      const contentDigest = await cache.contentDigest(path);
      const { result, joined } = await once(`${contentDigest}${spanFragment(span)}`, () =>
        compute(path, contentDigest, signal, span),
      );
      return joined
        ? { ...result, cached: { frames: true, features: true, predictions: true } }
        : result;
    },
  };
}
