import { type Glyph, glyphHeight, glyphs, unknownGlyph } from "./stroke-glyphs.js";

/** Units between two glyphs. */
const spacing = 1.7;

/** Units that a stroke is thick. */
const thickness = 0.85;

/** Letters that are not a plain one with a mark on it, as the plain ones they are written with. */
const spelled: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  Æ: "AE",
  œ: "oe",
  Œ: "OE",
  ø: "o",
  Ø: "O",
  ł: "l",
  Ł: "L",
  đ: "d",
  Đ: "D",
  ı: "i",
  "–": "-",
  "—": "-",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
};

/**
 * Width of a text in the unit of its height, that of a capital. Marks on letters are left out; other characters than
 * those of ASCII are boxes.
 */
export function textWidth(text: string, height: number): number {
  const widths = glyphsOf(text).map(({ width }) => width);
  const units = widths.reduce((a, b) => a + b, 0) + spacing * Math.max(0, widths.length - 1);
  return (units * height) / glyphHeight;
}

/** A text as an element of SVG; (x, y) is the upper left corner of a capital. */
export function drawText(
  text: string,
  x: number,
  y: number,
  height: number,
  colour: string,
): string {
  let at = 0;
  const paths = glyphsOf(text).map(({ width, path }) => {
    const placed = path && `<path transform="translate(${at.toFixed(2)})" d="${path}"/>`;
    at += width + spacing;
    return placed;
  });
  const style = `fill="none" stroke="${colour}" stroke-width="${thickness}" stroke-linecap="round" stroke-linejoin="round"`;
  return `<g transform="translate(${x} ${y}) scale(${height / glyphHeight})" ${style}>${paths.join("")}</g>`;
}

/** A text cut off, with an ellipsis, where it is wider than there is room; nothing where not one letter fits. */
export function fitText(text: string, height: number, room: number): string {
  if (textWidth(text, height) <= room) return text;
  const ellipsis = "…";
  // No glyph is narrower than its spacing: what is longer than this cannot fit, however long the text is.
  const most = Math.max(0, Math.floor((room * glyphHeight) / (height * spacing)));
  const letters = [...text.slice(0, 2 * most + 2)].slice(0, most);
  while (letters.length > 0) {
    const cut = `${letters.join("").trimEnd()}${ellipsis}`;
    if (textWidth(cut, height) <= room) return cut;
    letters.pop();
  }
  return "";
}

function glyphsOf(text: string): Glyph[] {
  const plain = [...text.normalize("NFC")].map((character) => spelled[character] ?? character);
  const unmarked = plain.join("").normalize("NFKD").replace(/\p{M}/gu, "");
  return [...unmarked].map((character) =>
    Object.hasOwn(glyphs, character) ? glyphs[character]! : unknownGlyph,
  );
}
