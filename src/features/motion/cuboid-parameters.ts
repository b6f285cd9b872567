/** How cuboids are seen, apart from what computes it: what only asks for sizes need not load that. */
import { histogramBins } from "./orientation-histograms.js";

/** All that decides the numbers of the cuboids, but the frames. */
export const cuboidParameters = {
  /** Raised by a change of the computation, or of the words. */
  version: 1,
  /** Fine cells of the picture, across. */
  columns: 16,
  /** Fine cells of the picture, down. */
  rows: 12,
  /** Fine cells along a side of a quarter of a cuboid, which has two quarters across and two down. */
  quarter: 2,
  /** Pairs of frames that a cuboid lasts. */
  pairs: 5,
  /** Pairs of frames from one cuboid to the next at its place. */
  stride: 1,
  /** Parts of a cuboid in time, each with histograms of its own. */
  parts: 2,
  /** Pixels a fifteenth of a second, the mean of its pixels, by which something moves in a cuboid; others are passed over. */
  movesFrom: 0.1,
  /** Words of the codebook of each histogram. */
  words: 32,
  /** Principal components of a descriptor, by which words are told apart. */
  components: 16,
} as const;

/** Quarters of a cuboid. */
const quarters = 4;

/** Values of a cuboid's descriptor in each of the histograms: of each quarter, of each part in time, each bin. */
export const descriptorSizes: readonly number[] = histogramBins.map(
  (bins) => quarters * cuboidParameters.parts * bins,
);

/** Values that cuboids tell at a step: of each histogram and word, how the cuboids near it lie about it. */
export const cuboidDimension: number =
  histogramBins.length * cuboidParameters.words * cuboidParameters.components;
