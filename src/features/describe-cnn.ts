import type { ContentStore } from "../core/content-store.js";
import { calibrated } from "./calibration.js";
import type { CnnChoice } from "./cnn-choice.js";
import { resolveCnn } from "./resolve-cnn.js";

/** What is known of a network without computing. */
export interface CnnDescription {
  /** Catalogue name, or the file's path. */
  readonly id: string;
  /** SHA-256 of all that decides the features: weights, layer, preprocessing, engine, precision. */
  readonly digest: string;
  /** Values a frame gives. */
  readonly dimension: number;
  /** Side of the square frames it takes, in pixels. */
  readonly inputSize: number;
}

/**
 * Describes a network without loading it where that can be: one of the catalogue, or a file that was opened
 * before. What is learnt by opening one is kept in the store.
 *
 * @throws MuybridgeError as `openFeatureExtractor`.
 */
export async function describeCnn(choice: CnnChoice, store: ContentStore): Promise<CnnDescription> {
  const settled = await calibrated(choice, store);
  const { id, digest, entry, preprocessing, layer } = await resolveCnn(settled);
  if (entry && layer === entry.layer && preprocessing.inputSize !== undefined) {
    return { id, digest, dimension: entry.dimension, inputSize: preprocessing.inputSize };
  }
  const key = `cnn-facts:${digest}`;
  const known = await store.metadata(key).catch(() => undefined);
  if (known) return { id, digest, ...(known as { dimension: number; inputSize: number }) };
  // Late: engines and readers of files take time to load, and a cached answer needs none.
  const { openFeatureExtractor } = await import("./open-feature-extractor.js");
  await using extractor = await openFeatureExtractor(choice.cnn, { ...settled, store });
  const { dimension, inputSize } = extractor;
  await store.put(key, "", { dimension, inputSize }).catch(() => undefined);
  return { id, digest, dimension, inputSize };
}
