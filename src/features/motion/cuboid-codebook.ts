import { cuboidParameters, descriptorSizes } from "./cuboid-parameters.js";
import { cuboidWordsBase64 } from "./cuboid-words.js";

const { words, components } = cuboidParameters;

/** The words of one histogram: a mixture of Gaussians over principal components of its descriptors. */
export interface Codebook {
  /** float32 [size] of descriptors */
  readonly mean: Float32Array;
  /** float32 [size, components], orthonormal */
  readonly axes: Float32Array;
  /** float32 [words], together 1 */
  readonly weights: Float32Array;
  /** float32 [words, components] */
  readonly means: Float32Array;
  /** float32 [words, components] */
  readonly deviations: Float32Array;
}

/** Numbers of a codebook whose descriptors have so many values, part after part. */
const partSizes = (size: number): number[] => [
  size,
  size * components,
  words,
  words * components,
  words * components,
];

/** Reads codebooks, of each histogram after the other, from the float32 that {@link packCodebooks} made. */
export function unpackCodebooks(numbers: Float32Array): Codebook[] {
  let at = 0;
  return descriptorSizes.map((size) => {
    const [mean, axes, weights, means, deviations] = partSizes(size).map((length) => {
      at += length;
      return numbers.subarray(at - length, at);
    }) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
    return { mean, axes, weights, means, deviations };
  });
}

/** Joins codebooks to one list of numbers. */
export function packCodebooks(codebooks: readonly Codebook[]): Float32Array {
  return Float32Array.from(
    codebooks.flatMap(({ mean, axes, weights, means, deviations }) => [
      ...mean,
      ...axes,
      ...weights,
      ...means,
      ...deviations,
    ]),
  );
}

/** The codebooks that the cuboids stream uses, one a histogram: learned from the motions data set. */
export function usualCodebooks(): Codebook[] {
  const bytes = Buffer.from(cuboidWordsBase64, "base64");
  return unpackCodebooks(new Float32Array(new Uint8Array(bytes).buffer));
}
