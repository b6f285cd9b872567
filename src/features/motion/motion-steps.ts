import type { MotionHistograms } from "./motion-extractor.js";

/**
 * Averages motion over steps of a part of a video, and takes the root of each value: a motion twice as fast, or in
 * twice as many pixels, is then no more than 1.4 times as much, and the distances are Hellinger's, as histograms want
 * them (Perronnin et al. 2010). A step in which no motion is seen has the motion nearest to its middle.
 *
 * @param motion of all frames of the part, and maybe others
 * @param edges float64 [count + 1] seconds, ascending: step i goes from edge i until before edge i + 1
 * @returns float32, row-major [count, dimension]; all 0 where there is no motion at all, as of a single frame
 * @throws RangeError where the edges are no such times
 */
export function motionSteps(
  { vectors, timestamps, n }: MotionHistograms,
  dimension: number,
  edges: Float64Array,
): Float32Array {
  const spans = stepSpans(timestamps.subarray(0, n), edges);
  const features = new Float32Array(spans.length * dimension);
  for (const [step, { first, end }] of spans.entries()) {
    const row = features.subarray(step * dimension, (step + 1) * dimension);
    for (let at = first; at < end; at++) addRow(vectors, at, row);
    for (let d = 0; d < dimension && end > first; d++) row[d] = Math.sqrt(row[d]! / (end - first));
  }
  return features;
}

/** Some of the moments of a video: from the first until before the end. */
export interface StepSpan {
  readonly first: number;
  readonly end: number;
}

/**
 * The moments that lie in each step; where none does, the one nearest to its middle. Empty where there are none at all.
 *
 * @param timestamps float64 seconds, ascending
 * @param edges float64 [count + 1] seconds, ascending: step i goes from edge i until before edge i + 1
 * @throws RangeError where the edges are no such times
 */
export function stepSpans(timestamps: Float64Array, edges: Float64Array): StepSpan[] {
  const count = edges.length - 1;
  if (count < 1 || edges.some((edge, i) => !Number.isFinite(edge) || edge < edges[i - 1]!)) {
    throw new RangeError("edges must be at least two times, ascending.");
  }
  const n = timestamps.length;
  let behind = 0;
  return Array.from({ length: count }, (_, step) => {
    let i = behind;
    while (i < n && timestamps[i]! < edges[step]!) i += 1;
    const first = i;
    while (i < n && timestamps[i]! < edges[step + 1]!) i += 1;
    behind = i;
    if (behind > first || n === 0) return { first, end: behind };
    const only = nearest(timestamps, behind, (edges[step]! + edges[step + 1]!) / 2);
    return { first: only, end: only + 1 };
  });
}

/** Edges of `count` steps of the same length: float64 [count + 1] seconds. */
export function equalSteps(start: number, end: number, count: number): Float64Array {
  return Float64Array.from({ length: count + 1 }, (_, i) => start + ((end - start) * i) / count);
}

function addRow(vectors: Float32Array, at: number, row: Float32Array): void {
  for (let d = 0; d < row.length; d++) row[d]! += vectors[at * row.length + d]!;
}

/** Index of the time nearest to a moment, given the first one that is not before the moment's step. */
function nearest(timestamps: Float64Array, behind: number, moment: number): number {
  if (behind === 0) return 0;
  if (behind === timestamps.length) return behind - 1;
  return moment - timestamps[behind - 1]! <= timestamps[behind]! - moment ? behind - 1 : behind;
}
