import { motionFrames, motionView } from "../motion/motion-view.js";
import { directions, flowBins } from "../motion/orientation-histograms.js";

/** All that decides the numbers of the motion stream, but the frames. A change of the computation raises `version`. */
export const motionParameters = { version: 1, ...motionFrames, ...motionView } as const;

/** Values of the motion stream at a step: of each cell, a histogram of the flow and two of its boundaries. */
export const motionDimension: number =
  motionView.columns * motionView.rows * (flowBins + 2 * directions);
