import type { LabelledVideo, Segment } from "../label-result.js";
import { type Colour, classColours, unknownColour } from "./class-colours.js";

/** A segment and the colour of its class. */
export interface ColouredSegment extends Segment {
  readonly colour: Colour;
}

/** What is drawn on a video: plain data, which goes to a worker process as it is. */
export interface Annotation {
  /** Seconds that the timeline spans. */
  readonly duration: number;
  /** In order of time. */
  readonly segments: readonly ColouredSegment[];
}

/**
 * What is to be drawn on a labelled video.
 *
 * @param classes of the model, which decide the colours; by default those of `top`, in alphabetical order
 */
export function annotationOf(
  { top, segments, duration }: Pick<LabelledVideo, "top" | "segments" | "duration">,
  classes: readonly string[] = top.map(({ label }) => label).sort(),
): Annotation {
  const colours = classColours(classes);
  const inOrder = [...segments].sort((a, b) => a.start - b.start);
  return {
    duration,
    segments: inOrder.map((segment) => ({
      ...segment,
      colour: colours.get(segment.label) ?? unknownColour,
    })),
  };
}

/** Seconds by which times may differ that are meant to be the same: results have six decimals. */
const grace = 1e-6;

/** Index of the segment under way at a time: of several, the one that began last; -1 where there is none. */
export function segmentAt({ segments, duration }: Annotation, time: number): number {
  // What decodes may be a little longer than what was labelled.
  const at = Math.max(0, Math.min(time, duration - 2 * grace)) + grace;
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle]!.start <= at) low = middle + 1;
    else high = middle;
  }
  for (let index = low - 1; index >= 0; index--) {
    const { start, end } = segments[index]!;
    if (at < Math.max(end, start + 2 * grace)) return index;
  }
  return -1;
}
