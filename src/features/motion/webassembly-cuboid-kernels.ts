import { openWebAssembly } from "../../core/webassembly.js";
import type { Codebook } from "./cuboid-codebook.js";
import {
  type CuboidKernels,
  createRoots,
  planeSizes,
  quarterBelow,
  quarterRight,
  sumSize,
  views,
} from "./cuboid-kernels.js";
import { cuboidKernelsBase64 } from "./cuboid-kernels-wasm.js";
import { cuboidParameters } from "./cuboid-parameters.js";
import { histogramBins } from "./orientation-histograms.js";

/** What cuboid-kernels.wat exports. Pointers are bytes. */
interface Exports {
  encode(
    first: number,
    second: number,
    right: number,
    below: number,
    bins: number,
    book: number,
    scale: number,
    sum: number,
    scratch: number,
  ): void;
}

const { words, components, parts } = cuboidParameters;

const floatBytes = Float32Array.BYTES_PER_ELEMENT;

/** Arrays begin at multiples of this many values. */
const alignment = 4;

const aligned = (length: number): number => Math.ceil(length / alignment) * alignment;

/**
 * The kernels in WebAssembly with SIMD.
 *
 * @returns undefined where this machine has no WebAssembly with SIMD
 */
export function openWebAssemblyCuboids(codebooks: readonly Codebook[]): CuboidKernels | undefined {
  const books = codebooks.map(bookOf);
  const scratchSize = words * components + words;
  const rootSizes = planeSizes.flatMap((size) => views.flatMap(() => Array(parts).fill(size)));
  const sizes = [scratchSize, ...books.map(({ length }) => length), ...books.map(() => sumSize)];
  const total = [...sizes, ...rootSizes].reduce((sum, size) => sum + aligned(size), 0);
  const opened = openWebAssembly(cuboidKernelsBase64, total * floatBytes);
  if (!opened) return undefined;
  const { encode } = opened.exports as unknown as Exports;
  let end = 0;
  const room = (length: number): Float32Array => {
    const array = new Float32Array(opened.buffer, end, length);
    end += aligned(length) * floatBytes;
    return array;
  };
  const scratch = room(scratchSize).byteOffset;
  const bookPlaces = books.map((book) => {
    const place = room(book.length);
    place.set(book);
    return place.byteOffset;
  });
  const sums = books.map(() => room(sumSize));
  const roots = createRoots(room);
  return {
    roots,
    sums,
    add(histogram, view, place, scale) {
      const bytes = histogramBins[histogram]! * floatBytes;
      const [first, second] = roots[view][histogram]!;
      const right = quarterRight * bytes;
      const start = place * bytes + (view === "mirrored" ? right : 0);
      encode(
        first!.byteOffset + start,
        second!.byteOffset + start,
        view === "mirrored" ? -right : right,
        quarterBelow * bytes,
        histogramBins[histogram]!,
        bookPlaces[histogram]!,
        scale,
        sums[histogram]!.byteOffset,
        scratch,
      );
    },
  };
}

/** A codebook as the kernel reads it. */
function bookOf({ mean, axes, weights, means, deviations }: Codebook): Float32Array {
  const offsets = Array.from({ length: components }, (_, d) => {
    let sum = 0;
    for (const [i, value] of mean.entries()) sum -= value * axes[i * components + d]!;
    return sum;
  });
  const ofWords = Array.from(weights, (_, k) => {
    const own = [k * components, (k + 1) * components] as const;
    return [...means.slice(...own), ...deviations.slice(...own).map((deviation) => 1 / deviation)];
  });
  const factors = Array.from(weights, (weight, k) => {
    let log = Math.log(weight);
    for (let d = 0; d < components; d++) log -= Math.log(deviations[k * components + d]!);
    return log;
  });
  return Float32Array.from([
    ...offsets,
    ...axes,
    ...ofWords.flat(),
    ...factors,
    ...Array.from(weights, (weight) => 1 / Math.sqrt(weight)),
  ]);
}
