import { growVectors } from "../../core/growing-vectors.js";
import { usualCodebooks } from "./cuboid-codebook.js";
import { cuboidDimension } from "./cuboid-parameters.js";
import { createCuboidCutter } from "./cut-cuboids.js";
import { createFisherEncoder } from "./fisher-vector.js";
import type { MotionHistograms } from "./motion-extractor.js";
import { stepSpans } from "./motion-steps.js";

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

/** Opens encoders, which serve clip after clip. */
export function createCuboidExtractor(): { open(): CuboidClip } {
  const encoders = usualCodebooks().map(createFisherEncoder);
  const each = cuboidDimension / encoders.length;
  return { open: () => openClip(encoders, each) };
}

function openClip(
  encoders: readonly ReturnType<typeof createFisherEncoder>[],
  each: number,
): CuboidClip {
  const sums = growVectors();
  const times: number[] = [];
  /** Where the sums of each moment are; -1 where nothing moved, which a video mostly does not. */
  const places: number[] = [];
  let kept = 0;
  let moving = false;
  const sum = new Float32Array(cuboidDimension);
  const parts = encoders.map((_, h) => sum.subarray(h * each, (h + 1) * each));
  const cutter = createCuboidCutter((descriptors) => {
    moving = true;
    for (const [h, encoder] of encoders.entries()) encoder.add(descriptors[h]!, parts[h]!);
  });
  const keep = (time: number | undefined): void => {
    if (time === undefined) return;
    times.push(time);
    places.push(moving ? kept++ : -1);
    if (moving) sums.append(sum);
    moving = false;
    sum.fill(0);
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
