import { type Annotation, segmentAt } from "./annotation.js";
import { drawCaption } from "./overlay-caption.js";
import { layOut } from "./overlay-layout.js";
import { drawPlayhead, drawTimeline, timelineRow } from "./timeline-bar.js";

/** Draws an annotation on the frames of a video. */
export interface Overlay {
  /**
   * Draws what is to be seen at a time. The panel is drawn anew only where another segment begins.
   *
   * @param pixels uint8 RGB, row-major [height, width, 3]; written to
   * @param time seconds
   */
  draw(pixels: Uint8Array, time: number): Promise<void>;
}

/** A panel as it is laid over a frame: `pixel * (255 - alpha) + added`, all times 255. */
interface Panel {
  /** What is left of the frame, 0 … 255, one a value: [panelHeight * width * 3]. */
  readonly left: Uint8Array;
  /** Colour times alpha, one a value: [panelHeight * width * 3]. */
  readonly added: Uint16Array;
}

/** Opens the overlay for frames of a size. */
export function openOverlay(annotation: Annotation, width: number, height: number): Overlay {
  const layout = layOut(width, height);
  const timeline = timelineRow(layout, annotation);
  const { segments, duration } = annotation;
  const panelTop = height - layout.panelHeight;
  let panel: Panel | undefined;
  let drawn: number | undefined;
  return {
    async draw(pixels, time) {
      const index = segmentAt(annotation, time);
      if (!panel || index !== drawn) {
        const next = index < 0 ? segments.find(({ start }) => start > time) : segments[index + 1];
        const rgba = await drawCaption(layout, segments[index], next);
        drawTimeline(rgba, layout, timeline);
        panel = prepare(rgba);
        drawn = index;
      }
      blend(pixels, panelTop * width * 3, panel);
      drawPlayhead(pixels, layout, panelTop, duration > 0 ? Math.min(1, time / duration) : 0);
    },
  };
}

function prepare(rgba: Uint8Array): Panel {
  const pixels = rgba.length / 4;
  const left = new Uint8Array(pixels * 3);
  const added = new Uint16Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3]!;
    for (let c = 0; c < 3; c++) {
      left[3 * i + c] = 255 - alpha;
      added[3 * i + c] = rgba[4 * i + c]! * alpha;
    }
  }
  return { left, added };
}

function blend(pixels: Uint8Array, offset: number, { left, added }: Panel): void {
  for (let i = 0; i < left.length; i++) {
    const value = pixels[offset + i]! * left[i]! + added[i]!;
    // Divided by 255 and rounded, exactly, for all values that occur.
    pixels[offset + i] = ((value + 128) * 257) >>> 16;
  }
}
