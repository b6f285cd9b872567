/**
 * Streams: several ways to look at a video, each of which tells a vector at every step of its sampling plan.
 */
import type { FeatureExtractor } from "../feature-extractor.js";
import { cuboidDimension } from "../motion/cuboid-parameters.js";
import { motionDimension } from "./motion-parameters.js";

/** The streams, in the order in which their vectors are joined. */
export const streamNames = ["rgb", "difference", "motion", "cuboids"] as const;

/**
 * A way to look at a video: the CNN on its frames (`rgb`), the CNN on what changes between frames (`difference`),
 * histograms of its optical flow where it is (`motion`), or what small pieces of the flow look like wherever they are
 * (`cuboids`).
 */
export type StreamName = (typeof streamNames)[number];

/** Streams of the optical flow; the others see through the CNN. */
export type FlowStreamName = "motion" | "cuboids";

/** Whether a stream is one of the optical flow. */
export function isOfFlow(name: StreamName): name is FlowStreamName {
  return name === "motion" || name === "cuboids";
}

/** Whether any of the streams sees through the CNN. */
export function needsCnn(names: readonly StreamName[]): boolean {
  return !names.every(isOfFlow);
}

/** What streams need of a CNN. */
export type StreamCnn = Pick<
  FeatureExtractor,
  "extract" | "dimension" | "inputSize" | "takesAnySize"
>;

/** Frames that a stream wants to see. */
export interface StreamInput {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly pixelFormat: "rgb24" | "gray8";
  /** One frame a step, so many seconds after it; or so many frames a second. */
  readonly when: { readonly shift: number } | { readonly rate: number };
  /** Given where the whole frame is to be seen, whatever the caller chose. */
  readonly fit?: "stretch";
}

/** Frames of one of the inputs, in order of time. */
export interface StreamFrames {
  /** uint8, row-major: [n, height, width, 3] RGB, or [n, height, width] grey. */
  readonly frames: Uint8Array;
  /** float64 [n] seconds from the clip's first frame. */
  readonly timestamps: Float64Array;
  readonly n: number;
}

/** A stream that a source tells. */
export interface ToldStream {
  readonly name: StreamName;
  /** Values it tells at a step. */
  readonly dimension: number;
}

/** The port of what tells streams: one, or several that come of the same work. */
export interface StreamSource {
  readonly streams: readonly ToldStream[];
  readonly inputs: readonly StreamInput[];
  /** Opens it for one clip; several may be open. */
  open(): ClipSource;
}

/** A source that sees one clip. */
export interface ClipSource {
  /**
   * Takes the next frames of an input, in batches of any size. The arrays must not be written to any more.
   *
   * @param input index into the source's inputs
   * @throws RangeError where the length of the frames is not that of n frames
   */
  push(input: number, batch: StreamFrames): Promise<void>;
  /**
   * The vectors of all steps, when every frame has been seen: of each stream, float32, row-major [steps, dimension].
   *
   * @param edges float64 [steps + 1] seconds, ascending: step i stands for what lies between edges i and i + 1
   */
  rows(edges: Float64Array): readonly Float32Array[];
}

/** Values that a stream tells at a step, by those of the CNN. */
export function streamDimension(name: StreamName, cnnDimension: number): number {
  if (name === "motion") return motionDimension;
  return name === "cuboids" ? cuboidDimension : cnnDimension;
}
