import { type Annotation, segmentAt } from "./annotation.js";
import type { Colour } from "./class-colours.js";
import type { OverlayLayout } from "./overlay-layout.js";

/** Colour of the timeline where no segment is, and of the lines between them. */
const groundColour: Colour = [24, 27, 31];

/** Segments narrower than this have no line between them, pixels. */
const leastForLine = 4;

/**
 * The timeline: the segments in their colours, with a dark line where one ends. Columns take the segment at their
 * middle, however many there are.
 *
 * @returns one row of it, uint8 RGBA [bar.width, 4]
 */
export function timelineRow({ bar }: OverlayLayout, annotation: Annotation): Uint8Array {
  const { segments, duration } = annotation;
  const perColumn = duration / bar.width;
  const widthOf = (index: number): number => {
    const segment = segments[index];
    return segment ? (segment.end - segment.start) / perColumn : Number.POSITIVE_INFINITY;
  };
  const row = new Uint8Array(bar.width * 4);
  let before: number | undefined;
  for (let x = 0; x < bar.width; x++) {
    const index = segmentAt(annotation, (x + 0.5) * perColumn);
    const isLine =
      index !== (before ?? index) &&
      widthOf(index) >= leastForLine &&
      widthOf(before ?? index) >= leastForLine;
    row.set(isLine ? groundColour : (segments[index]?.colour ?? groundColour), 4 * x);
    row[4 * x + 3] = 255;
    before = index;
  }
  return row;
}

/**
 * Draws the timeline on the panel.
 *
 * @param panel uint8 RGBA, row-major [panelHeight, width, 4]; written to
 */
export function drawTimeline(
  panel: Uint8Array,
  { bar, width }: OverlayLayout,
  row: Uint8Array,
): void {
  for (let y = bar.top; y < bar.top + bar.height; y++) panel.set(row, (y * width + bar.left) * 4);
}

/**
 * Draws the playhead on a frame: a white line with dark edges, a little taller than the timeline.
 *
 * @param pixels uint8 RGB, row-major [height, width, 3]; written to
 * @param panelTop row of the frame that the panel begins at
 * @param part of the video that is over, in [0, 1]
 */
export function drawPlayhead(
  pixels: Uint8Array,
  layout: OverlayLayout,
  panelTop: number,
  part: number,
): void {
  const { bar, width, panelHeight } = layout;
  const thickness = Math.max(2, Math.round(bar.height / 6));
  const overhang = layout.textHeight > 0 ? Math.max(2, Math.round(bar.height / 5)) : 0;
  const middle = bar.left + Math.round(part * (bar.width - 1));
  const left = middle - Math.floor(thickness / 2);
  const first = panelTop + Math.max(0, bar.top - overhang);
  const last = panelTop + Math.min(panelHeight, bar.top + bar.height + overhang);
  for (let x = Math.max(0, left - 1); x <= Math.min(width - 1, left + thickness); x++) {
    const value = x < left || x >= left + thickness ? 0 : 255;
    for (let y = first; y < last; y++) {
      const at = (y * width + x) * 3;
      pixels.fill(value, at, at + 3);
    }
  }
}
