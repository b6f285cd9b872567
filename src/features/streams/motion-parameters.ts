import { motionSize } from "../motion/merge-cells.js";
import { motionFrames, motionView } from "../motion/motion-view.js";

/** All that decides the numbers of the motion stream, but the frames. A change of the computation raises `version`. */
export const motionParameters = { version: 2, ...motionFrames, ...motionView } as const;

/** Values of the motion stream at a step: of each cell, a histogram of the flow and two of its boundaries. */
export const motionDimension: number = motionSize(motionView);
