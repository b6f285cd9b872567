import { defaultCnn } from "../features/catalogue.js";
import type { CnnChoice, CnnEngine, Precision } from "../features/cnn-choice.js";
import type { CnnDescription } from "../features/describe-cnn.js";
import type { Preprocessing } from "../features/preprocessing.js";
import { differenceSide } from "../features/streams/difference-stream.js";
import { needsCnn, type StreamName } from "../features/streams/feature-stream.js";
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
import { type FeatureBlock, featureBlocks } from "./feature-blocks.js";
import { encodingKey, type FrameEncoding } from "./frame-encoding.js";
import type { ModelRecord } from "./model-record.js";
import { onceUnderWay } from "./once-under-way.js";
import type { StageCache } from "./stage-cache.js";
import { type StreamInputs, streamKeys } from "./stream-keys.js";
import {
  findRows,
  haveSameSteps,
  type JoinedRows,
  joinRows,
  keepRows,
  type StreamRows,
} from "./stream-rows.js";
import { chooseStreams, defaultStreams } from "./stream-settings.js";
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
  /** What is told of each step: at least one, each once, in the order of `streamNames`. */
  readonly streams: readonly StreamName[];
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
  streams: defaultStreams,
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
  /**
   * Ways to look at a video, whose vectors are joined: `rgb`, the CNN on its frames; `difference`, the CNN on what
   * changes between frames, for `count` and `fps`; `motion`, histograms of the optical flow; `cuboids`, small pieces of
   * it wherever they are. Default: rgb alone.
   */
  readonly streams?: readonly StreamName[];
}

/**
 * Fills in what is left out.
 *
 * @throws MuybridgeError ERR_USAGE for numbers out of range, more than one of `count`, `fps`, `keyframes`, `every`, or
 * streams that are none or have no frames in such a plan.
 */
export function chooseFeatureSettings(choices: FeatureChoices): VideoSettings {
  const { decoder, fit, cnn, cnnLayer, cnnEngine, precision, preprocessing, streams } = choices;
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
    streams: chooseStreams(streams, plan),
  };
}

/** The features of one video. It is `truncated` where the file ends early or holds damaged data: they are then of what decoded. */
export interface ClipFeatures extends JoinedRows {
  /** True where nothing was computed in this run. */
  readonly cached: boolean;
  /** True where nothing was decoded in this run. */
  readonly framesCached: boolean;
}

/** Turns files into features, through the cache. */
export interface FeatureStage {
  /**
   * What the vectors are joined from, in their order. Empty for sequences whose size is not chosen before they are read.
   */
  readonly blocks: readonly FeatureBlock[];
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
  const { streams } = settings;
  const blocks = featureBlocks(recordOf(settings, cnn));
  const inputsOf = (content: string, span?: Span): StreamInputs => ({
    content,
    decoder: settings.decoder,
    plan: planWithin(settings.plan, span),
    fit: settings.fit,
    size: cnn.inputSize,
    differenceSize: differenceSide(cnn),
    cnn: cnn.digest,
    frames: encodingKey(cacheFrames),
  });

  /** Computes some of the streams in one pass over the video, and keeps them. */
  const extract = async (
    path: string,
    inputs: StreamInputs,
    names: readonly StreamName[],
    signal?: AbortSignal,
  ): Promise<{ readonly rows: StreamRows[]; readonly framesCached: boolean }> => {
    const keepsFrames = cacheFrames !== undefined && names.includes("rgb");
    const task = {
      ...{ path, ...settings, streams: names, plan: inputs.plan, device },
      cacheDir: cache.directory,
      ...(keepsFrames ? { kept: { content: inputs.content, encoding: cacheFrames } } : {}),
    };
    const extracted = await pool.run("extractFeatures", task, path, signal);
    const { warnings, features, framesCached, framesFound, ...facts } = extracted;
    warnings.forEach(onWarning);
    if (keepsFrames) cache.count("frames", framesFound);
    const rows = names.map((name, i) => ({ name, features: features[i]!, ...facts }));
    await Promise.all(rows.map((each) => keepRows(cache, inputs, each)));
    if (needsCnn(names)) onComputed();
    return { rows, framesCached };
  };

  /** The streams of a video that are kept; all count as missing where their steps are not the same. */
  const findAll = async (
    inputs: StreamInputs,
  ): Promise<{ readonly kept: readonly StreamRows[]; readonly missing: readonly StreamName[] }> => {
    const found = await Promise.all(streams.map((name) => findRows(cache, inputs, name)));
    const kept = found.filter((each) => each !== undefined);
    const missing = streams.filter((name) => !kept.some((each) => each.name === name));
    return { kept, missing: missing.length === 0 && !haveSameSteps(kept) ? streams : missing };
  };

  const fromCache = (kept: readonly StreamRows[]): ClipFeatures => ({
    ...joinRows(kept),
    cached: true,
    framesCached: true,
  });

  const compute = async (
    path: string,
    content: string,
    signal?: AbortSignal,
    span?: Span,
  ): Promise<ClipFeatures> => {
    const inputs = inputsOf(content, span);
    const { kept, missing } = await findAll(inputs);
    if (missing.length === 0) return fromCache(kept);
    let { rows, framesCached } = await extract(path, inputs, missing, signal);
    const others = kept.filter(({ name }) => !missing.includes(name));
    // A damaged file may give another number of frames than when the others were computed.
    if (!haveSameSteps([...rows, ...others])) {
      ({ rows, framesCached } = await extract(path, inputs, streams, signal));
    } else rows = [...rows, ...others];
    const inOrder = streams.map((wanted) => rows.find(({ name }) => name === wanted)!);
    return { ...joinRows(inOrder), cached: false, framesCached };
  };

  return {
    blocks,
    record: () => recordOf(settings, cnn),
    key(content, span) {
      const inputs = inputsOf(content, span);
      const [first, ...others] = streams.map((name) => streamKeys[name](inputs));
      return others.length === 0 ? first : { streams: [first, ...others] };
    },
    async kept(content, span) {
      const found = await findAll(inputsOf(content, span));
      return found.missing.length === 0 ? fromCache(found.kept) : undefined;
    },
    async clip(path, content, signal, span) {
      const { result, joined } = await once(`${content}${spanFragment(span)}`, () =>
        compute(path, content, signal, span),
      );
      checkSpan(path, span, result.duration);
      return joined ? { ...result, cached: true, framesCached: true } : result;
    },
  };
}

function recordOf(
  settings: VideoSettings,
  cnn: CnnDescription,
): Extract<ModelRecord["features"], { readonly kind: "video" }> {
  const { takesAnySize: _, ...facts } = cnn;
  return { ...settings, cnn: { ...facts, choice: settings.cnn } };
}
