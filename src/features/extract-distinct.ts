import type { ExtractOptions, FeatureExtractor } from "./feature-extractor.js";

/**
 * The features of frames, each picture computed once: a frame whose pixels are those of the frame before it, to
 * the bit, has its features. A still camera, a slide and a clip shorter than its plan give such frames.
 *
 * @param frames as {@link FeatureExtractor.extract}
 */
export async function extractDistinct(
  extractor: Pick<FeatureExtractor, "extract" | "dimension">,
  frames: Uint8Array,
  n: number,
  options: ExtractOptions = {},
): Promise<Float32Array> {
  const size = frames.length / n;
  const pictures = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength);
  /** Of each frame, its place among the distinct ones. */
  const places: number[] = [];
  const distinct: number[] = [];
  for (let i = 0; i < n; i++) {
    const isNew =
      i === 0 ||
      pictures.compare(pictures, i * size, (i + 1) * size, (i - 1) * size, i * size) !== 0;
    if (isNew) distinct.push(i);
    places.push(distinct.length - 1);
  }
  if (distinct.length === n) return extractor.extract(frames, n, options);
  const joined = Buffer.concat(distinct.map((i) => pictures.subarray(i * size, (i + 1) * size)));
  const computed = await extractor.extract(joined, distinct.length, options);
  const { dimension } = extractor;
  const features = new Float32Array(n * dimension);
  for (const [i, place] of places.entries()) {
    features.set(computed.subarray(place * dimension, (place + 1) * dimension), i * dimension);
  }
  return features;
}
