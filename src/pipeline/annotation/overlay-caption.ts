import sharp from "sharp";
import { drawText, fitText, textWidth } from "../stroke-text.js";
import type { ColouredSegment } from "./annotation.js";
import type { Colour } from "./class-colours.js";
import type { OverlayLayout } from "./overlay-layout.js";

/** How much of the video the panel hides; white on it is read on snow as at night. */
const panelOpacity = 0.66;

const labelColour = "#ffffff";
const confidenceColour = "#d0d7de";
const nextColour = "#b3bcc6";

/** The word before the name of the segment that follows. */
const nextWord = "next";

/**
 * Draws the panel with its line of text: the colour, label and confidence of the segment under way, and at the right,
 * where there is room, the one that follows. The timeline is not drawn yet.
 *
 * @returns uint8 RGBA, row-major [panelHeight, width, 4], colours not multiplied by alpha
 */
export async function drawCaption(
  layout: OverlayLayout,
  current: ColouredSegment | undefined,
  next: ColouredSegment | undefined,
): Promise<Uint8Array> {
  const { width, panelHeight } = layout;
  const parts = layout.textHeight > 0 && current ? captionOf(layout, current, next) : [];
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${panelHeight}">` +
    `<rect width="${width}" height="${panelHeight}" fill-opacity="${panelOpacity}"/>${parts.join("")}</svg>`;
  return sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
}

function captionOf(
  { width, margin, textHeight }: OverlayLayout,
  current: ColouredSegment,
  next: ColouredSegment | undefined,
): string[] {
  const space = Math.round(0.6 * textHeight);
  const gap = textHeight;
  const left = margin + textHeight + space;
  const right = width - margin;
  const confidence = `${Math.floor(current.confidence * 100)} %`;
  const confidenceWidth = textWidth(confidence, textHeight);
  const whole = fitText(current.label, textHeight, right - left - gap - confidenceWidth);
  // Where even a cut label does not fit beside it, the label is worth more than the number.
  const label = whole || fitText(current.label, textHeight, right - left);
  const parts = [
    square(margin, margin, textHeight, current.colour),
    drawText(label, left, margin, textHeight, labelColour),
  ];
  let end = left + textWidth(label, textHeight);
  if (whole) {
    parts.push(drawText(confidence, end + gap, margin, textHeight, confidenceColour));
    end += gap + confidenceWidth;
  }
  if (!next) return parts;
  const wordWidth = textWidth(nextWord, textHeight);
  const needed =
    wordWidth + space + textHeight + space + textWidth(next.label.slice(0, width), textHeight);
  const from = right - needed;
  if (from < end + 2 * textHeight) return parts;
  const squareAt = from + wordWidth + space;
  return [
    ...parts,
    drawText(nextWord, from, margin, textHeight, nextColour),
    square(squareAt, margin, textHeight, next.colour),
    drawText(next.label, squareAt + textHeight + space, margin, textHeight, nextColour),
  ];
}

function square(x: number, y: number, side: number, colour: Colour): string {
  return `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="rgb(${colour.join()})"/>`;
}
