import type { Graph } from "../onnx/graph.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import type { GateActivation, StateActivation } from "./network-shape.js";

/** An activation of a cell. */
export type Activation = StateActivation | GateActivation;

/** Slope of the hard sigmoid max(0, min(1, 0.2 x + 0.5)) where it is not flat, as Keras has it. */
export const hardSigmoidSlope = 0.2;

/** ONNX's names of the activations. */
export const onnxActivations = {
  tanh: "Tanh",
  softsign: "Softsign",
  relu: "Relu",
  sigmoid: "Sigmoid",
  hardSigmoid: "HardSigmoid",
} as const satisfies Record<Activation, string>;

/** Adds an activation. */
export function activate(graph: Graph, activation: Activation, value: string): string {
  // ONNX's hard sigmoid has the slope 0.2 and the offset 0.5 unless told otherwise.
  return graph.node(onnxActivations[activation], [value]);
}

/** Adds the derivative of an activation, worked out from what the activation gave. */
export function derivative(graph: Graph, activation: Activation, given: string): string {
  const { subtract, times, complement, scalar } = arithmeticOf(graph);
  const positive = (value: string): string =>
    graph.node("Cast", [graph.node("Greater", [value, scalar(0)])], { to: { i: 1 } });
  switch (activation) {
    case "tanh":
      return complement(times(given, given));
    case "softsign": {
      // y = x / (1 + |x|), so that dy/dx = (1 - |y|)²
      const rest = complement(graph.node("Abs", [given]));
      return times(rest, rest);
    }
    case "relu":
      return positive(given);
    case "sigmoid":
      return times(given, complement(given));
    case "hardSigmoid":
      return times(positive(given), positive(subtract(scalar(1), given)), scalar(hardSigmoidSlope));
  }
}
