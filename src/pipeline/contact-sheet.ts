import sharp from "sharp";
import { drawText, textWidth } from "./stroke-text.js";

/** A frame for a contact sheet. */
export interface SheetFrame {
  /** Path of the frame's picture. */
  readonly file: string;
  /** Seconds. */
  readonly time: number;
}

/** Most frames of a sheet; of more, as many are shown, spread evenly. */
const maxTiles = 60;

/** Longest side of a tile, and the longest that a small frame is enlarged to; pixels. */
const tileSide = 240;
const smallTileSide = 128;

/** Least width of a tile, so that a time with hours and the frame's number fit below it; pixels. */
const minTileWidth = 128;

/** Longest side of a tile over the other: a film strip of a frame is shown with bars. */
const maxTileRatio = 3;

/** Width over height that a whole sheet should have. */
const sheetRatio = 1.6;

/** Pixels around the sheet, between tiles, and of the line below a tile with its digits. */
const margin = 20;
const gap = 12;
const captionHeight = 28;
const digitHeight = 12;

const background = "#15181c";
const timeColour = "#e6edf3";
const numberColour = "#7d8794";

/** JPEG quality of a sheet. */
const quality = 88;

/**
 * Writes a contact sheet as JPEG: the frames in rows, below each its time at the left and its number at the right.
 *
 * @param frames all frames, at least one; of equal size
 */
export async function writeContactSheet(
  frames: readonly SheetFrame[],
  target: string,
): Promise<void> {
  const shown = spread(frames.length, maxTiles);
  const { width: frameWidth = 1, height: frameHeight = 1 } = await sharp(
    frames[0]!.file,
  ).metadata();
  const tile = tileSize(frameWidth, frameHeight);
  const cell = { width: tile.width + gap, height: tile.height + captionHeight + gap };
  const columns = chooseColumns(shown.length, cell.width / cell.height);
  const rows = Math.ceil(shown.length / columns);
  const width = 2 * margin + columns * cell.width - gap;
  const height = 2 * margin + rows * cell.height - gap;
  const captions: string[] = [];
  const tiles = [];
  for (const [i, index] of shown.entries()) {
    const left = margin + (i % columns) * cell.width;
    const top = margin + Math.floor(i / columns) * cell.height;
    const { file, time } = frames[index]!;
    const input = await sharp(file)
      .resize(tile.width, tile.height, { fit: "contain", background })
      .png({ compressionLevel: 1 })
      .toBuffer();
    tiles.push({ input, left, top });
    const baseline = top + tile.height + (captionHeight - digitHeight) / 2;
    const number = String(index + 1);
    const right = left + tile.width - textWidth(number, digitHeight);
    captions.push(
      drawText(formatTime(time), left, baseline, digitHeight, timeColour),
      drawText(number, right, baseline, digitHeight, numberColour),
    );
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${captions.join("")}</svg>`;
  await sharp({ create: { width, height, channels: 3, background } })
    .composite([...tiles, { input: Buffer.from(svg), left: 0, top: 0 }])
    .jpeg({ quality, chromaSubsampling: "4:4:4" })
    .toFile(target);
}

/** Indices of at most `most` of n things: all, or the middles of equal parts. */
function spread(n: number, most: number): number[] {
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * n) / count));
}

function tileSize(width: number, height: number): { width: number; height: number } {
  const longest = Math.max(width, height);
  const side = Math.min(tileSide, Math.max(smallTileSide, longest));
  const ratio = Math.min(Math.max(width / height, 1 / maxTileRatio), maxTileRatio);
  return ratio >= 1
    ? { width: side, height: Math.round(side / ratio) }
    : { width: Math.max(minTileWidth, Math.round(side * ratio)), height: side };
}

/** Columns that bring the sheet near its shape, and among those the ones that leave the fewest places empty. */
function chooseColumns(tiles: number, cellRatio: number): number {
  const best = Math.sqrt((tiles * sheetRatio) / cellRatio);
  const candidates = Array.from({ length: tiles }, (_, i) => i + 1).filter(
    (columns) => columns >= best / 1.35 && columns <= best * 1.35,
  );
  const empty = (columns: number): number => Math.ceil(tiles / columns) * columns - tiles;
  const ranked = candidates.sort(
    (a, b) => empty(a) - empty(b) || Math.abs(a - best) - Math.abs(b - best),
  );
  return ranked[0] ?? Math.max(1, Math.min(tiles, Math.round(best)));
}

/** Seconds as 1:02.50, or 1:00:02.50 from an hour on. */
function formatTime(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [whole, part] = [Math.floor(hundredths / 100), two(hundredths % 100)];
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const start = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${start}:${two(whole % 60)}.${part}`;
}
