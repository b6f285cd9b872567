import { decodeSafetensors, encodeSafetensors } from "../core/safetensors.js";
import { defaultCnn } from "../features/catalogue.js";
import type { CnnChoice, CnnEngine, Precision } from "../features/cnn-choice.js";
import type { Preprocessing } from "../features/preprocessing.js";
import {
  type DecoderName,
  defaultDecoder,
  type Fit,
  type SamplingPlan,
  type Span,
} from "../frames/decoder.js";
import { checkSamplingPlan } from "../frames/sampling-plan.js";
import { checkSpan, planWithin, spanFragment } from "../frames/span.js";
import type { Device } from "../onnx/devices.js";
import { describeInWorker } from "./describe-in-worker.js";
import { encodingKey, type FrameEncoding } from "./frame-encoding.js";
import type { ModelRecord } from "./model-record.js";
import { onceUnderWay } from "./once-under-way.js";
import type { StageCache } from "./stage-cache.js";
import type { WorkerPool } from "./worker-pool.js";

/** How files become features. Part of a model: its network only fits features made the same way. */
export type FeatureSettings = VideoSettings | SequenceSettings;

/** How videos become features. */
export interface VideoSettings {
  readonly kind: "video";
  readonly decoder: DecoderName;
  readonly plan: SamplingPlan;
  readonly fit: Fit;
  readonly cnn: CnnChoice;
}

/** Files that are sequences of vectors already. */
export interface SequenceSettings {
  readonly kind: "sequence";
  /** Values of a vector. Absent before training, which takes what the files hold. */
  readonly dimension?: number;
}

/** The settings where none are given: 16 frames over the whole clip, so that a clip's length is no cue. */
export const defaultFeatureSettings: VideoSettings = {
  kind: "video",
  decoder: defaultDecoder,
  plan: { count: 16 },
  fit: "stretch",
  cnn: { cnn: defaultCnn },
};

/** Choices of how videos become features; what is left out is {@link defaultFeatureSettings}'s. */
export interface FeatureChoices {
  readonly decoder?: DecoderName;
  /** Frames a video, spread over all of it. */
  readonly count?: number;
  /** Frames a second, instead of `count`. */
  readonly fps?: number;
  /** The keyframes alone, instead of `count`. */
  readonly keyframes?: true;
  /** Every n-th frame, instead of `count`. */
  readonly every?: number;
  /** Frames that `every` takes at most, from the first on. */
  readonly limit?: number;
  /** Part of every video, in seconds from its first frame. */
  readonly start?: number;
  readonly end?: number;
  readonly fit?: Fit;
  /** A name of the CNN catalogue, or a file: .onnx, .tflite, or a TensorFlow.js model.json. */
  readonly cnn?: string;
  /** The tensor of the CNN to take. Default: the one the catalogue names. */
  readonly cnnLayer?: string;
  /** What computes the CNN. Default "onnx"; "tfjs" for a model.json. */
  readonly cnnEngine?: CnnEngine;
  /** Default "float32". */
  readonly precision?: Precision;
  /** What differs from the catalogue's preprocessing, or from what the CNN's file says. */
  readonly preprocessing?: Partial<Preprocessing>;
}

/**
 * Fills in what is left out.
 *
 * @throws MuybridgeError ERR_USAGE for numbers out of range, or more than one of `count`, `fps`, `keyframes`, `every`.
 */
export function chooseFeatureSettings(choices: FeatureChoices): VideoSettings {
  const { decoder, fit, cnn, cnnLayer, cnnEngine, precision, preprocessing } = choices;
  const { count, fps, keyframes, every, limit, start, end } = choices;
  const way = {
    ...(count === undefined ? {} : { count }),
    ...(fps === undefined ? {} : { fps }),
    ...(keyframes === undefined ? {} : { keyframes }),
    ...(every === undefined ? {} : { every }),
    ...(limit === undefined ? {} : { limit }),
  };
  const plan = {
    ...(Object.keys(way).length === 0 ? defaultFeatureSettings.plan : way),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  } as SamplingPlan;
  checkSamplingPlan(plan);
  return {
    kind: "video",
    decoder: decoder ?? defaultFeatureSettings.decoder,
    plan,
    fit: fit ?? defaultFeatureSettings.fit,
    cnn: {
      cnn: cnn ?? defaultFeatureSettings.cnn.cnn,
      ...(cnnLayer === undefined ? {} : { layer: cnnLayer }),
      ...(cnnEngine === undefined ? {} : { engine: cnnEngine }),
      ...(precision === undefined ? {} : { precision }),
      ...(preprocessing === undefined ? {} : { preprocessing }),
    },
  };
}

/** The features of one video. */
export interface ClipFeatures {
  /** float32, row-major [n, dimension] */
  readonly features: Float32Array;
  /** [n] seconds from the first frame */
  readonly timestamps: Float64Array;
  readonly n: number;
  readonly dimension: number;
  /** Seconds. */
  readonly duration: number;
  /** The file ends early or holds damaged data; the features are those of what decoded. */
  readonly truncated: boolean;
  /** True where nothing was computed in this run. */
  readonly cached: boolean;
  /** True where nothing was decoded in this run. */
  readonly framesCached: boolean;
}

/** Turns files into features, through the cache. */
export interface FeatureStage {
  /** What a model's record says of such features, of this dimension. */
  record(dimension: number): ModelRecord["features"];
  /** What decides the features of a video of this content: the key of this stage's cache entries. */
  key(contentDigest: string, span?: Span): unknown;
  /** The features of a video of this content, or of a part of one, where the cache has them: nothing is opened. */
  kept(contentDigest: string, span?: Span): Promise<ClipFeatures | undefined>;
  /**
   * The features of a video, or of a part of one. Videos of equal content that are asked for at the same time are
   * computed once.
   *
   * @throws MuybridgeError of the decoder (see the error codes); ERR_DATASET_INVALID for a part behind the video's end.
   */
  clip(
    path: string,
    contentDigest: string,
    signal?: AbortSignal,
    span?: Span,
  ): Promise<ClipFeatures>;
}

/** Metadata of a cache entry. */
interface ClipFacts {
  readonly duration: number;
  readonly truncated: boolean;
}

/** Options of {@link openFeatureStage}. */
export interface FeatureStageOptions {
  readonly device?: Device;
  /** How the frames are kept, too; without it they are not. */
  readonly cacheFrames?: FrameEncoding;
  /** Told of what each process says, which may be the same. */
  readonly onWarning?: (message: string) => void;
  /** Called after each video whose features were computed. */
  readonly onComputed?: () => void;
  /** Aborts the opening. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the stage. The pool belongs to the caller.
 *
 * @throws MuybridgeError where the CNN is not to be had or unknown (see `openFeatureExtractor`).
 */
export async function openFeatureStage(
  settings: VideoSettings,
  cache: StageCache,
  pool: WorkerPool,
  {
    device = "cpu",
    cacheFrames,
    onWarning = () => {},
    onComputed = () => {},
    signal,
  }: FeatureStageOptions,
): Promise<FeatureStage> {
  const cnn = await describeInWorker(settings.cnn, { cache, pool }, signal);
  const once = onceUnderWay<string, ClipFeatures>();
  const key = (content: string, span?: Span): unknown => ({
    content,
    decoder: settings.decoder,
    plan: planWithin(settings.plan, span),
    fit: settings.fit,
    size: cnn.inputSize,
    cnn: cnn.digest,
    frames: encodingKey(cacheFrames),
  });

  const fromCache = async (content: string, span?: Span): Promise<ClipFeatures | undefined> => {
    const entry = await cache.get("features", key(content, span));
    if (!entry) return undefined;
    const tensors = decodeSafetensors(entry.data);
    const timestamps = tensors.get("timestamps")!.data as Float64Array;
    const { duration, truncated } = entry.metadata as ClipFacts;
    return {
      features: tensors.get("features")!.data as Float32Array,
      timestamps,
      n: timestamps.length,
      dimension: cnn.dimension,
      duration,
      truncated,
      cached: true,
      framesCached: true,
    };
  };

  const compute = async (
    path: string,
    content: string,
    signal?: AbortSignal,
    span?: Span,
  ): Promise<ClipFeatures> => {
    const known = await fromCache(content, span);
    if (known) return known;
    const kept = cacheFrames && { content, encoding: cacheFrames };
    const task = {
      path,
      ...settings,
      plan: planWithin(settings.plan, span),
      device,
      cacheDir: cache.directory,
      ...(kept ? { kept } : {}),
    };
    const { warnings, ...extracted } = await pool.run("extractFeatures", task, path, signal);
    warnings.forEach(onWarning);
    const { features, timestamps, dimension, duration, truncated, framesCached } = extracted;
    if (kept) cache.count("frames", framesCached);
    const n = timestamps.length;
    const facts: ClipFacts = { duration, truncated };
    await cache.put(
      "features",
      key(content, span),
      encodeClipFeatures({ features, timestamps, n, dimension }),
      facts,
    );
    onComputed();
    return { features, timestamps, n, dimension, ...facts, cached: false, framesCached };
  };

  return {
    record: () => ({ ...settings, cnn: { ...cnn, choice: settings.cnn } }),
    key,
    kept: fromCache,
    async clip(path, content, signal, span) {
      const { result, joined } = await once(`${content}${spanFragment(span)}`, () =>
        compute(path, content, signal, span),
      );
      checkSpan(path, span, result.duration);
      return joined ? { ...result, cached: true, framesCached: true } : result;
    },
  };
}

/** Features as a safetensors file: `features` float32 [T, D] and `timestamps` float64 [T]. */
export function encodeClipFeatures(
  clip: Pick<ClipFeatures, "features" | "timestamps" | "n" | "dimension">,
): Uint8Array {
  return encodeSafetensors({
    features: { shape: [clip.n, clip.dimension], data: clip.features },
    timestamps: { shape: [clip.n], data: clip.timestamps },
  });
}
