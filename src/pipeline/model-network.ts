import { sha256 } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import type { Tensor } from "../core/safetensors.js";
import { buildInferenceGraph } from "../sequence/inference-graph.js";
import { chooseNetworkOptions } from "../sequence/network-options.js";
import type { NetworkShape } from "../sequence/network-shape.js";
import { fromNamed } from "../sequence/parameters.js";
import { featureDimension, type ModelRecord } from "./model-record.js";

type NetworkRecord = Pick<ModelRecord, "network" | "features" | "classes">;

/** What a model's recurrent network looks like; null for the mean-pool model, which has none. */
export function networkShape(record: NetworkRecord): NetworkShape | null {
  const { network, classes } = record;
  if (!network) return null;
  const dimension = featureDimension(record);
  return chooseNetworkOptions({
    cell: network.cell,
    bidirectional: network.bidirectional,
    layers: network.layers,
    hidden: network.hidden,
    pooling: network.pooling,
    inputSize: dimension,
    contextSize: network.input === "changes" ? dimension : 0,
    output: network.output ?? "last",
    head: { type: "classification", classes: classes.length },
  }).shape;
}

/**
 * The network of a model as an ONNX model, built from the record and the weights alone: the graph that is run is
 * always one of ours, never one that came with a model (docs/untrusted-models.md).
 *
 * @param parameters under their documented names
 * @param digest what the result must have for SHA-256, where a record names it
 * @returns undefined for the mean-pool model
 * @throws MuybridgeError ERR_MODEL_INVALID naming the parameter that is missing or of another shape, or
 * `files.sequence`.
 */
export function buildSequence(
  record: NetworkRecord,
  parameters: Readonly<Record<string, Tensor>>,
  digest?: string | null,
): Uint8Array | undefined {
  const shape = networkShape(record);
  if (!shape) return undefined;
  const sequence = buildInferenceGraph(shape, fromNamed(shape, parameters));
  if (!digest || sha256(sequence) === digest) return sequence;
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    "The model's sequence.onnx (files.sequence in its model.json) is not the network that its weights.safetensors and the field network make; copy the model again, or train it again.",
    { parameter: "files.sequence" },
  );
}
