import type { ClipPlan } from "../../datasets/motions/clip-plan.js";
import type { ErrorCode } from "../core/errors.js";
import type { ActivationRanges, CnnChoice } from "../features/cnn-choice.js";
import type { CnnDescription } from "../features/describe-cnn.js";
import type { StreamName } from "../features/streams/feature-stream.js";
import type { DecoderName, Fit, SamplingPlan, Span } from "../frames/decoder.js";
import type { Device } from "../onnx/devices.js";
import type { AnnotateTask, RenderedAnnotation } from "./annotation/render-annotated.js";
import type { FrameFormat } from "./frame-files.js";
import type { KeptFrames } from "./frame-stage.js";

/** What a worker process can be asked for. */
export interface WorkerTasks {
  extractFeatures(task: ExtractTask): Promise<ExtractedFeatures | TaskFailure>;
  measureRanges(task: MeasureTask): Promise<{ readonly ranges: ActivationRanges } | TaskFailure>;
  describe(task: DescribeTask): Promise<CnnDescription | TaskFailure>;
  writeFrames(task: WriteFramesTask): Promise<WrittenFrames | TaskFailure>;
  annotateVideo(task: AnnotateTask): Promise<RenderedAnnotation | TaskFailure>;
  drawFilmstrip(task: FilmstripTask): Promise<{ readonly jpeg: Uint8Array } | TaskFailure>;
  renderClip(task: {
    readonly plan: ClipPlan;
    readonly path: string;
  }): Promise<object | TaskFailure>;
}

/** A video to be turned into features. */
export interface ExtractTask {
  readonly path: string;
  readonly decoder: DecoderName;
  readonly plan: SamplingPlan;
  readonly fit: Fit;
  readonly cnn: CnnChoice;
  /** Those that are wanted, in their order. */
  readonly streams: readonly StreamName[];
  readonly device: Device;
  readonly cacheDir: string;
  /** The frames of rgb are kept, too. */
  readonly kept?: KeptFrames;
}

/** A video on whose frames the ranges of a CNN are measured. */
export type MeasureTask = Omit<ExtractTask, "device" | "kept">;

/** What comes back: features, not frames. */
export interface ExtractedFeatures {
  /** Of each stream, float32 [n, its dimension]. */
  readonly features: readonly Float32Array[];
  /** [n] seconds */
  readonly timestamps: Float64Array;
  /** Seconds. */
  readonly duration: number;
  readonly truncated: boolean;
  /** Whether the frames came from the cache, so that nothing was decoded. */
  readonly framesCached: boolean;
  /** Whether the frames that are kept were there. */
  readonly framesFound: boolean;
  /** What is to be told of how the CNN was opened, and of the cache. */
  readonly warnings: readonly string[];
}

/** A CNN to be opened, for what is known of it only then. */
export type DescribeTask = Pick<ExtractTask, "cnn" | "cacheDir">;

/** A video whose frames are to be written as pictures. */
export interface WriteFramesTask {
  readonly path: string;
  readonly decoder: DecoderName;
  readonly plan: SamplingPlan;
  readonly fit: Fit;
  /** Side of square frames, in pixels; without it they are as the video shows them. */
  readonly size?: number;
  readonly format: FrameFormat;
  /** An empty directory, in which the frames get their names. */
  readonly directory: string;
  /** Where to write a contact sheet, if at all. */
  readonly sheet?: string;
}

/** What was written. */
export interface WrittenFrames {
  /** [n] seconds */
  readonly timestamps: Float64Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Seconds. */
  readonly duration: number;
  readonly truncated: boolean;
}

/** Frames of a video, or of a part of it, side by side. */
export interface FilmstripTask {
  readonly path: string;
  readonly count: number;
  readonly span?: Span;
}

/** A task that failed in its worker, as plain data: classes do not survive the way between processes. */
export interface TaskFailure {
  readonly failure: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly path?: string;
    readonly parameter?: string;
  };
}
