import { MuybridgeError } from "../core/errors.js";
import type { CatalogueEntry } from "./catalogue-entry.js";
import { downloadableCnns } from "./downloadable-cnns.js";
import {
  embeddedWeightsDigest,
  embeddedWeightsPath,
  readEmbeddedWeights,
} from "./embedded-weights.js";
import { mobilenetV2Ranges } from "./mobilenet-v2-ranges.js";
import { tfjsMobilenets } from "./tfjs/tfjs-catalogue.js";

export type { CatalogueEntry } from "./catalogue-entry.js";

/** Name of the network where none is given. */
export const defaultCnn = "mobilenet-v2";

/** The networks that can be named. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: defaultCnn,
    description: "MobileNetV2 1.0, backbone of a detector trained on Open Images v4",
    licence: "Apache-2.0",
    homepage: "https://www.npmjs.com/package/@mediapipe/objectron",
    verified: true,
    dimension: 1280,
    format: "tflite",
    layer: "FeatureExtractor/MobilenetV2/Conv_1/Relu6",
    preprocessing: {
      inputSize: 224,
      channels: "rgb",
      scale: 1 / 127.5,
      mean: [1, 1, 1],
      deviation: [1, 1, 1],
      layout: "nhwc",
    },
    takesAnySize: true,
    ranges: mobilenetV2Ranges,
    source: {
      locate: embeddedWeightsPath,
      read: readEmbeddedWeights,
      digest: () => Promise.resolve(embeddedWeightsDigest),
    },
  },
  ...downloadableCnns,
  ...tfjsMobilenets,
];

/**
 * The entry of a name.
 *
 * @throws MuybridgeError ERR_USAGE listing the names where there is none of that name.
 */
export function catalogueEntry(name: string): CatalogueEntry {
  const entry = catalogue.find((one) => one.name === name);
  if (entry) return entry;
  const names = catalogue.map((one) => one.name).join(", ");
  throw new MuybridgeError("ERR_USAGE", `There is no CNN named "${name}". Known: ${names}.`, {
    parameter: "name",
  });
}
