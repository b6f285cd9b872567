/**
 * Sums over a square window around each pixel, as much of it as lies in the picture; by running sums, so that a large
 * window costs no more than a small one.
 *
 * @param plane float32, row-major [height, width]
 * @param sums float32, of the same shape; written, and not the plane itself
 * @param radius pixels on each side: the window has (2 · radius + 1)² of them
 */
export function windowSums(
  plane: Float32Array,
  sums: Float32Array,
  width: number,
  radius: number,
): void {
  const height = plane.length / width;
  const columns = new Float32Array(width);
  for (let i = 0; i < Math.min(radius, height) * width; i++) columns[i % width]! += plane[i]!;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const entering = row + radius * width;
    const leaving = row - (radius + 1) * width;
    if (entering < plane.length) {
      for (let x = 0; x < width; x++) columns[x]! += plane[entering + x]!;
    }
    if (leaving >= 0) {
      for (let x = 0; x < width; x++) columns[x]! -= plane[leaving + x]!;
    }
    let sum = 0;
    for (let x = 0; x < Math.min(radius, width); x++) sum += columns[x]!;
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += columns[x + radius]!;
      if (x > radius) sum -= columns[x - radius - 1]!;
      sums[row + x] = sum;
    }
  }
}

/** Means over the windows of {@link windowSums}. */
export function windowMeans(
  plane: Float32Array,
  means: Float32Array,
  width: number,
  radius: number,
): void {
  windowSums(plane, means, width, radius);
  const height = plane.length / width;
  const inside = (at: number, side: number) =>
    Math.min(at + radius, side - 1) - Math.max(at - radius, 0) + 1;
  for (let y = 0; y < height; y++) {
    const rows = inside(y, height);
    for (let x = 0; x < width; x++) means[y * width + x]! /= rows * inside(x, width);
  }
}
