import { glyphHeight } from "../stroke-glyphs.js";

/** Where things are drawn on a video, in pixels; y is counted from the top of the panel. */
export interface OverlayLayout {
  /** The panel covers the width of the video, up from its lower edge. */
  readonly width: number;
  readonly panelHeight: number;
  /** Room around and between things. */
  readonly margin: number;
  /** Height of a capital; 0 where the video is too small for text. */
  readonly textHeight: number;
  readonly bar: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
}

/** Height of a capital: on a video whose shorter side is 120, 240, 720 pixels it is 8, 13, 30. */
const smallestText = 8;
const textBase = 4;
const textGrowth = 0.036;

/** Videos lower or narrower than this get the timeline alone, pixels. */
const leastHeight = 48;
const leastWidth = 64;

/** How far what hangs below the line does so, as a part of a capital's height. */
const descent = (9 - glyphHeight) / glyphHeight;

/** Lays out the panel of a video of this size. */
export function layOut(width: number, height: number): OverlayLayout {
  const short = Math.min(width, height);
  if (height < leastHeight || width < leastWidth) {
    const barHeight = Math.max(1, Math.min(4, Math.floor(height / 8)));
    const bar = { left: 0, top: 0, width, height: barHeight };
    return { width, panelHeight: barHeight, margin: 0, textHeight: 0, bar };
  }
  const textHeight = Math.max(smallestText, Math.round(textBase + textGrowth * short));
  const margin = Math.max(4, Math.round(0.6 * textHeight));
  const barHeight = Math.round(0.8 * textHeight);
  const top = margin + Math.round(textHeight * (1 + descent)) + Math.round(margin / 2);
  return {
    width,
    panelHeight: top + barHeight + margin,
    margin,
    textHeight,
    bar: { left: margin, top, width: width - 2 * margin, height: barHeight },
  };
}
