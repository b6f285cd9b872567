import { growVectors } from "../../core/growing-vectors.js";
import { usualCodebooks } from "./cuboid-codebook.js";
import { type CuboidKernels, sumSize } from "./cuboid-kernels.js";
import { cuboidDimension } from "./cuboid-parameters.js";
import { createCuboidCutter } from "./cut-cuboids.js";
import { openJavascriptCuboids } from "./javascript-cuboid-kernels.js";
import type { MotionHistograms } from "./motion-extractor.js";
import { stepSpans } from "./motion-steps.js";
import { openWebAssemblyCuboids } from "./webassembly-cuboid-kernels.js";

/** Sees the cuboids of one video. */
export interface CuboidClip {
  /** Takes the motion of further pairs of frames, over the fine cells. */
  push(motion: MotionHistograms): void;
  /**
   * The vectors of steps, when all motion has been seen: the Fisher vectors of the cuboids whose middles lie in the
   * step, the mean of its moments, of which the signed root is taken (Perronnin et al. 2010). A step in which no
   * moment lies has the one nearest to it. All 0 where nothing moves.
   *
   * @param edges float64 [steps + 1] seconds, ascending
   * @returns float32 [steps, {@link cuboidDimension}]
   */
  rows(edges: Float64Array): Float32Array;
}

/** What computes cuboids: WebAssembly with SIMD, or plain JavaScript. */
export type CuboidEngine = "webassembly" | "javascript";

/**
 * Opens what sees cuboids, clip after clip or several at once.
 *
 * @param engine default: WebAssembly, or JavaScript where that is missing
 * @param most sums that are kept of a clip
 */
export function createCuboidExtractor(
  engine: CuboidEngine = "webassembly",
  most: number = mostSums,
): {
  open(): CuboidClip;
} {
  const codebooks = usualCodebooks();
  const fast = engine === "webassembly" ? openWebAssemblyCuboids(codebooks) : undefined;
  const kernels = fast ?? openJavascriptCuboids(codebooks);
  return { open: () => openClip(kernels, most) };
}

/** What was seen at moments next to each other. */
interface Moments {
  /** Seconds: their middle. */
  readonly time: number;
  /** How many. */
  readonly n: number;
  /** Where their sums are; -1 where nothing moved. */
  readonly place: number;
}

/**
 * Sums that are kept of a clip, 200 MB. Where there would be more, after half an hour that is never still, moments are
 * joined two by two, so that their time is told less exactly.
 */
const mostSums = 32_768;

function openClip(kernels: CuboidKernels, most: number): CuboidClip {
  let sums = growVectors();
  let moments: Moments[] = [];
  let kept = 0;
  /** Moments that are joined. */
  let together = 1;
  let waiting: number[] = [];
  const cutter = createCuboidCutter(kernels);
  const sum = new Float32Array(cuboidDimension);
  const store = (time: number, n: number): void => {
    const moves = sum.some((value) => value !== 0);
    moments.push({ time, n, place: moves ? kept++ : -1 });
    if (moves) sums.append(sum);
    sum.fill(0);
  };
  const join = (): void => {
    const [all, old] = [sums.all(), moments];
    [sums, moments, kept] = [growVectors(), [], 0];
    together *= 2;
    for (let i = 0; i < old.length; i += 2) {
      const pair = old.slice(i, i + 2);
      for (const { place } of pair) addSums(all, place, sum);
      store(
        pair.reduce((total, { time }) => total + time, 0) / pair.length,
        pair.reduce((total, { n }) => total + n, 0),
      );
    }
  };
  const take = (time: number | undefined): void => {
    if (time === undefined) return;
    // The kernels are another clip's next: nothing of this one stays in them.
    for (const [h, own] of kernels.sums.entries()) {
      const start = h * sumSize;
      for (let i = 0; i < own.length; i++) sum[start + i]! += own[i]!;
      own.fill(0);
    }
    waiting.push(time);
    if (waiting.length === together) finish();
    if (kept === most) join();
  };
  const finish = (): void => {
    if (waiting.length === 0) return;
    store((waiting[0]! + waiting.at(-1)!) / 2, waiting.length);
    waiting = [];
  };
  return {
    push({ vectors, timestamps, n }) {
      const size = vectors.length / n;
      for (let i = 0; i < n; i++) {
        take(cutter.next(vectors.subarray(i * size, (i + 1) * size), timestamps[i]!));
      }
    },
    rows(edges) {
      take(cutter.end());
      finish();
      const all = sums.all();
      const rows = new Float32Array((edges.length - 1) * cuboidDimension);
      const times = Float64Array.from(moments, ({ time }) => time);
      for (const [step, { first, end }] of stepSpans(times, edges).entries()) {
        const row = rows.subarray(step * cuboidDimension, (step + 1) * cuboidDimension);
        let count = 0;
        for (const { n, place } of moments.slice(first, end)) {
          count += n;
          addSums(all, place, row);
        }
        for (let d = 0; d < row.length; d++) {
          const mean = row[d]! / Math.max(count, 1);
          row[d] = Math.sign(mean) * Math.sqrt(Math.abs(mean));
        }
      }
      return rows;
    },
  };
}

/** Adds the sums at a place; none for -1. */
function addSums(all: Float32Array, place: number, into: Float32Array): void {
  if (place < 0) return;
  const from = place * cuboidDimension;
  for (let d = 0; d < into.length; d++) into[d]! += all[from + d]!;
}
