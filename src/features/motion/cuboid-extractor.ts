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
 */
export function createCuboidExtractor(engine: CuboidEngine = "webassembly"): {
  open(): CuboidClip;
} {
  const codebooks = usualCodebooks();
  const fast = engine === "webassembly" ? openWebAssemblyCuboids(codebooks) : undefined;
  const kernels = fast ?? openJavascriptCuboids(codebooks);
  return { open: () => openClip(kernels) };
}

function openClip(kernels: CuboidKernels): CuboidClip {
  const sums = growVectors();
  const times: number[] = [];
  /** Where the sums of each moment are; -1 where nothing moved. */
  const places: number[] = [];
  let kept = 0;
  const cutter = createCuboidCutter(kernels);
  const sum = new Float32Array(cuboidDimension);
  // The kernels are another clip's next: nothing of this one stays in them.
  const keep = (time: number | undefined): void => {
    if (time === undefined) return;
    for (const [h, own] of kernels.sums.entries()) {
      sum.set(own, h * sumSize);
      own.fill(0);
    }
    const moves = sum.some((value) => value !== 0);
    times.push(time);
    places.push(moves ? kept++ : -1);
    if (moves) sums.append(sum);
  };
  return {
    push({ vectors, timestamps, n }) {
      const size = vectors.length / n;
      for (let i = 0; i < n; i++) {
        keep(cutter.next(vectors.subarray(i * size, (i + 1) * size), timestamps[i]!));
      }
    },
    rows(edges) {
      keep(cutter.end());
      const all = sums.all();
      const rows = new Float32Array((edges.length - 1) * cuboidDimension);
      for (const [step, { first, end }] of stepSpans(Float64Array.from(times), edges).entries()) {
        const row = rows.subarray(step * cuboidDimension, (step + 1) * cuboidDimension);
        for (const place of places.slice(first, end)) {
          if (place < 0) continue;
          const from = place * cuboidDimension;
          for (let d = 0; d < row.length; d++) row[d]! += all[from + d]!;
        }
        for (let d = 0; d < row.length; d++) {
          const mean = row[d]! / Math.max(end - first, 1);
          row[d] = Math.sign(mean) * Math.sqrt(Math.abs(mean));
        }
      }
      return rows;
    },
  };
}
