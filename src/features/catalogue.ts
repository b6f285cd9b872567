import type { ActivationRanges, CnnFormat } from "./cnn-choice.js";
import type { CnnSource } from "./cnn-source.js";
import { embeddedWeightsDigest, readEmbeddedWeights } from "./embedded-weights.js";
import { mobilenetV2Ranges } from "./mobilenet-v2-ranges.js";
import type { Preprocessing } from "./preprocessing.js";

/** A network that can be named, and how it is used. */
export interface CatalogueEntry {
  readonly name: string;
  readonly description: string;
  readonly licence: string;
  /** Values a frame gives. */
  readonly dimension: number;
  readonly format: CnnFormat;
  /** The tensor whose mean over height and width is the feature. */
  readonly layer: string;
  readonly preprocessing: Preprocessing;
  readonly source: CnnSource;
  /** Ranges of its values, measured on frames, that int8 is laid out by. */
  readonly ranges?: ActivationRanges;
}

/** Name of the network where none is given. */
export const defaultCnn = "mobilenet-v2";

/** The networks that can be named. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: defaultCnn,
    description: "MobileNetV2 1.0, backbone of a detector trained on Open Images v4",
    licence: "Apache-2.0",
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
    ranges: mobilenetV2Ranges,
    source: {
      read: readEmbeddedWeights,
      digest: () => Promise.resolve(embeddedWeightsDigest),
    },
  },
];
