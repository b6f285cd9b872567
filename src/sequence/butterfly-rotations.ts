import type { Random } from "../core/random.js";

/**
 * Butterflies one after the other, shuffled between. One reaches every column, but leaves a few large values and many
 * small ones. After three the values look normal, as those of a matrix drawn evenly from all orthogonal ones do: their
 * kurtosis is 3.1 for 512 rows of 2048, where it would be 3.0.
 */
const butterflies = 3;

/** Rotations of pairs of columns that no other rotation of the layer touches. */
interface Layer {
  readonly stride: number;
  /** Of the rotation of column c with column c + stride, at c. */
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/**
 * Fills [rows, columns], rows ≤ columns, with orthonormal rows: the first rows of a product of random rotations of two
 * columns each, laid out as the butterflies of a fast Fourier transform (Genz 1998, "Methods for generating random
 * orthogonal matrices"). Rotations keep lengths and angles, so that the rows are orthonormal to float32 rounding
 * whatever their number; the time is that of rows · columns · log(columns) rotations.
 */
export function butterflyRotations(
  data: Float32Array,
  rows: number,
  columns: number,
  random: Random,
): void {
  const rounds = Array.from({ length: butterflies }, () => ({
    order: Uint32Array.from(random.shuffle(Array.from({ length: columns }, (_, c) => c))),
    layers: drawLayers(columns, random),
  }));
  let current = new Float64Array(columns);
  let shuffled = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    current.fill(0);
    current[row] = 1;
    for (const { order, layers } of rounds) {
      for (let c = 0; c < columns; c++) shuffled[c] = current[order[c]!]!;
      [current, shuffled] = [shuffled, current];
      for (const layer of layers) rotate(current, layer);
    }
    data.set(current, row * columns);
  }
}

/** Layers of strides 1, 2, 4 … below the number of columns, each rotation by an angle of its own. */
function drawLayers(columns: number, random: Random): Layer[] {
  const layers: Layer[] = [];
  for (let stride = 1; stride < columns; stride *= 2) {
    const cosines = new Float64Array(columns);
    const sines = new Float64Array(columns);
    for (let c = 0; c < columns; c++) {
      const angle = random.uniform(0, 2 * Math.PI);
      cosines[c] = Math.cos(angle);
      sines[c] = Math.sin(angle);
    }
    layers.push({ stride, cosines, sines });
  }
  return layers;
}

function rotate(values: Float64Array, { stride, cosines, sines }: Layer): void {
  for (let block = 0; block + stride < values.length; block += 2 * stride) {
    const end = Math.min(block + stride, values.length - stride);
    for (let c = block; c < end; c++) {
      const a = values[c]!;
      const b = values[c + stride]!;
      values[c] = cosines[c]! * a - sines[c]! * b;
      values[c + stride] = sines[c]! * a + cosines[c]! * b;
    }
  }
}
