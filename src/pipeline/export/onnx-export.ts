import { defaultCacheDirectory } from "../../core/cache-directory.js";
import { openContentStore } from "../../core/content-store.js";
import { MuybridgeError } from "../../core/errors.js";
import type { CnnChoice } from "../../features/cnn-choice.js";
import { preparedNetwork } from "../../features/onnx-extractor.js";
import { resolveCnn } from "../../features/resolve-cnn.js";
import { appendModel } from "../../onnx/append-model.js";
import { encodeModel } from "../../onnx/graph.js";
import { joinModels } from "../../onnx/join-models.js";
import { type ModelMessage, readModel, writeModel } from "../../onnx/read-model.js";
import { rowByRow } from "../../onnx/row-by-row.js";
import {
  addMeanPool,
  addStandardisation,
  addStepStandardisation,
  onlySequence,
  paddedFeatures,
  standardisedNames,
} from "../../sequence/standardising-graph.js";
import type { Model } from "../model.js";
import { buildSequence } from "../model-network.js";
import { featureDimension } from "../model-record.js";
import { exportMetadata } from "./export-metadata.js";

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

type Input = ReturnType<typeof paddedFeatures> | ReturnType<typeof onlySequence>;

/** From features as the CNN gives them to probabilities. */
function labellingGraph(model: Model, input: Input): ModelMessage {
  const { standardisation, meanPool, parameters } = model.parts();
  const { record } = model;
  const sequence = buildSequence(record, parameters, record.files.sequence);
  const { graph } = input;
  const seen = record.network?.input ?? "changes";
  if (seen === "changes") addStandardisation(input, standardisation);
  if (seen === "standardised") addStepStandardisation(input, standardisation);
  if (!sequence) {
    addMeanPool(graph, meanPool);
    return readModel(encodeModel(graph));
  }
  const vectors = {
    features: input.features,
    changes: standardisedNames.changes,
    standardised: standardisedNames.steps,
  };
  const joints = new Map([
    ["features", vectors[seen]],
    ...(seen === "changes" ? [["context", standardisedNames.context] as const] : []),
    ["lengths", input.lengths],
  ]);
  // Else they would be left out, as nothing in this graph takes them.
  for (const value of joints.values()) graph.outputOfAnyType(value);
  return joinModels(readModel(encodeModel(graph)), readModel(sequence), joints, "network/");
}
