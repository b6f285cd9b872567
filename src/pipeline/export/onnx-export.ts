import { defaultCacheDirectory } from "../../core/cache-directory.js";
import { openContentStore } from "../../core/content-store.js";
import { MuybridgeError } from "../../core/errors.js";
import type { CnnChoice } from "../../features/cnn-choice.js";
import { preparedNetwork } from "../../features/onnx-extractor.js";
import { resolveCnn } from "../../features/resolve-cnn.js";
import { appendModel } from "../../onnx/append-model.js";
import { createGraph, encodeModel } from "../../onnx/graph.js";
import { joinModels, renameValues } from "../../onnx/join-models.js";
import { type ModelMessage, readModel, writeModel } from "../../onnx/read-model.js";
import { rowByRow } from "../../onnx/row-by-row.js";
import { type FeatureInput, onlySequence, paddedFeatures } from "../../sequence/feature-input.js";
import { addPooledBlocks } from "../../sequence/pooled-blocks-graph.js";
import { addLogMean, addSoftmaxLayer } from "../../sequence/softmax-layer-graph.js";
import { addStandardisation, addStepStandardisation } from "../../sequence/standardising-graph.js";
import { pooledBlocks } from "../linear-blocks.js";
import type { Model } from "../model.js";
import { buildSequence } from "../model-network.js";
import { featureDimension } from "../model-record.js";
import { exportMetadata } from "./export-metadata.js";

/** Name of what the graphs give. */
const result = "probabilities";

/**
 * A model as one ONNX file: `features` float32 [batch, time, dimension], as the CNN gives them, and `lengths` int32
 * [batch] → `probabilities` float32 [batch, classes], or [batch, time, classes] of a model that labels each frame.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where the model's weights are not those of its network.
 */
export function toOnnxModel(model: Model): Uint8Array {
  const dimension = featureDimension(model.record);
  const message = labellingGraph(model, paddedFeatures(dimension));
  const metadata = exportMetadata(
    model,
    `features float32 [batch, time, ${dimension}], lengths int32 [batch]`,
  );
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return writeModel({ ...message, metadataProps });
}

/**
 * A model and its CNN as one ONNX file: `frames` uint8 RGB [time, height, width, 3] → `probabilities` float32
 * [1, classes], or [1, time, classes] of a model that labels each frame.
 *
 * @param cacheDir where what the CNN was prepared to is kept; default: the usual place
 * @throws MuybridgeError ERR_USAGE where the CNN is no ONNX or TFLite network, or of an operator set too old.
 */
export async function toOnnxModelWithCnn(model: Model, cacheDir?: string): Promise<Uint8Array> {
  const { features } = model.record;
  if (features.kind !== "video") {
    throw new MuybridgeError(
      "ERR_USAGE",
      "The model was trained on sequences of vectors, without a CNN; export it without one.",
      { parameter: "withCnn" },
    );
  }
  const { choice, dimension, inputSize } = features.cnn;
  if (features.streams.some((name) => name !== "rgb")) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `The model sees the streams ${features.streams.join(", ")}, and a file with its CNN can hold rgb alone. Export it without the CNN: the file then takes the features that muybridge features writes with --streams ${features.streams.join(",")}.`,
      { parameter: "withCnn" },
    );
  }
  const cnn = await resolveCnn(choice as CnnChoice);
  if (cnn.format === "tfjs") {
    throw new MuybridgeError(
      "ERR_USAGE",
      `The CNN ${cnn.id} is a TensorFlow.js model, which cannot be put into an ONNX file; export without the CNN.`,
      { path: cnn.id, parameter: "withCnn" },
    );
  }
  const store = openContentStore(cacheDir ?? defaultCacheDirectory());
  const { graph, framesAtOnce } = await preparedNetwork(cnn, store);
  const frame = { name: "frames", type: "uint8", dims: [inputSize, inputSize, 3] } as const;
  const vector = { name: "features", type: "float32", dims: [dimension] } as const;
  const frames = framesAtOnce === undefined ? graph : rowByRow(graph, cnn.id, frame, vector);
  const metadata = exportMetadata(model, `frames uint8 RGB [time, ${inputSize}, ${inputSize}, 3]`);
  return appendModel(frames, cnn.id, labellingGraph(model, onlySequence(dimension)), metadata);
}

/** From features as the CNN gives them to probabilities. */
function labellingGraph(model: Model, input: FeatureInput): ModelMessage {
  const { record, parameters } = model.parts();
  const classes = record.classes.length;
  const sequence = buildSequence(record, parameters, model.record.files.sequence);
  const { graph } = input;
  if (!sequence) {
    graph.output(addPoolingHead(model, input), "float32", ["batch", classes], result);
    return readModel(encodeModel(graph));
  }
  const joints = addNetworkInputs(model, input);
  const linear = record.linear ? addPoolingHead(model, input) : undefined;
  // Else they would be left out, as nothing in this graph takes them.
  for (const value of [...joints.values(), ...(linear ? [linear] : [])]) {
    graph.outputOfAnyType(value);
  }
  const front = readModel(encodeModel(graph));
  const network = readModel(sequence);
  if (!linear) return joinModels(front, network, joints, "network/");
  const told = `network/${result}`;
  const named = renameValues(network.graph, "", new Map([[result, told]]));
  const both = joinModels(front, { ...network, graph: named }, joints, "network/");
  const heads = new Map([
    ["linear", linear],
    ["network", told],
  ]);
  return joinModels(both, ensembleGraph(classes), heads, "ensemble/");
}

/** Adds the head that sees pools over time alone: the linear one, or the mean-pool baseline. Its probabilities. */
function addPoolingHead(model: Model, input: FeatureInput): string {
  const { record, linear, meanPool, standardisation } = model.parts();
  const blocks = pooledBlocks(record);
  if (blocks && linear) {
    return addSoftmaxLayer(input.graph, addPooledBlocks(input, blocks), linear, "linear");
  }
  const { context } = addStandardisation(input, standardisation);
  return addSoftmaxLayer(input.graph, context, meanPool, "meanPool");
}

/** Adds what the network takes: values by the names of its inputs. */
function addNetworkInputs(model: Model, input: FeatureInput): Map<string, string> {
  const { record, standardisation } = model.parts();
  const joints = (values: Readonly<Record<string, string>>): Map<string, string> =>
    new Map(Object.entries({ ...values, lengths: input.lengths }));
  switch (record.network?.input) {
    case "features":
      return joints({ features: input.features });
    case "standardised":
      return joints({ features: addStepStandardisation(input, standardisation) });
    default: {
      const { changes, context } = addStandardisation(input, standardisation);
      return joints({ features: changes, context });
    }
  }
}

/** What the two heads of an ensemble say together. */
function ensembleGraph(classes: number): ModelMessage {
  const graph = createGraph("ensemble");
  const [linear, network] = ["linear", "network"].map((name) =>
    graph.input(name, "float32", ["batch", classes]),
  ) as [string, string];
  const mean = addLogMean(graph, linear, network);
  graph.output(mean, "float32", ["batch", classes], result);
  return readModel(encodeModel(graph));
}
