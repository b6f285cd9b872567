import type { MotionHistograms } from "./motion-extractor.js";

/** A sequence of motion vectors at even steps of time. */
export interface MotionSteps {
  /** float32, row-major [count, dimension] */
  readonly features: Float32Array;
  /** float64 [count] seconds: the middle of each step. */
  readonly timestamps: Float64Array;
}

/**
 * Averages motion over equal steps of a part of a video, and takes the root of each value: a motion twice as fast, or
 * in twice as many pixels, is then no more than 1.4 times as much, and the distances are Hellinger's, as histograms
 * want them (Perronnin et al. 2010). A step in which no frame ends has the motion nearest to it.
 *
 * @param motion of all frames of the part, and maybe others
 * @param span seconds: where the first step starts, and where the last one ends
 * @param count steps, at least 1
 * @returns all 0 where there is no motion at all, as of a single frame
 * @throws RangeError where `count` or the span is no such number
 */
export function motionSteps(
  { vectors, timestamps, n }: MotionHistograms,
  dimension: number,
  { start, end }: { readonly start: number; readonly end: number },
  count: number,
): MotionSteps {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`count must be a whole number, at least 1; it is ${count}.`);
  }
  if (!(end > start && Number.isFinite(end - start))) {
    throw new RangeError(`end must be above start (${start} s); it is ${end}.`);
  }
  const length = (end - start) / count;
  const features = new Float32Array(count * dimension);
  const middles = Float64Array.from({ length: count }, (_, step) => start + (step + 0.5) * length);
  const seen = new Uint32Array(count);
  for (let i = 0; i < n; i++) {
    const step = Math.floor((timestamps[i]! - start) / length);
    if (step < 0 || step >= count) continue;
    seen[step]! += 1;
    for (let d = 0; d < dimension; d++) {
      features[step * dimension + d]! += vectors[i * dimension + d]!;
    }
  }
  for (let step = 0; step < count; step++) {
    const row = features.subarray(step * dimension, (step + 1) * dimension);
    if (seen[step] === 0 && n > 0) {
      const i = nearest(timestamps, middles[step]!);
      row.set(vectors.subarray(i * dimension, (i + 1) * dimension));
    }
    const times = Math.max(seen[step]!, 1);
    for (let d = 0; d < dimension; d++) row[d] = Math.sqrt(row[d]! / times);
  }
  return { features, timestamps: middles };
}

function nearest(timestamps: Float64Array, time: number): number {
  let best = 0;
  for (let i = 1; i < timestamps.length; i++) {
    if (Math.abs(timestamps[i]! - time) < Math.abs(timestamps[best]! - time)) best = i;
  }
  return best;
}
