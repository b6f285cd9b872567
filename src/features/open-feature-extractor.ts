import { defaultCacheDirectory } from "../core/cache-directory.js";
import { openContentStore } from "../core/content-store.js";
import { calibrated } from "./calibration.js";
import { defaultCnn } from "./catalogue.js";
import type { CnnChoice } from "./cnn-choice.js";
import type { FeatureExtractor, OpenOptions } from "./feature-extractor.js";
import { resolveCnn } from "./resolve-cnn.js";

/** Options of {@link openFeatureExtractor}. */
export type FeatureExtractorOptions = Omit<CnnChoice, "cnn"> &
  OpenOptions & {
    /**
     * Frames that the ranges for int8 are measured on: uint8 RGB, row-major [n, inputSize, inputSize, 3]. What
     * was measured is kept in the cache, and serves where neither frames nor ranges are given.
     */
    readonly calibration?: Uint8Array;
  };

/**
 * Opens a CNN as a feature extractor. What its file is turned into is kept in the cache.
 *
 * @param nameOrFile a name of the catalogue; or a file: .onnx, .tflite, or a TensorFlow.js model.json
 * @throws MuybridgeError ERR_USAGE for an unknown name, layer or engine, or int8 of a network whose ranges are not
 * known; ERR_WEIGHTS_UNAVAILABLE, ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID.
 */
export async function openFeatureExtractor(
  nameOrFile: string = defaultCnn,
  options: FeatureExtractorOptions = {},
): Promise<FeatureExtractor> {
  const { threads = 1, store: given, device, onWarning, calibration, ...choice } = options;
  const store = given ?? openContentStore(defaultCacheDirectory());
  const cnn = await resolveCnn(
    await calibrated({ ...choice, cnn: nameOrFile }, store, calibration),
  );
  const open = {
    threads,
    store,
    device: device ?? "cpu",
    onWarning: onWarning ?? (() => {}),
  } as const;
  // Late, as each brings much that the other has no use for.
  if (cnn.engine === "tfjs") {
    return (await import("./tfjs/tfjs-extractor.js")).openTfjsExtractor(cnn, open);
  }
  return (await import("./onnx-extractor.js")).openOnnxExtractor(cnn, open);
}
