import type { io } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Tensor } from "../../core/safetensors.js";
import { loadTfjs } from "../../tfjs/tfjs-runtime.js";
import type { NetworkShape } from "../network-shape.js";
import type { Standardisation } from "../standardisation.js";
import { type Builder, createBuilder } from "./layer-builder.js";
import { addStandardisation, addStates } from "./layers-of-network.js";
import { checkLayers, type TfLayers } from "./recurrent-layers.js";

/** What is to become a LayersModel. */
export interface LayersModelSource {
  /** Null for a classifier that sees the context alone. */
  readonly shape: NetworkShape | null;
  readonly inputSize: number;
  readonly classifier: DenseHead;
  /** By name; see docs/weights.md. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Goes before the network; null where it takes the features as they are. */
  readonly standardisation: Standardisation | null;
}

/** The dense layer at the end. */
export interface DenseHead {
  readonly units: number;
  readonly activation: "softmax" | "sigmoid" | "linear";
  /** Names of its parameters. */
  readonly kernel: string;
  readonly bias: string;
}

/** A LayersModel as its two files. */
export interface LayersModelFiles {
  readonly topology: string;
  readonly weights: Uint8Array;
}

/**
 * Writes a network as a LayersModel, [batch, time, inputSize] → [batch, outputs]. All sequences of a batch are as long
 * as the batch: layers that average over time know no padding.
 *
 * @param weightsFile name of the file of weights, which the topology refers to
 * @throws MuybridgeError ERR_USAGE where TensorFlow.js has no such layer.
 */
export async function writeLayersModel(
  source: LayersModelSource,
  weightsFile: string,
  metadata: Readonly<Record<string, string>>,
): Promise<LayersModelFiles> {
  if (source.shape) checkLayers(source.shape, "a LayersModel");
  const { tf } = await loadTfjs();
  const layers = await import("@tensorflow/tfjs-layers");
  const builder = createBuilder(tf, source.parameters);
  const model = buildModel(layers, source, builder);
  try {
    let artifacts: io.ModelArtifacts | undefined;
    const keep = tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given) };
    });
    await model.save(keep);
    const { modelTopology, weightSpecs, weightData } = artifacts!;
    const manifest = [{ paths: [weightsFile], weights: weightSpecs }];
    const topology = {
      format: "layers-model",
      generatedBy: `TensorFlow.js tfjs-layers v${layers.version_layers}`,
      convertedBy: "muybridge",
      modelTopology,
      weightsManifest: manifest,
      userDefinedMetadata: metadata,
    };
    return {
      topology: JSON.stringify(topology),
      weights: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData!)),
    };
  } finally {
    model.dispose();
  }
}

function buildModel(
  tfLayers: TfLayers,
  { shape, inputSize, standardisation, classifier }: LayersModelSource,
  builder: Builder,
): LayersModel {
  const { layers } = tfLayers;
  const features = tfLayers.input({ shape: [null, inputSize], name: "features" });
  const parts = standardisation && addStandardisation(tfLayers, features, standardisation, builder);
  const context = parts && (!shape || shape.contextSize > 0) ? [parts.context] : [];
  const states = shape ? [addStates(tfLayers, shape, parts?.changes ?? features, builder)] : [];
  const seen = [...states, ...context];
  const joined =
    seen.length > 1 ? builder.apply(layers.concatenate({ name: "seen" }), seen) : seen[0]!;
  const { units, activation, kernel, bias } = classifier;
  const head = layers.dense({ units, activation, kernelInitializer: "zeros", name: "head" });
  const outputs = builder.apply(head, joined, [kernel, bias]);
  return tfLayers.model({ inputs: features, outputs });
}
