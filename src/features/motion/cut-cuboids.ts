import {
  type CuboidKernels,
  placesAcross,
  placesDown,
  planeSizes,
  quarterBelow,
  quarterRight,
  views,
} from "./cuboid-kernels.js";
import { cuboidParameters } from "./cuboid-parameters.js";
import { directions, histogramBins, mirroredBins } from "./orientation-histograms.js";

const { columns, rows, quarter, pairs, stride, parts, movesFrom } = cuboidParameters;

/** Cuts cuboids out of the motion of one video. */
export interface CuboidCutter {
  /**
   * Takes the motion from one frame to the next.
   *
   * @param vector float32 histograms of all fine cells, as a motion extractor gives them
   * @param time seconds
   * @returns the time in the middle of the cuboids that end here, if any do
   */
  next(vector: Float32Array, time: number): number | undefined;
  /** Cuts a video too short for whole cuboids; returns the time in their middle, if there are any. */
  end(): number | undefined;
}

/** Added to a descriptor's sum before it is divided by it, so that what hardly moves is not blown up. Pixels. */
const faintest = 0.05;

const mirroredTypedBins = mirroredBins.map((bins) => Uint8Array.from(bins));

const quarterOffsets = [0, quarterRight, quarterBelow, quarterBelow + quarterRight];

/**
 * Opens a cutter, which adds each cuboid in which something moves, and its mirror image, to kernels. Cuboids lie at every
 * place, so that they overlap. A descriptor is the roots of its histogram's parts of its sum: Hellinger's distance, and
 * no matter how fast it moves.
 */
export function createCuboidCutter(kernels: CuboidKernels): CuboidCutter {
  /** The latest pairs of frames: of each histogram, float32 [down, across, bins] means of quarters; and their times. */
  const recent: { readonly planes: readonly Float32Array[]; readonly time: number }[] = [];
  /** Sums of each histogram's bins over both parts at each place. */
  const sums = histogramBins.map(() => new Float32Array(placesAcross * placesDown));
  /** The same of the flow's directions alone: how far things move. */
  const movements = new Float32Array(placesAcross * placesDown);
  let seen = 0;
  const cut = (): number => {
    for (let part = 0; part < parts; part++) {
      const first = Math.floor((part * recent.length) / parts);
      const end = Math.max(first + 1, Math.floor(((part + 1) * recent.length) / parts));
      const own = recent.slice(first, end).map(({ planes }) => planes);
      for (const [h, sum] of sums.entries()) {
        if (part === 0) sum.fill(0);
        if (part === 0 && h === 0) movements.fill(0);
        fillRoots(kernels, h, part, own, sum, h === 0 ? movements : undefined);
      }
    }
    const atQuarters = (values: Float32Array, place: number): number =>
      quarterOffsets.reduce((sum, offset) => sum + values[place + offset]!, 0);
    for (let row = 0; row + quarter < placesDown; row++) {
      for (let column = 0; column + quarter < placesAcross; column++) {
        const place = row * placesAcross + column;
        const movement = atQuarters(movements, place) / (quarterOffsets.length * parts);
        if (movement <= movesFrom) continue;
        for (const [h, sum] of sums.entries()) {
          const scale = 1 / Math.sqrt(atQuarters(sum, place) + faintest);
          for (const view of views) kernels.add(h, view, place, scale);
        }
      }
    }
    return (recent[0]!.time + recent.at(-1)!.time) / 2;
  };
  return {
    next(vector, time) {
      recent.push({ planes: quartersOf(vector), time });
      if (recent.length > pairs) recent.shift();
      seen += 1;
      return seen >= pairs && (seen - pairs) % stride === 0 ? cut() : undefined;
    },
    end: () => (seen > 0 && seen < pairs ? cut() : undefined),
  };
}

/** The means of the quarters that begin at each place. */
function quartersOf(vector: Float32Array): Float32Array[] {
  let from = 0;
  return histogramBins.map((bins, h) => {
    const plane = new Float32Array(planeSizes[h]!);
    const rowSize = columns * bins;
    let to = 0;
    for (let row = 0; row < placesDown; row++) {
      const start = from + row * rowSize;
      for (let i = 0; i < placesAcross * bins; i++) {
        let sum = 0;
        for (let y = 0; y < quarter; y++) {
          for (let x = 0; x < quarter; x++) sum += vector[start + y * rowSize + x * bins + i]!;
        }
        plane[to++] = sum / (quarter * quarter);
      }
    }
    from += rows * rowSize;
    return plane;
  });
}

/** Fills the roots of one histogram's part in time, and adds up what it holds at each place. */
function fillRoots(
  { roots }: CuboidKernels,
  histogram: number,
  part: number,
  pairsOfPart: readonly (readonly Float32Array[])[],
  sums: Float32Array,
  movements: Float32Array | undefined,
): void {
  const bins = histogramBins[histogram]!;
  const turned = mirroredTypedBins[histogram]!;
  const asIs = roots.cuboid[histogram]![part]!;
  const mirrored = roots.mirrored[histogram]![part]!;
  asIs.fill(0);
  for (const planes of pairsOfPart) {
    const plane = planes[histogram]!;
    for (let i = 0; i < asIs.length; i++) asIs[i]! += plane[i]!;
  }
  const scale = 1 / pairsOfPart.length;
  for (let place = 0, start = 0; place < sums.length; place++, start += bins) {
    let sum = 0;
    for (let bin = 0; bin < bins; bin++) {
      const mean = asIs[start + bin]! * scale;
      if (bin === directions && movements) movements[place]! += sum;
      sum += mean;
      const root = Math.sqrt(mean);
      asIs[start + bin] = root;
      mirrored[start + turned[bin]!] = root;
    }
    sums[place]! += sum;
  }
}
