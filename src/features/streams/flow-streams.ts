import { growVectors } from "../../core/growing-vectors.js";
import { createCuboidExtractor } from "../motion/cuboid-extractor.js";
import { cuboidDimension, cuboidParameters } from "../motion/cuboid-parameters.js";
import { mergeCells } from "../motion/merge-cells.js";
import {
  createMotionExtractor,
  type MotionExtractor,
  type MotionHistograms,
} from "../motion/motion-extractor.js";
import { motionSteps } from "../motion/motion-steps.js";
import type { FlowStreamName, StreamSource } from "./feature-stream.js";
import { motionDimension, motionParameters } from "./motion-parameters.js";

/** What one stream makes of a clip's flow. */
interface FlowClip {
  push(fine: MotionHistograms): void;
  rows(edges: Float64Array): Float32Array;
}

/**
 * How things move, by the optical flow between small grey frames: `motion` where it is in the picture, `cuboids` what
 * pieces of it look like. Whichever are wanted, the flow is computed once, and counted over fine cells that each of
 * them makes of what it needs.
 *
 * @param names in the streams' order
 */
export function createFlowStreams(names: readonly FlowStreamName[]): StreamSource {
  const { width, height, rate } = motionParameters;
  const cuboids = names.includes("cuboids") ? createCuboidExtractor() : undefined;
  const dimensions = { motion: motionDimension, cuboids: cuboidDimension } as const;
  const opens = { motion: openMotion, cuboids: () => cuboids!.open() } as const;
  /** Extractors of clips that are done. */
  const free: MotionExtractor[] = [];
  return {
    streams: names.map((name) => ({ name, dimension: dimensions[name] })),
    inputs: [{ width, height, pixelFormat: "gray8", when: { rate }, fit: "stretch" }],
    open() {
      const extractor = free.pop() ?? createMotionExtractor({ ...motionParameters, ...fineCells });
      extractor.reset();
      const clips = names.map((name) => opens[name]());
      return {
        async push(_input, { frames, timestamps, n }) {
          const fine = extractor.push(frames, timestamps, n);
          for (const clip of clips) clip.push(fine);
        },
        rows(edges) {
          free.push(extractor);
          return clips.map((clip) => clip.rows(edges));
        },
      };
    },
  };
}

/** The fine cells: what cuboids are made of, and cells of the motion stream are made up of. */
const fineCells = { columns: cuboidParameters.columns, rows: cuboidParameters.rows } as const;

function openMotion(): FlowClip {
  const vectors = growVectors();
  const times: number[] = [];
  const merged = new Float32Array(motionDimension);
  return {
    push({ vectors: fine, timestamps, n }) {
      const size = fine.length / n;
      for (let i = 0; i < n; i++) {
        mergeCells(fine.subarray(i * size, (i + 1) * size), fineCells, motionParameters, merged);
        vectors.append(merged);
        times.push(timestamps[i]!);
      }
    },
    rows(edges) {
      const timestamps = Float64Array.from(times);
      const motion = { vectors: vectors.all(), timestamps, n: times.length };
      return motionSteps(motion, motionDimension, edges);
    },
  };
}
