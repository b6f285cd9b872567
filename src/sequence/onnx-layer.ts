import type { Attribute, Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { onnxActivations } from "./activations.js";
import { directionsOf, layerInputSize, type NetworkShape } from "./network-shape.js";
import { type GraphParameters, gatesOf, hasRecurrentBias, kernelKinds } from "./parameters.js";

const operators = { rnn: "RNN", lstm: "LSTM", gru: "GRU" } as const;

/** Where a layer stands. */
export interface OnnxLayerPlace {
  /** From 0. */
  readonly layer: number;
  /** [T, B, input] */
  readonly x: string;
  /** int32 [B] */
  readonly lengths: string;
  /** Whether the states at its start are inputs and those at its end outputs. */
  readonly stateful: boolean;
}

/**
 * Adds a layer as ONNX's own operator, its weights as constants.
 *
 * @returns its states [T, directions, B, hidden] and last states [directions, B, hidden]
 */
export function addOnnxLayer(
  graph: Graph,
  shape: NetworkShape,
  parameters: GraphParameters,
  { layer, x, lengths, stateful }: OnnxLayerPlace,
): [string, string] {
  const name = `layer${layer}`;
  const { cell, hidden } = shape;
  const directions = directionsOf(shape);
  const width = gatesOf(shape) * hidden;
  const { w, r, b } = onnxWeights(shape, parameters, layer);
  const dims = [directions, "batch", hidden];
  const states = cell === "lstm" ? ["h", "c"] : ["h"];
  const starts = stateful
    ? states.map((state) => graph.input(`${name}.${state}0`, "float32", dims))
    : [];
  const [all, ...ends] = graph.nodes(
    operators[cell],
    [
      x,
      graph.constant(float32(w, [directions, width, layerInputSize(shape, layer)]), `${name}.W`),
      graph.constant(float32(r, [directions, width, hidden]), `${name}.R`),
      graph.constant(float32(b, [directions, 2 * width]), `${name}.B`),
      lengths,
      ...starts,
    ],
    [`${name}.states`, ...states.map((state) => `${name}.${state}`)].slice(
      0,
      stateful ? undefined : 2,
    ),
    attributesOf(shape),
  ) as [string, string, ...string[]];
  if (stateful) for (const end of ends) graph.output(end, "float32", dims);
  return [all, ends[0]!];
}

function attributesOf(shape: NetworkShape): Record<string, Attribute> {
  const { cell, hidden, stateActivation, gateActivation } = shape;
  const state = onnxActivations[stateActivation];
  const gate = onnxActivations[gateActivation];
  const own = { rnn: [state], gru: [gate, state], lstm: [gate, state, state] }[cell];
  const isUsual = stateActivation === "tanh" && (cell === "rnn" || gateActivation === "sigmoid");
  const strings = Array.from({ length: directionsOf(shape) }, () => own).flat();
  return {
    hidden_size: { i: hidden },
    direction: { s: shape.bidirectional ? "bidirectional" : "forward" },
    ...(isUsual ? {} : { activations: { strings } }),
    ...(cell === "gru" ? { linear_before_reset: { i: shape.resetAfter ? 1 : 0 } } : {}),
  };
}

/** A layer's weights as ONNX has them: W [directions, G, input], R [directions, G, hidden], B [directions, 2 · G]. */
function onnxWeights(
  shape: NetworkShape,
  parameters: GraphParameters,
  layer: number,
): { readonly w: Float32Array; readonly r: Float32Array; readonly b: Float32Array } {
  const { hidden } = shape;
  const width = gatesOf(shape) * hidden;
  const valuesOf = (kind: string): Float32Array => parameters[`layer${layer}.${kind}`]!.data;
  const kernels = kernelKinds(shape).map(valuesOf);
  const w = new Float32Array(directionsOf(shape) * width * layerInputSize(shape, layer));
  const b = new Float32Array(directionsOf(shape) * 2 * width);
  const bias = valuesOf("bias");
  const inner = hasRecurrentBias(shape) ? valuesOf("recurrentBias") : undefined;
  for (const [side, kernel] of kernels.entries()) {
    w.set(kernel, side * kernel.length);
    b.set(bias.subarray(side * width, (side + 1) * width), side * 2 * width);
    // The candidate's gate is the last of the three.
    const own = inner?.subarray(side * hidden, (side + 1) * hidden);
    if (own) b.set(own, side * 2 * width + width + 2 * hidden);
  }
  return { w, r: valuesOf("recurrent"), b };
}
