import type { ContentStore } from "../core/content-store.js";
import { calibrated } from "./calibration.js";
import type { CnnChoice } from "./cnn-choice.js";
import { type ResolvedCnn, resolveCnn } from "./resolve-cnn.js";

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
  /** Whether it takes frames of other sides as well. */
  readonly takesAnySize: boolean;
}

/**
 * Describes a network without loading it where that can be: one of the catalogue, or a file that was opened
 * before; undefined where it has to be opened, as {@link describeCnn} does.
 *
 * @throws MuybridgeError as `openFeatureExtractor`, for what shows without opening it.
 */
export async function knownCnn(
  choice: CnnChoice,
  store: ContentStore,
): Promise<CnnDescription | undefined> {
  return describeKnown(await resolveCnn(await calibrated(choice, store)), store);
}

/**
 * Describes a network, opening it where it must be. What is learnt by that is kept in the store. Preparing a file runs
 * what is in it, however long that takes and however much memory: a file of unknown origin is better described in a
 * process that can be ended.
 *
 * @throws MuybridgeError as `openFeatureExtractor`.
 */
export async function describeCnn(choice: CnnChoice, store: ContentStore): Promise<CnnDescription> {
  const settled = await calibrated(choice, store);
  const cnn = await resolveCnn(settled);
  const known = await describeKnown(cnn, store);
  if (known) return known;
  // Late: engines and readers of files take time to load, and a cached answer needs none.
  const { openFeatureExtractor } = await import("./open-feature-extractor.js");
  await using extractor = await openFeatureExtractor(choice.cnn, { ...settled, store });
  const { dimension, inputSize } = extractor;
  await store.put(factsKey(cnn), "", { dimension, inputSize }).catch(() => undefined);
  return { id: cnn.id, digest: cnn.digest, dimension, inputSize, takesAnySize: cnn.takesAnySize };
}

async function describeKnown(
  cnn: ResolvedCnn,
  store: ContentStore,
): Promise<CnnDescription | undefined> {
  const { id, digest, entry, preprocessing, layer, takesAnySize } = cnn;
  const facts = { id, digest, takesAnySize };
  if (entry && layer === entry.layer && preprocessing.inputSize !== undefined) {
    return { ...facts, dimension: entry.dimension, inputSize: preprocessing.inputSize };
  }
  const known = await store.metadata(factsKey(cnn)).catch(() => undefined);
  return known ? { ...facts, ...(known as { dimension: number; inputSize: number }) } : undefined;
}

function factsKey({ digest }: ResolvedCnn): string {
  return `cnn-facts:${digest}`;
}
