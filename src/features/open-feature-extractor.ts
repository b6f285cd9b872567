import { defaultCacheDirectory } from "../core/cache-directory.js";
import { openContentStore } from "../core/content-store.js";
import { defaultCnn } from "./catalogue.js";
import type { CnnChoice } from "./cnn-choice.js";
import type { FeatureExtractor, OpenOptions } from "./feature-extractor.js";
import { openOnnxExtractor } from "./onnx-extractor.js";
import { resolveCnn } from "./resolve-cnn.js";
import { openTfjsExtractor } from "./tfjs/tfjs-extractor.js";

/** Options of {@link openFeatureExtractor}. */
export type FeatureExtractorOptions = Omit<CnnChoice, "cnn"> & OpenOptions;

/**
 * Opens a CNN as a feature extractor. What its file is turned into is kept in the cache.
 *
 * @param nameOrFile a name of the catalogue; or a file: .onnx, .tflite, or a TensorFlow.js model.json
 * @throws MuybridgeError ERR_USAGE for an unknown name, layer or engine, ERR_WEIGHTS_UNAVAILABLE,
 * ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID.
 */
export async function openFeatureExtractor(
  nameOrFile: string = defaultCnn,
  options: FeatureExtractorOptions = {},
): Promise<FeatureExtractor> {
  const { threads = 1, store: given, device, onWarning, ...choice } = options;
  const cnn = await resolveCnn({ ...choice, cnn: nameOrFile });
  const store = given ?? openContentStore(defaultCacheDirectory());
  const open = {
    threads,
    store,
    device: device ?? "cpu",
    onWarning: onWarning ?? (() => {}),
  } as const;
  return cnn.engine === "onnx" ? openOnnxExtractor(cnn, open) : openTfjsExtractor(cnn, open);
}
