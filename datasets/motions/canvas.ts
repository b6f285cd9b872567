/** A colour: red, green, blue, each 0 to 255. */
export type Colour = readonly [number, number, number];

/** A picture under work: uint8 RGB, row-major [height, width, 3]. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Where the light comes from, in the picture: right, down, towards the viewer; of length 1. */
export type Light = readonly [number, number, number];

/** A limb on the picture: two round ends and what lies between them. Pixels. */
export interface Capsule {
  readonly ax: number;
  readonly ay: number;
  readonly ar: number;
  readonly bx: number;
  readonly by: number;
  readonly br: number;
}

/** How a surface is coloured. */
export interface Paint {
  readonly colour: Colour;
  /** A second colour in rings across the limb. */
  readonly rings?: { readonly colour: Colour; readonly count: number };
}

/** Light that reaches a surface from everywhere; the rest depends on its slope. */
const ambient = 0.58;

/** Part of its brightness that a limb keeps at its outline, so that one limb stands out from another. */
const outline = 0.66;

/** Width of the outline, pixels. */
const outlineWidth = 1.1;

/** Draws a limb as a rounded, lit, antialiased body. */
export function drawCapsule(canvas: Canvas, capsule: Capsule, paint: Paint, light: Light): void {
  const { ax, ay, ar, bx, by, br } = capsule;
  const { width, height, pixels } = canvas;
  const left = Math.max(0, Math.floor(Math.min(ax - ar, bx - br) - 1));
  const right = Math.min(width - 1, Math.ceil(Math.max(ax + ar, bx + br) + 1));
  const top = Math.max(0, Math.floor(Math.min(ay - ar, by - br) - 1));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(ay + ar, by + br) + 1));
  const dx = bx - ax;
  const dy = by - ay;
  const squared = dx * dx + dy * dy || 1e-6;
  const rings = paint.rings;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - ax;
      const py = y + 0.5 - ay;
      const along = Math.min(Math.max((px * dx + py * dy) / squared, 0), 1);
      const ox = px - along * dx;
      const oy = py - along * dy;
      const radius = ar + along * (br - ar);
      const distance = Math.sqrt(ox * ox + oy * oy);
      const cover = Math.min(radius - distance + 0.5, 1);
      if (cover <= 0) continue;
      const nx = ox / radius;
      const ny = oy / radius;
      const nz = Math.sqrt(Math.max(0, 1 - nx * nx - ny * ny));
      let shade =
        ambient + (1 - ambient) * Math.max(0, nx * light[0] + ny * light[1] + nz * light[2]) * 1.25;
      if (radius > 2.5 && distance > radius - outlineWidth) shade *= outline;
      const colour =
        rings && Math.floor(along * rings.count) % 2 === 1 ? rings.colour : paint.colour;
      blend(pixels, (y * width + x) * 3, colour, shade, cover);
    }
  }
}

/** Draws a convex polygon, flat and antialiased. Corners go round in either sense; pixels. */
export function drawPolygon(
  canvas: Canvas,
  corners: readonly (readonly [number, number])[],
  colour: Colour,
  shade: number,
): void {
  const { width, height, pixels } = canvas;
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const left = Math.max(0, Math.floor(Math.min(...xs) - 1));
  const right = Math.min(width - 1, Math.ceil(Math.max(...xs) + 1));
  const top = Math.max(0, Math.floor(Math.min(...ys) - 1));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(...ys) + 1));
  let area = 0;
  const edges = corners.map(([x, y], index) => {
    const [nextX, nextY] = corners[(index + 1) % corners.length]!;
    area += x * nextY - nextX * y;
    const length = Math.hypot(nextX - x, nextY - y) || 1;
    return { x, y, nx: (nextY - y) / length, ny: (x - nextX) / length };
  });
  const inwards = area > 0 ? -1 : 1;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      let inside = 1;
      for (const edge of edges) {
        const depth = inwards * ((x + 0.5 - edge.x) * edge.nx + (y + 0.5 - edge.y) * edge.ny);
        inside = Math.min(inside, depth + 0.5);
      }
      if (inside > 0) blend(pixels, (y * width + x) * 3, colour, shade, inside);
    }
  }
}

/**
 * Marks a limb's shadow on the ground: the larger of what is there and how far the limb covers it.
 *
 * @param flatness height over width of a circle on the ground as it is seen
 */
export function markShadow(
  mask: Float32Array,
  canvas: Canvas,
  capsule: Capsule,
  flatness: number,
): void {
  const { ax, ay, ar, bx, by, br } = capsule;
  const { width, height } = canvas;
  const soft = 2;
  const reach = Math.max(ar, br) + soft;
  const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
  const right = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + reach));
  const top = Math.max(0, Math.floor(Math.min(ay, by) - reach * flatness));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(ay, by) + reach * flatness));
  const dx = bx - ax;
  const dy = (by - ay) / flatness;
  const squared = dx * dx + dy * dy || 1e-6;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - ax;
      const py = (y + 0.5 - ay) / flatness;
      const along = Math.min(Math.max((px * dx + py * dy) / squared, 0), 1);
      const ox = px - along * dx;
      const oy = py - along * dy;
      const cover = (ar + along * (br - ar) - Math.sqrt(ox * ox + oy * oy) + soft) / (2 * soft);
      const index = y * width + x;
      if (cover > mask[index]!) mask[index] = Math.min(cover, 1);
    }
  }
}

/** Darkens the picture where the mask is set, and clears the mask. */
export function applyShadow(mask: Float32Array, canvas: Canvas, strength: number): void {
  const { pixels } = canvas;
  for (let i = 0; i < mask.length; i++) {
    const amount = mask[i]!;
    if (amount === 0) continue;
    const kept = 1 - strength * amount;
    pixels[3 * i] = pixels[3 * i]! * kept;
    pixels[3 * i + 1] = pixels[3 * i + 1]! * kept;
    pixels[3 * i + 2] = pixels[3 * i + 2]! * kept;
    mask[i] = 0;
  }
}

function blend(pixels: Uint8Array, at: number, colour: Colour, shade: number, cover: number): void {
  for (let c = 0; c < 3; c++) {
    const value = Math.min(255, colour[c as 0 | 1 | 2] * shade);
    pixels[at + c] = pixels[at + c]! + (value - pixels[at + c]!) * cover;
  }
}
