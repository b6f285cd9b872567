import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import { embeddedWeightsDigest, readEmbeddedWeights } from "./embedded-weights.js";

/** A network that can be named, and how it is used. */
export interface CatalogueEntry {
  readonly name: string;
  readonly description: string;
  readonly licence: string;
  /** Values a frame gives. */
  readonly dimension: number;
  /** Side of the square frames it was trained on, in pixels. */
  readonly inputSize: number;
  /** The tensor whose mean over height and width is the feature. */
  readonly layer: string;
  /** A pixel value p in 0..255 goes in as p * scale + offset; channels in the order red, green, blue. */
  readonly scale: number;
  readonly offset: number;
  /** SHA-256 of the file the weights are read from. */
  readonly weightsDigest: string;
  /** Reads the TFLite file. */
  readonly read: () => Promise<Uint8Array>;
}

/** What is known of a network without loading it. */
export interface CnnDescription {
  readonly id: string;
  /** SHA-256 of all that decides the features: weights, layer, preprocessing, version of the conversion. */
  readonly digest: string;
  readonly dimension: number;
  readonly inputSize: number;
}

/** Name of the network where none is given. */
export const defaultCnn = "mobilenet-v2";

/** Version of the conversion to ONNX; a new one makes new features. */
export const conversionVersion = 1;

/** The networks that can be named. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: defaultCnn,
    description: "MobileNetV2 1.0, backbone of a detector trained on Open Images v4",
    licence: "Apache-2.0",
    dimension: 1280,
    inputSize: 224,
    layer: "FeatureExtractor/MobilenetV2/Conv_1/Relu6",
    scale: 1 / 127.5,
    offset: -1,
    weightsDigest: embeddedWeightsDigest,
    read: readEmbeddedWeights,
  },
];

/**
 * The entry of a name.
 *
 * @throws MuybridgeError ERR_USAGE listing the names.
 */
export function catalogueEntry(name: string): CatalogueEntry {
  const entry = catalogue.find((candidate) => candidate.name === name);
  if (entry) return entry;
  const names = catalogue.map((candidate) => candidate.name).join(", ");
  throw new MuybridgeError("ERR_USAGE", `There is no CNN named "${name}". Known: ${names}.`, {
    parameter: "cnn",
  });
}

/**
 * Describes a network without reading its weights, so that a cached answer need not load it.
 *
 * @throws MuybridgeError ERR_USAGE for an unknown name.
 */
export function describeFeatureExtractor(name: string): CnnDescription {
  const { dimension, inputSize, layer, scale, offset, weightsDigest } = catalogueEntry(name);
  const digest = digestOf({ conversionVersion, inputSize, layer, scale, offset, weightsDigest });
  return { id: name, digest, dimension, inputSize };
}
