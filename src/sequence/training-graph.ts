import { createGraph, encodeModel, type Graph } from "../onnx/graph.js";
import { int64 } from "../onnx/tensor.js";
import { addLstmLayer, type LstmLayer } from "./lstm-layer.js";
import { directionsOf, headInputSize, type NetworkShape } from "./network-shape.js";
import { parameterShapes } from "./parameters.js";

/**
 * What a graph of the network computes:
 * - `train`: the mean cross-entropy over the batch (`loss`) and the gradient of every parameter (`d.NAME`)
 * - `evaluate`: `logits` [B, classes]
 * - `states`: every state of the top layer, `states` [T, B, width]
 * - `gradients`: the gradient of every parameter for given gradients of the top layer's states and last states
 *
 * `width` is directions · hidden. All take `x` [T, B, input], `lengths` int64 [B], `mask` [T, B, 1] and the
 * parameters; `train` and `evaluate` also `context` [B, contextSize] where the network has one; `train` also `dropoutL` (the factors on the outputs of layer L: [T, B, width], for the top layer
 * [B, width]) and `targets` [B, classes], each row summing to 1.
 */
export type GraphPurpose = "train" | "evaluate" | "states" | "gradients";

/** Builds a network's graph for a purpose: forward pass and, where asked for, back-propagation through time. */
export function buildNetworkGraph(shape: NetworkShape, purpose: GraphPurpose): Uint8Array {
  const graph = createGraph(purpose);
  const width = directionsOf(shape) * shape.hidden;
  const x = graph.input("x", "float32", ["T", "B", shape.inputSize]);
  const lengths = graph.input("lengths", "int64", ["B"]);
  const mask = graph.input("mask", "float32", ["T", "B", 1]);
  for (const [name, dims] of parameterShapes(shape)) graph.input(name, "float32", dims);

  const layers: LstmLayer[] = [];
  let input = x;
  for (let layer = 0; layer < shape.layers; layer++) {
    const name = `layer${layer}`;
    layers.push(
      addLstmLayer(graph, {
        x: input,
        lengths,
        mask,
        kernel: `${name}.kernel`,
        recurrent: `${name}.recurrent`,
        bias: `${name}.bias`,
        directions: directionsOf(shape),
        hidden: shape.hidden,
        name,
      }),
    );
    input = layers[layer]!.states;
    if (purpose === "train" && layer < shape.layers - 1) {
      input = graph.node("Mul", [
        input,
        graph.input(dropoutName(layer), "float32", ["T", "B", width]),
      ]);
    }
  }
  const top = layers.at(-1)!;
  switch (purpose) {
    case "states":
      graph.output(top.states, "float32", ["T", "B", width], "states");
      break;
    case "evaluate": {
      const pooled = addPooling(graph, top, shape);
      const seen = withContext(graph, pooled.value, shape);
      graph.output(addLogits(graph, seen), "float32", ["B", shape.classes], "logits");
      break;
    }
    case "gradients": {
      const states = graph.input("dStates", "float32", ["T", "B", width]);
      const last = graph.input("dLast", "float32", ["B", width]);
      addBackward(graph, layers, { states, last }, false);
      break;
    }
    case "train": {
      const dropout = graph.input(dropoutName(shape.layers - 1), "float32", ["B", width]);
      const pooled = addPooling(graph, top, shape);
      const dropped = graph.node("Mul", [pooled.value, dropout]);
      const dSeen = addSoftmaxLoss(graph, withContext(graph, dropped, shape), shape);
      const dDropped = withoutContext(graph, dSeen, shape);
      addBackward(graph, layers, pooled.backward(graph.node("Mul", [dDropped, dropout])), true);
      break;
    }
  }
  return encodeModel(graph);
}

/** Name of the input that holds the dropout factors of a layer's outputs. */
export function dropoutName(layer: number): string {
  return `dropout${layer}`;
}

/** Name of the output that holds the gradient of a parameter. */
export function gradientName(parameter: string): string {
  return `d.${parameter}`;
}

/** The vector of a sequence, [B, width], and the way from its gradient to those of the states. */
interface Pooled {
  readonly value: string;
  readonly backward: (gradient: string) => { readonly states?: string; readonly last?: string };
}

function addPooling(graph: Graph, { states, last }: LstmLayer, { pooling }: NetworkShape): Pooled {
  if (pooling === "last") return { value: last, backward: (gradient) => ({ last: gradient }) };
  // States are zero in the padding, so that their sum is that of the sequence.
  const sum = graph.node("ReduceSum", [states, graph.constant(int64([0]))], {
    keepdims: { i: 0 },
  });
  const lengths = graph.node("Unsqueeze", [
    graph.node("Cast", ["lengths"], { to: { i: 1 } }),
    graph.constant(int64([1])),
  ]);
  return {
    value: graph.node("Div", [sum, lengths]),
    backward: (gradient) => ({
      states: graph.node("Mul", [graph.node("Div", [gradient, lengths]), "mask"]),
    }),
  };
}

/** Sets the context beside the pooled states: [B, width] → [B, width + contextSize] */
function withContext(graph: Graph, pooled: string, { contextSize }: NetworkShape): string {
  if (contextSize === 0) return pooled;
  const context = graph.input("context", "float32", ["B", contextSize]);
  return graph.node("Concat", [pooled, context], { axis: { i: 1 } });
}

/** The part of a gradient of the head's input that belongs to the pooled states. */
function withoutContext(graph: Graph, gradient: string, shape: NetworkShape): string {
  if (shape.contextSize === 0) return gradient;
  const vector = (value: number): string => graph.constant(int64([value]));
  const width = directionsOf(shape) * shape.hidden;
  return graph.node("Slice", [gradient, vector(0), vector(width), vector(1)]);
}

function addLogits(graph: Graph, features: string): string {
  return graph.node("Add", [graph.node("MatMul", [features, "head.kernel"]), "head.bias"]);
}

/** Adds the mean softmax cross-entropy and the head's gradients; returns the gradient of the head's input. */
function addSoftmaxLoss(graph: Graph, features: string, shape: NetworkShape): string {
  const targets = graph.input("targets", "float32", ["B", shape.classes]);
  const logits = addLogits(graph, features);
  const logProbabilities = graph.node("LogSoftmax", [logits], { axis: { i: 1 } });
  const batch = graph.node(
    "Cast",
    [graph.node("Shape", [targets], { start: { i: 0 }, end: { i: 1 } })],
    {
      to: { i: 1 },
    },
  );
  const axis = (index: number): string => graph.constant(int64([index]));
  const matched = graph.node("Mul", [targets, logProbabilities]);
  const summed = graph.node("ReduceSum", [matched, axis(1)], { keepdims: { i: 0 } });
  const mean = graph.node("ReduceMean", [graph.node("Neg", [summed]), axis(0)], {
    keepdims: { i: 0 },
  });
  graph.output(mean, "float32", [], "loss");
  // d loss / d logits = (softmax - target) / B
  const excess = graph.node("Sub", [graph.node("Exp", [logProbabilities]), targets]);
  const dLogits = graph.node("Div", [excess, batch]);
  const transposed = (value: string): string =>
    graph.node("Transpose", [value], { perm: { ints: [1, 0] } });
  const dKernel = graph.node("MatMul", [transposed(features), dLogits]);
  const dBias = graph.node("ReduceSum", [dLogits, axis(0)], { keepdims: { i: 0 } });
  addGradient(graph, "head.kernel", dKernel, [headInputSize(shape), shape.classes]);
  addGradient(graph, "head.bias", dBias, [shape.classes]);
  return graph.node("MatMul", [dLogits, transposed("head.kernel")]);
}

/** Adds the way back through all layers, from the top one's gradients down. */
function addBackward(
  graph: Graph,
  layers: readonly LstmLayer[],
  top: { readonly states?: string; readonly last?: string },
  dropout: boolean,
): void {
  let arriving = top;
  for (let index = layers.length - 1; index >= 0; index--) {
    const gradients = layers[index]!.backward(arriving);
    const name = `layer${index}`;
    addGradient(graph, `${name}.kernel`, gradients.kernel, ["input", "gates"]);
    addGradient(graph, `${name}.recurrent`, gradients.recurrent, ["directions", "hidden", "gates"]);
    addGradient(graph, `${name}.bias`, gradients.bias, ["gates"]);
    if (index === 0) return;
    const dx = gradients.x();
    arriving = { states: dropout ? graph.node("Mul", [dx, dropoutName(index - 1)]) : dx };
  }
}

function addGradient(
  graph: Graph,
  parameter: string,
  value: string,
  dims: readonly (number | string)[],
): void {
  graph.output(value, "float32", dims, gradientName(parameter));
}
