import { cuboidParameters } from "../features/motion/cuboid-parameters.js";
import { motionFrames } from "../features/motion/motion-view.js";
import { differenceParameters } from "../features/streams/difference-stream.js";
import type { StreamName } from "../features/streams/feature-stream.js";
import { motionParameters } from "../features/streams/motion-parameters.js";
import type { DecoderName, Fit, SamplingPlan } from "../frames/decoder.js";

/** What decides the features of a clip, whatever the stream. */
export interface StreamInputs {
  /** SHA-256 of the video's content. */
  readonly content: string;
  readonly decoder: DecoderName;
  /** Of the very part of the video. */
  readonly plan: SamplingPlan;
  readonly fit: Fit;
  /** Side of the frames that the CNN sees, in pixels. */
  readonly size: number;
  /** Side of the pictures of changes that it sees. */
  readonly differenceSize: number;
  /** Digest of the CNN. */
  readonly cnn: string;
  /** How frames are kept, where that changes them. */
  readonly frames: string | undefined;
}

/** The keys under which the features of a clip are kept, one a stream: what decides that stream, and nothing else. */
export const streamKeys: Readonly<Record<StreamName, (inputs: StreamInputs) => unknown>> = {
  // From before there were other streams: its entries are still found.
  rgb: ({ differenceSize: _, ...inputs }) => inputs,
  difference: ({ frames: _, differenceSize, ...inputs }) => ({
    ...inputs,
    size: differenceSize,
    difference: differenceParameters,
  }),
  motion: ({ content, decoder, plan }) => ({ content, decoder, plan, motion: motionParameters }),
  cuboids: ({ content, decoder, plan }) => ({
    ...{ content, decoder, plan },
    cuboids: { ...motionFrames, ...cuboidParameters },
  }),
};
