import { createGraph, encodeModel, type Graph } from "../onnx/graph.js";
import { cellOf } from "./cells/cell-of.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import { addHeadLoss, addLogits } from "./head.js";
import type { StateGradients } from "./layer-backward.js";
import { directionsOf, headInputSize, type NetworkShape, outputSize } from "./network-shape.js";
import { addPacking } from "./packing.js";
import { hasRecurrentBias, kernelKinds, parameterShapes } from "./parameters.js";
import { addPooling, type PoolingGradients } from "./pooling.js";
import { addRecurrentLayer, type RecurrentLayer } from "./recurrent-layer.js";
import { addStepMarks } from "./step-marks.js";

/**
 * What a graph of the network computes:
 * - `train`: `loss`, the weighted sum of the losses of all items, and its gradient of every parameter (`d.NAME`)
 * - `evaluate`: `logits` [N, outputs] and `losses` [N] of all items
 * - `states`: every state of the top layer, `states` [T, B, width]
 * - `gradients`: the gradient of every parameter for given gradients of the top layer's states and last states
 *
 * `width` is directions · hidden. The items are the sequences, N = B, or, where there is a result for each step, the
 * steps, N = T · B, step by step. All take `x` [T, B, input], `lengths` int64 [B], `mask` [T, B, 1] and the parameters;
 * `train` and `evaluate` also `targets` [N, outputs] and `context` [B, contextSize] where the network has one; `train`
 * also `weights` [N, 1], 0 in the padding, and `dropoutL`: the factors on the outputs of layer L, [T, B, width], for the
 * top layer under a pooling [B, width].
 */
export type GraphPurpose = "train" | "evaluate" | "states" | "gradients";

/** Builds a network's graph for a purpose: forward pass and, where asked for, back-propagation through time. */
export function buildNetworkGraph(shape: NetworkShape, purpose: GraphPurpose): Uint8Array {
  const graph = createGraph(purpose);
  const width = directionsOf(shape) * shape.hidden;
  graph.input("x", "float32", ["T", "B", shape.inputSize]);
  graph.input("lengths", "int64", ["B"]);
  graph.input("mask", "float32", ["T", "B", 1]);
  const needed = purpose === "gradients" || purpose === "states" ? { ...shape, head: null } : shape;
  for (const [name, dims] of parameterShapes(needed)) graph.input(name, "float32", dims);
  const layers = addLayers(graph, shape, purpose);
  switch (purpose) {
    case "states":
      graph.output(layers.at(-1)!.states, "float32", ["T", "B", width], "states");
      break;
    case "evaluate": {
      const logits = addLogits(graph, addHeadInput(graph, layers.at(-1)!, shape, false).value);
      graph.output(logits, "float32", ["N", outputSize(shape)], "logits");
      const { losses } = addHeadLoss(graph, logits, targetsInput(graph, shape), shape);
      graph.output(losses, "float32", ["N"], "losses");
      break;
    }
    case "gradients": {
      const states = graph.input("dStates", "float32", ["T", "B", width]);
      const dLast = graph.input("dLast", "float32", ["B", shape.layers * width]);
      const lasts = arithmeticOf(graph).split(dLast, 1, shape.layers);
      addBackward(graph, shape, layers, { states }, { lasts });
      break;
    }
    case "train": {
      const seen = addHeadInput(graph, layers.at(-1)!, shape, true);
      const dSeen = addLoss(graph, seen.value, shape);
      const { parameters = {}, ...gradients } = seen.backward(dSeen);
      for (const [name, value] of Object.entries(parameters)) {
        addGradient(graph, name, value, parameterShapes(shape).get(name)!);
      }
      addBackward(graph, shape, layers, gradients, { dropout: true });
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

function targetsInput(graph: Graph, shape: NetworkShape): string {
  return graph.input("targets", "float32", ["N", outputSize(shape)]);
}

function addLayers(graph: Graph, shape: NetworkShape, purpose: GraphPurpose): RecurrentLayer[] {
  const directions = directionsOf(shape);
  const marks = addStepMarks(graph, "mask", directions);
  const packing = addPacking(graph, "mask");
  const layers: RecurrentLayer[] = [];
  let x = "x";
  for (let index = 0; index < shape.layers; index++) {
    const name = `layer${index}`;
    const layer = addRecurrentLayer(graph, {
      cell: cellOf(shape),
      x,
      marks,
      packing,
      kernels: kernelKinds(shape).map((kind) => `${name}.${kind}`),
      bias: `${name}.bias`,
      parameters: {
        recurrent: `${name}.recurrent`,
        ...(hasRecurrentBias(shape) ? { recurrentBias: `${name}.recurrentBias` } : {}),
      },
      hidden: shape.hidden,
      isTrained: purpose === "train" || purpose === "gradients",
      name,
    });
    layers.push(layer);
    x = layer.states;
    if (purpose === "train" && index < shape.layers - 1) {
      const dims = ["T", "B", directions * shape.hidden];
      x = graph.node("Mul", [x, graph.input(dropoutName(index), "float32", dims)]);
    }
  }
  return layers;
}

/** What the head sees of all items, [N, headInput], and the way back to the states. */
interface HeadInput {
  readonly value: string;
  readonly backward: (gradient: string) => PoolingGradients;
}

function addHeadInput(
  graph: Graph,
  { states, last }: RecurrentLayer,
  shape: NetworkShape,
  dropout: boolean,
): HeadInput {
  const { times, reshape, unsqueeze } = arithmeticOf(graph);
  const width = directionsOf(shape) * shape.hidden;
  const name = dropoutName(shape.layers - 1);
  const dims = shape.output === "sequence" ? ["T", "B", width] : ["B", width];
  const factors = dropout ? graph.input(name, "float32", dims) : undefined;
  const dropped = (value: string): string => (factors ? times(value, factors) : value);
  if (shape.output === "sequence") {
    return {
      value: reshape(dropped(states), [-1, width]),
      backward: (gradient) => {
        const unflat = graph.node("Reshape", [gradient, graph.node("Shape", [states])]);
        return { states: times(dropped(unflat), "mask") };
      },
    };
  }
  const lengths = graph.node("Cast", ["lengths"], { to: { i: 1 } });
  const steps = unsqueeze(lengths, 1);
  const pooled = addPooling(graph, { states, last, mask: "mask", steps }, shape);
  return {
    value: withContext(graph, dropped(pooled.value), shape),
    backward: (gradient) => pooled.backward(dropped(withoutContext(graph, gradient, shape))),
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
  const { integers } = arithmeticOf(graph);
  const width = directionsOf(shape) * shape.hidden;
  return graph.node("Slice", [gradient, integers(0), integers(width), integers(1)]);
}

/** Adds the loss and the head's gradients; returns the gradient of the head's input. */
function addLoss(graph: Graph, features: string, shape: NetworkShape): string {
  const { times, matMul, transpose, squeeze, sum } = arithmeticOf(graph);
  const targets = targetsInput(graph, shape);
  const weights = graph.input("weights", "float32", ["N", 1]);
  const { losses, backward } = addHeadLoss(graph, addLogits(graph, features), targets, shape);
  graph.output(sum(times(losses, squeeze(weights, 1)), 0), "float32", [], "loss");
  const dLogits = backward(weights);
  const dKernel = matMul(transpose(features, [1, 0]), dLogits);
  addGradient(graph, "head.kernel", dKernel, [headInputSize(shape), outputSize(shape)]);
  addGradient(graph, "head.bias", sum(dLogits, 0), [outputSize(shape)]);
  return matMul(dLogits, transpose("head.kernel", [1, 0]));
}

/** What meets the gradients on their way down. */
interface WayDown {
  /** Whether the outputs of the layers were dropped in part. */
  readonly dropout?: boolean;
  /** Gradients of the last states of every layer, which come from outside. */
  readonly lasts?: readonly string[];
}

/** Adds the way back through all layers, from the top one's gradients down. */
function addBackward(
  graph: Graph,
  shape: NetworkShape,
  layers: readonly RecurrentLayer[],
  top: StateGradients,
  { dropout = false, lasts }: WayDown,
): void {
  const shapes = parameterShapes(shape);
  let arriving = top;
  for (let index = layers.length - 1; index >= 0; index--) {
    const { x, kernels, ...gradients } = layers[index]!.backward({
      ...arriving,
      ...(lasts ? { last: lasts[index]! } : {}),
    });
    const byKind = kernelKinds(shape).map((kind, side) => [kind, kernels[side]!] as const);
    for (const [kind, value] of [...byKind, ...Object.entries(gradients)]) {
      const name = `layer${index}.${kind}`;
      addGradient(graph, name, value, shapes.get(name)!);
    }
    if (index === 0) return;
    arriving = { states: dropout ? graph.node("Mul", [x, dropoutName(index - 1)]) : x };
  }
}

function addGradient(
  graph: Graph,
  parameter: string,
  value: string,
  dims: readonly number[],
): void {
  graph.output(value, "float32", dims, gradientName(parameter));
}
