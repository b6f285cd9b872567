import { growVectors } from "../../core/growing-vectors.js";
import { createMotionExtractor, type MotionExtractor } from "../motion/motion-extractor.js";
import { motionSteps } from "../motion/motion-steps.js";
import type { FeatureStream } from "./feature-stream.js";
import { motionDimension, motionParameters } from "./motion-parameters.js";

/** How things move: histograms of the optical flow between small grey frames, averaged over what a step stands for. */
export function createMotionStream(): FeatureStream {
  const { width, height, rate } = motionParameters;
  /** Extractors of clips that are done. */
  const free: MotionExtractor[] = [];
  return {
    name: "motion",
    dimension: motionDimension,
    inputs: [{ width, height, pixelFormat: "gray8", when: { rate }, fit: "stretch" }],
    open() {
      const extractor = free.pop() ?? createMotionExtractor(motionParameters);
      extractor.reset();
      const vectors = growVectors();
      const times: number[] = [];
      return {
        async push(_input, { frames, timestamps, n }) {
          const seen = extractor.push(frames, timestamps, n);
          vectors.append(seen.vectors);
          for (const time of seen.timestamps) times.push(time);
        },
        rows(edges) {
          free.push(extractor);
          const timestamps = Float64Array.from(times);
          const motion = { vectors: vectors.all(), timestamps, n: times.length };
          return motionSteps(motion, motionDimension, edges);
        },
      };
    },
  };
}
