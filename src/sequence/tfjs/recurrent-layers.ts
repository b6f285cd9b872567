/**
 * Sequences on TensorFlow.js: the networks of this room made of its layers, for the engine and for export.
 */
import type { layers } from "@tensorflow/tfjs-layers";
import { MuybridgeError } from "../../core/errors.js";
import type { NetworkShape } from "../network-shape.js";

/** TensorFlow.js's layers. The package is imported late, so that only types are here. */
export type TfLayers = typeof import("@tensorflow/tfjs-layers");

/** A layer of TensorFlow.js. */
export type Layer = layers.Layer;

/** A layer, and the names of the parameters that are its weights, in its order. */
export interface NamedLayer {
  readonly layer: Layer;
  readonly parameters: readonly string[];
}

/** Weights are set afterwards; the usual initialisers take long, the orthogonal one minutes. */
const noWeights = {
  kernelInitializer: "zeros",
  recurrentInitializer: "zeros",
  biasInitializer: "zeros",
} as const;

/**
 * Checks that TensorFlow.js has the layers of a network.
 *
 * @param what cannot be done otherwise, as "the engine tfjs"
 * @throws MuybridgeError ERR_USAGE saying what it lacks, and what to do.
 */
export function checkLayers(
  { cell, resetAfter }: Pick<NetworkShape, "cell" | "resetAfter">,
  what: string,
): void {
  if (cell !== "gru" || !resetAfter) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `TensorFlow.js's GRU resets the state before its product with the kernel, and this network's after it, so ${what} cannot take it; choose onnx, or a network with resetAfter: false.`,
    { parameter: "resetAfter" },
  );
}

/**
 * Makes a recurrent layer, in both directions where the network has them.
 *
 * @param returnSequences whether it gives every state, or the last one of each direction
 */
export function recurrentLayer(
  tfLayers: TfLayers,
  shape: NetworkShape,
  index: number,
  returnSequences: boolean,
): NamedLayer {
  const { cell, hidden, stateActivation, gateActivation, bidirectional } = shape;
  const name = `layer${index}`;
  const options = {
    ...noWeights,
    units: hidden,
    activation: stateActivation,
    returnSequences,
    name: bidirectional ? `${name}_cell` : name,
  };
  const gated = { ...options, recurrentActivation: gateActivation };
  const { layers } = tfLayers;
  const make = (): layers.RNN => {
    if (cell === "lstm") return layers.lstm({ ...gated, unitForgetBias: false }) as layers.RNN;
    return (cell === "gru" ? layers.gru(gated) : layers.simpleRNN(options)) as layers.RNN;
  };
  const directions = bidirectional ? ["forward", "backward"] : ["forward"];
  return {
    layer: bidirectional
      ? layers.bidirectional({ layer: make(), mergeMode: "concat", name })
      : make(),
    parameters: directions.flatMap((direction) =>
      ["kernel", "recurrentKernel", "bias"].map((kind) => `${name}.${direction}.${kind}`),
    ),
  };
}
