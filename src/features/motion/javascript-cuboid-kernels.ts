import type { Codebook } from "./cuboid-codebook.js";
import { type CuboidKernels, createRoots, describeCuboid, sumSize } from "./cuboid-kernels.js";
import { createFisherEncoder } from "./fisher-vector.js";

/** The kernels in plain JavaScript, where there is no WebAssembly with SIMD. */
export function openJavascriptCuboids(codebooks: readonly Codebook[]): CuboidKernels {
  const encoders = codebooks.map(createFisherEncoder);
  const descriptors = codebooks.map(({ mean }) => new Float32Array(mean.length));
  const roots = createRoots((length) => new Float32Array(length));
  const sums = codebooks.map(() => new Float32Array(sumSize));
  return {
    roots,
    sums,
    add(histogram, view, place, scale) {
      const descriptor = descriptors[histogram]!;
      describeCuboid({ roots }, histogram, view, place, scale, descriptor);
      encoders[histogram]!.add(descriptor, sums[histogram]!);
    },
  };
}
