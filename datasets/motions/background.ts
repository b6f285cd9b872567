import type { Random } from "../../src/core/random.js";
import { frameHeight, frameWidth, type View } from "./camera.js";
import type { Canvas, Colour } from "./canvas.js";

/** A place to act in: a picture larger than the frame, and a pattern of light that moves over it. */
export interface Background {
  /** uint8 RGB, row-major [height, width, 3] */
  readonly pixels: Uint8Array;
  /** Smooth noise, [lightSize, lightSize], 0 to 255, repeating. */
  readonly light: Uint8Array;
  /** Brightness of the place under each value of the light, [256], 256 being the picture's own. */
  readonly brightness: Int32Array;
  /** Pixels a second. */
  readonly driftX: number;
  readonly driftY: number;
}

/** Size of the place, pixels; beyond it, it is mirrored. */
const width = 512;
const height = 384;
const lightSize = 128;

/** Draws a place: a wall or a view above, a floor below, things in between. */
export function drawBackground(random: Random, horizon: number): Background {
  const pixels = new Uint8Array(width * height * 3);
  const noise = smoothNoise(random.fork("noise"), width, 5);
  const fine = smoothNoise(random.fork("fine"), width, 2);
  const wall = pickColour(random, 60, 215);
  const wallDark = mixed(wall, pickColour(random, 20, 235), 0.35);
  const floor = pickColour(random, 50, 190);
  const pattern = random.integer(0, 4);
  const floorPattern = random.integer(0, 2);
  const period = random.integer(14, 48);
  const things = drawThings(random.fork("things"), horizon);
  const lightStrength = random.uniform(0.03, 0.15);
  const edge = horizon + (height - frameHeight) / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const soft = noise[y * width + x]!;
      const grain = fine[y * width + x]!;
      let colour: Colour;
      if (y < edge) {
        const part = wallPattern(pattern, x, y, period, soft);
        colour = mixed(wall, wallDark, part);
        for (const thing of things) {
          if (x >= thing.left && x < thing.right && y >= thing.top && y < thing.bottom) {
            const rim = Math.min(
              x - thing.left,
              thing.right - 1 - x,
              y - thing.top,
              thing.bottom - 1 - y,
            );
            colour = rim < 3 ? thing.frame : mixed(thing.colour, wallDark, 0.5 * soft);
          }
        }
      } else {
        const near = (y - edge) / (height - edge);
        const part =
          floorPattern === 0
            ? soft
            : floorPattern === 1
              ? planks(x, y, period)
              : checks(x, y, period);
        colour = mixed(
          floor,
          [0.6 * floor[0], 0.6 * floor[1], 0.6 * floor[2]],
          0.55 * part + 0.2 * (1 - near),
        );
      }
      const bright = 0.86 + 0.28 * grain;
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) pixels[at + c] = Math.min(255, colour[c as 0 | 1 | 2] * bright);
    }
  }
  return {
    pixels,
    light: Uint8Array.from(smoothNoise(random.fork("light"), lightSize, 4), (value) => 255 * value),
    brightness: Int32Array.from({ length: 256 }, (_, value) =>
      Math.round(256 * (1 + 2 * lightStrength * (value / 255 - 0.5))),
    ),
    driftX: random.uniform(-30, 30),
    driftY: random.uniform(-12, 12),
  };
}

/** Paints the place as the camera sees it at this moment. Every pixel of the canvas is set. */
export function paintBackground(
  background: Background,
  canvas: Canvas,
  view: View,
  seconds: number,
): void {
  const { pixels, light, brightness } = background;
  const columns = Int32Array.from(
    { length: frameWidth },
    (_, x) => 3 * mirroredIndex(x * view.zoom + view.offsetX + (width - frameWidth) / 2, width),
  );
  const target = new Uint8ClampedArray(canvas.pixels.buffer, canvas.pixels.byteOffset);
  const shiftX = Math.round(background.driftX * seconds) + 4096;
  const shiftY = Math.round(background.driftY * seconds) + 4096;
  let at = 0;
  for (let y = 0; y < frameHeight; y++) {
    const row =
      3 * width * mirroredIndex(y * view.zoom + view.offsetY + (height - frameHeight) / 2, height);
    const lightRow = (((y + shiftY) >> 1) % lightSize) * lightSize;
    for (let x = 0; x < frameWidth; x++) {
      const from = row + columns[x]!;
      const bright = brightness[light[lightRow + (((x + shiftX) >> 1) % lightSize)]!]!;
      target[at] = (pixels[from]! * bright) >> 8;
      target[at + 1] = (pixels[from + 1]! * bright) >> 8;
      target[at + 2] = (pixels[from + 2]! * bright) >> 8;
      at += 3;
    }
  }
}

interface Thing {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly colour: Colour;
  readonly frame: Colour;
}

/** Windows, pictures, cupboards. */
function drawThings(random: Random, horizon: number): Thing[] {
  const edge = horizon + (height - frameHeight) / 2;
  return Array.from({ length: random.integer(1, 6) }, () => {
    const wide = random.integer(24, 110);
    const high = random.integer(24, 120);
    const left = random.integer(0, width - wide);
    const stands = random.next() < 0.5;
    const bottom = stands ? edge : random.integer(Math.min(high, edge), Math.max(high, edge - 20));
    return {
      left,
      right: left + wide,
      top: bottom - high,
      bottom,
      colour: pickColour(random, 30, 235),
      frame: pickColour(random, 20, 200),
    };
  });
}

function wallPattern(pattern: number, x: number, y: number, period: number, soft: number): number {
  switch (pattern) {
    case 0:
      return soft;
    case 1:
      return x % period < period / 2 ? 0.2 : 0.8 * soft + 0.2;
    case 2: {
      const row = Math.floor(y / (period / 2));
      const joint = y % Math.ceil(period / 2) < 2 || (x + (row % 2) * (period / 2)) % period < 2;
      return joint ? 1 : 0.4 * soft;
    }
    case 3:
      return checks(x, y, period) * 0.7 + 0.3 * soft;
    default:
      return Math.min(1, y / height + 0.5 * soft);
  }
}

function planks(x: number, y: number, period: number): number {
  const board = Math.floor(y / (period / 2));
  return y % Math.ceil(period / 2) < 1
    ? 1
    : ((board * 7919 + Math.floor(x / 90) * 104729) % 13) / 16;
}

function checks(x: number, y: number, period: number): number {
  return (Math.floor(x / period) + Math.floor((2 * y) / period)) % 2;
}

/** Repeating noise in [0, 1], [size, size], of several octaves from `size / 2^octaves` cells down. */
function smoothNoise(random: Random, size: number, octaves: number): Float32Array {
  const result = new Float32Array(size * size);
  let weight = 1;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    const cells = (size >> (octaves - octave)) >> 1 || 2;
    const grid = Float32Array.from({ length: cells * cells }, () => random.next());
    const step = cells / size;
    for (let y = 0; y < size; y++) {
      const gy = y * step;
      const y0 = Math.floor(gy);
      const fy = smooth(gy - y0);
      const upper = (y0 % cells) * cells;
      const lower = ((y0 + 1) % cells) * cells;
      for (let x = 0; x < size; x++) {
        const gx = x * step;
        const x0 = Math.floor(gx);
        const fx = smooth(gx - x0);
        const left = x0 % cells;
        const right = (x0 + 1) % cells;
        const above = grid[upper + left]! * (1 - fx) + grid[upper + right]! * fx;
        const below = grid[lower + left]! * (1 - fx) + grid[lower + right]! * fx;
        result[y * size + x]! += weight * (above * (1 - fy) + below * fy);
      }
    }
    total += weight;
    weight /= 2;
  }
  return result.map((value) => value / total);
}

function smooth(part: number): number {
  return part * part * (3 - 2 * part);
}

function mirroredIndex(position: number, size: number): number {
  const period = 2 * size;
  const wrapped = ((Math.round(position) % period) + period) % period;
  return wrapped < size ? wrapped : period - 1 - wrapped;
}

/** How far the colours of walls and floors are from grey, 0 to 1: rooms are seldom garish. */
const saturation = 0.4;

function pickColour(random: Random, low: number, high: number): Colour {
  const grey = random.uniform(low, high);
  const channel = (): number => grey + saturation * (random.uniform(low, high) - grey);
  return [channel(), channel(), channel()];
}

function mixed(a: Colour, b: Colour, part: number): Colour {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}
