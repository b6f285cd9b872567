import { mirroredBins } from "../features/motion/orientation-histograms.js";
import { motionDimension, motionParameters } from "../features/streams/motion-parameters.js";
import type { FeatureBlock } from "./feature-blocks.js";

/**
 * For each value of a motion vector, the one that has its place when the picture is mirrored: columns change sides, and
 * what goes to the right goes to the left.
 */
const mirroredMotion: Int32Array = mirrorMotion();

function mirrorMotion(): Int32Array {
  const { rows, columns } = motionParameters;
  const mirror = new Int32Array(motionDimension);
  let start = 0;
  for (const turned of mirroredBins) {
    const bins = turned.length;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cell = start + (row * columns + column) * bins;
        const other = start + (row * columns + (columns - 1 - column)) * bins;
        for (const [bin, turnedBin] of turned.entries()) mirror[cell + bin] = other + turnedBin;
      }
    }
    start += rows * columns * bins;
  }
  return mirror;
}

/**
 * For each value of the blocks' vectors, the one that has its place when the picture is mirrored; undefined where that
 * is known of no block. Cuboids stay as they are, and a CNN's values are taken to, as it was trained with mirrored pictures.
 */
export function mirrorOf(blocks: readonly FeatureBlock[]): Int32Array | undefined {
  const isMotion = ({ name, dimension }: FeatureBlock): boolean =>
    name === "motion" && dimension === motionDimension;
  if (!blocks.some(isMotion)) return undefined;
  const mirror: number[] = [];
  for (const block of blocks) {
    const start = mirror.length;
    for (let d = 0; d < block.dimension; d++) {
      mirror.push(start + (isMotion(block) ? mirroredMotion[d]! : d));
    }
  }
  return Int32Array.from(mirror);
}

/**
 * A clip's features as they would be of its mirror image.
 *
 * @param features float32 [T, mirror.length]
 */
export function mirrored(features: Float32Array, mirror: Int32Array): Float32Array {
  const width = mirror.length;
  const turned = new Float32Array(features.length);
  for (let start = 0; start < features.length; start += width) {
    for (let d = 0; d < width; d++) turned[start + d] = features[start + mirror[d]!]!;
  }
  return turned;
}

/** Mirror images of clips; none where that is known of no block. */
export function mirrorImages<Clip extends { readonly features: Float32Array }>(
  clips: readonly Clip[],
  blocks: readonly FeatureBlock[],
): Clip[] {
  const mirror = mirrorOf(blocks);
  return mirror
    ? clips.map((clip) => ({ ...clip, features: mirrored(clip.features, mirror) }))
    : [];
}
