import { defaultCacheDirectory } from "../core/cache-directory.js";
import { type ContentStore, openContentStore } from "../core/content-store.js";
import { MuybridgeError } from "../core/errors.js";
import { openOnnxSession } from "../onnx/session.js";
import { uint8 } from "../onnx/tensor.js";
import {
  type CatalogueEntry,
  catalogueEntry,
  defaultCnn,
  describeFeatureExtractor,
} from "./catalogue.js";
import type { FeatureExtractor } from "./feature-extractor.js";
import { readTflite } from "./tflite/read-tflite.js";
import { tfliteToOnnx } from "./tflite/tflite-to-onnx.js";

/** Options of {@link openFeatureExtractor}. */
export interface FeatureExtractorOptions {
  /** What computes. */
  readonly engine?: "onnx";
  /** Threads. Default 1: a process per core beats threads. */
  readonly threads?: number;
  /** Where the converted network is kept. Default: the cache directory. */
  readonly store?: ContentStore;
}

/** Frames computed at once: larger batches were no faster, and take more memory. */
const framesAtOnce = 4;

/**
 * Opens a CNN as a feature extractor. The conversion of its weights is kept in the cache.
 *
 * @param name of the catalogue
 * @throws MuybridgeError ERR_USAGE for an unknown name or engine, ERR_WEIGHTS_UNAVAILABLE, ERR_MODEL_INVALID.
 */
export async function openFeatureExtractor(
  name: string = defaultCnn,
  options: FeatureExtractorOptions = {},
): Promise<FeatureExtractor> {
  const { engine = "onnx", threads = 1 } = options;
  if (engine !== "onnx") {
    throw new MuybridgeError(
      "ERR_USAGE",
      `There is no engine "${String(engine)}"; there is onnx.`,
      {
        parameter: "engine",
      },
    );
  }
  const entry = catalogueEntry(name);
  const { digest } = describeFeatureExtractor(name);
  const store = options.store ?? openContentStore(defaultCacheDirectory());
  const session = await openOnnxSession(await convertedNetwork(entry, digest, store), { threads });
  const { dimension, inputSize } = entry;
  const frameSize = inputSize * inputSize * 3;
  const close = (): Promise<void> => session.close();
  return {
    id: name,
    digest,
    dimension,
    inputSize,
    async extract(frames, n, { signal } = {}) {
      if (!Number.isInteger(n) || n < 1 || frames.length !== n * frameSize) {
        throw new RangeError(
          `frames must hold n * ${frameSize} bytes, n at least 1; it holds ${frames.length}.`,
        );
      }
      const features = new Float32Array(n * dimension);
      for (let first = 0; first < n; first += framesAtOnce) {
        signal?.throwIfAborted();
        const count = Math.min(framesAtOnce, n - first);
        const part = frames.subarray(first * frameSize, (first + count) * frameSize);
        const output = await session.run({ frames: uint8(part, [count, inputSize, inputSize, 3]) });
        features.set(output.features!.data as Float32Array, first * dimension);
      }
      return features;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The network as ONNX, from the cache or freshly converted. A cache that fails costs a second, not the work. */
async function convertedNetwork(
  entry: CatalogueEntry,
  digest: string,
  store: ContentStore,
): Promise<Uint8Array> {
  const key = `cnn:${digest}`;
  const kept = await store.get(key).catch(() => undefined);
  if (kept) return kept.data;
  const model = readTflite(await entry.read(), entry.name);
  const converted = tfliteToOnnx(model, entry);
  await store.put(key, converted).catch(() => undefined);
  return converted;
}
