/** Height of the glyphs in units of their paths; they are drawn from the top, y downwards. */
const glyphHeight = 7;

/** Units between two glyphs. */
const spacing = 1.7;

/** Units that a stroke is thick. */
const thickness = 0.85;

/** A glyph: how wide it is, and the path its pen takes. */
interface Glyph {
  readonly width: number;
  readonly path: string;
}

/**
 * Glyphs of times. Drawn here and not taken from a font, because a server often has none, and text without a font
 * comes out as nothing or as boxes.
 */
const glyphs: Readonly<Record<string, Glyph>> = {
  "0": { width: 4, path: "M2 0C3.4 0 4 1.3 4 3.5S3.4 7 2 7 0 5.7 0 3.5.6 0 2 0Z" },
  "1": { width: 4, path: "M.7 1.5 2.3 0V7" },
  "2": { width: 4, path: "M.2 1.9C.2.8 1 0 2 0S3.8.7 3.8 1.8C3.8 3 2.8 3.9.1 7H4" },
  "3": {
    width: 4,
    path: "M.3.9C.7.3 1.3 0 2 0 3 0 3.7.7 3.7 1.7S3 3.3 1.6 3.3C3.2 3.3 4 4.1 4 5.1S3.2 7 2 7C1.2 7 .5 6.7.1 6",
  },
  "4": { width: 4, path: "M3 7V0L0 4.9H4" },
  "5": {
    width: 4,
    path: "M3.6 0H.8L.5 3.2C.9 2.8 1.4 2.6 2 2.6 3.2 2.6 4 3.5 4 4.8S3.2 7 2 7C1.2 7 .5 6.7.1 6",
  },
  "6": {
    width: 4,
    path: "M3.5.7C3.1.2 2.6 0 2.1 0 .8 0 0 1.5 0 3.8 0 5.9.8 7 2 7S4 6.1 4 4.8 3.2 2.7 2 2.7 0 3.6 0 4.6",
  },
  "7": { width: 4, path: "M.1 0H4L1.5 7" },
  "8": {
    width: 4,
    path: "M2 3.2C1 3.2.4 2.6.4 1.6S1 0 2 0 3.6.6 3.6 1.6 3 3.2 2 3.2C.8 3.2 0 4 0 5.1S.8 7 2 7 4 6.2 4 5.1 3.2 3.2 2 3.2Z",
  },
  "9": {
    width: 4,
    path: "M.5 6.3C.9 6.8 1.4 7 1.9 7 3.2 7 4 5.5 4 3.2 4 1.1 3.2 0 2 0S0 .9 0 2.2.8 4.3 2 4.3 4 3.4 4 2.4",
  },
  ":": { width: 0.6, path: "M.3 1.9v.01M.3 5.3v.01" },
  ".": { width: 0.6, path: "M.3 6.9v.01" },
};

/** Width of a text of digits, colons and points, in the unit of its height. */
export function textWidth(text: string, height: number): number {
  const widths = [...text].map((character) => glyphs[character]!.width);
  const units = widths.reduce((a, b) => a + b, 0) + spacing * (widths.length - 1);
  return (units * height) / glyphHeight;
}

/** A text of digits, colons and points as an element of SVG; (x, y) is its upper left corner. */
export function drawText(
  text: string,
  x: number,
  y: number,
  height: number,
  colour: string,
): string {
  let at = 0;
  const paths = [...text].map((character) => {
    const { width, path } = glyphs[character]!;
    const placed = `<path transform="translate(${at.toFixed(2)})" d="${path}"/>`;
    at += width + spacing;
    return placed;
  });
  const style = `fill="none" stroke="${colour}" stroke-width="${thickness}" stroke-linecap="round" stroke-linejoin="round"`;
  return `<g transform="translate(${x} ${y}) scale(${height / glyphHeight})" ${style}>${paths.join("")}</g>`;
}
