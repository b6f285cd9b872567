import { cuboidParameters, descriptorSizes } from "./cuboid-parameters.js";
import { histogramBins } from "./orientation-histograms.js";

const { columns, rows, quarter, words, components } = cuboidParameters;

/** Places where a quarter of a cuboid may begin, across and down. */
export const placesAcross: number = columns - quarter + 1;
export const placesDown: number = rows - quarter + 1;

/** Places from a cuboid's first quarter to the one beside it, and to the one below. */
export const quarterRight: number = quarter;
export const quarterBelow: number = quarter * placesAcross;

/** Values of all places in each histogram. */
export const planeSizes: readonly number[] = histogramBins.map(
  (bins) => placesAcross * placesDown * bins,
);

/** Cuboids and their mirror images. */
export const views = ["cuboid", "mirrored"] as const;
export type View = (typeof views)[number];

/** What computes where cuboids lie about the words. The engines agree to single precision's rounding. */
export interface CuboidKernels {
  /**
   * Roots of the histograms of quarters at every place, to be filled before cuboids are added: of each histogram, of each
   * part in time, float32 [down, across, bins]; in `mirrored` the bins are turned, but each place is where it was.
   */
  readonly roots: Readonly<Record<View, readonly (readonly Float32Array[])[]>>;
  /** Of each histogram, float32 [words, components]: what cuboids have been added up to. */
  readonly sums: readonly Float32Array[];
  /**
   * Adds a cuboid, or its mirror image, in one histogram.
   *
   * @param place of its upper left quarter
   * @param scale what its roots are multiplied by to be its descriptor
   */
  add(histogram: number, view: View, place: number, scale: number): void;
}

/** Values of the sums of one histogram. */
export const sumSize: number = words * components;

/**
 * A cuboid's descriptor: of each quarter, row by row, of each part in time, its roots, times `scale`.
 *
 * @param into float32 [descriptor size], written
 */
export function describeCuboid(
  { roots }: Pick<CuboidKernels, "roots">,
  histogram: number,
  view: View,
  place: number,
  scale: number,
  into: Float32Array,
): void {
  const bins = histogramBins[histogram]!;
  let to = 0;
  for (const offset of quarterOffsets(view)) {
    const start = (place + offset) * bins;
    for (const plane of roots[view][histogram]!) {
      for (let bin = 0; bin < bins; bin++) into[to++] = plane[start + bin]! * scale;
    }
  }
}

/** Where a cuboid's quarters lie, row by row, from its first place; in the mirror image, right and left change sides. */
function quarterOffsets(view: View): readonly number[] {
  const [left, right] = view === "mirrored" ? [quarterRight, 0] : [0, quarterRight];
  return [left, right, quarterBelow + left, quarterBelow + right];
}

/** Planes for {@link CuboidKernels.roots}, by what makes a plane of so many values. */
export function createRoots(plane: (length: number) => Float32Array): CuboidKernels["roots"] {
  const ofView = (): Float32Array[][] =>
    descriptorSizes.map((_, h) =>
      Array.from({ length: cuboidParameters.parts }, () => plane(planeSizes[h]!)),
    );
  return { cuboid: ofView(), mirrored: ofView() };
}
