import type { Variable } from "@tensorflow/tfjs-core";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import {
  directionsOf,
  headInputSize,
  layerInputSize,
  type NetworkShape,
  outputSize,
} from "../network-shape.js";
import { type Layer, type NamedLayer, recurrentLayer, type TfLayers } from "./recurrent-layers.js";

/** A network as layers of TensorFlow.js with weights in them. */
export interface LayeredNetwork {
  /** The recurrent layers from the lowest up, each giving every state. */
  readonly recurrent: readonly Layer[];
  /** Scores of the states, where attention pools. */
  readonly attention: Layer | undefined;
  /** What is before softmax or sigmoid; undefined for a network of states alone. */
  readonly head: Layer | undefined;
  /** The variables that hold the parameters, by the documented names (docs/weights.md). */
  readonly variables: ReadonlyMap<string, Variable>;
  dispose(): void;
}

/** Makes a network's layers, all of their weights zero. */
export function createLayeredNetwork(
  tf: Tfjs,
  tfLayers: TfLayers,
  shape: NetworkShape,
): LayeredNetwork {
  const made: NamedLayer[] = [];
  const width = directionsOf(shape) * shape.hidden;
  const built = (named: NamedLayer, inputShape: (number | null)[]): Layer => {
    // Applied to a symbol, a layer makes its weights; build() alone forgets that it did.
    named.layer.apply(tfLayers.input({ shape: inputShape }));
    made.push(named);
    return named.layer;
  };
  const recurrent = Array.from({ length: shape.layers }, (_, index) =>
    built(recurrentLayer(tfLayers, shape, index, true), [null, layerInputSize(shape, index)]),
  );
  const dense = (name: string, units: number, activation: "tanh" | "linear"): NamedLayer => ({
    layer: tfLayers.layers.dense({ units, activation, kernelInitializer: "zeros", name }),
    parameters: [`${name}.kernel`, `${name}.bias`],
  });
  const attends = shape.head !== null && shape.pooling === "attention";
  const attention = attends ? built(dense("attention", 1, "tanh"), [null, width]) : undefined;
  const head = shape.head
    ? built(dense("head", outputSize(shape), "linear"), [headInputSize(shape)])
    : undefined;
  const variables = new Map<string, Variable>();
  for (const { layer, parameters } of made) {
    for (const [i, weight] of layer.weights.entries()) {
      variables.set(parameters[i]!, weight.read() as Variable);
    }
  }
  return {
    recurrent,
    attention,
    head,
    variables,
    dispose: () => tf.dispose([...variables.values()]),
  };
}
