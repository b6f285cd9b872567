import type { Graph } from "../onnx/graph.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import type { StateGradients } from "./layer-backward.js";
import type { NetworkShape } from "./network-shape.js";

/** The states of a layer, and which of them are no padding. */
export interface PooledStates {
  /** [T, B, width], zero in the padding */
  readonly states: string;
  /** [B, width] */
  readonly last: string;
  /** float32 [T, B, 1] */
  readonly mask: string;
  /** float32 [B, 1] */
  readonly steps: string;
}

/** The vector of a sequence, and the way from its gradient to those of the states. */
export interface Pooled {
  /** [B, width] */
  readonly value: string;
  readonly backward: (gradient: string) => PoolingGradients;
}

/** Gradients of the states, and of the pooling's own parameters by their names. */
export interface PoolingGradients extends StateGradients {
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Stands for minus infinity: less than any state or score. */
const least = -1e30;

/** Adds the pooling of a network; see {@link NetworkShape.pooling}. */
export function addPooling(
  graph: Graph,
  pooled: PooledStates,
  { pooling }: Pick<NetworkShape, "pooling">,
): Pooled {
  switch (pooling) {
    case "last":
      return { value: pooled.last, backward: (gradient) => ({ last: gradient }) };
    case "mean":
      return meanPooling(graph, pooled);
    case "max":
      return maxPooling(graph, pooled);
    case "attention":
      return attentionPooling(graph, pooled);
  }
}

function meanPooling(graph: Graph, { states, mask, steps }: PooledStates): Pooled {
  const { sum, divide, times } = arithmeticOf(graph);
  // States are zero in the padding, so that their sum is that of the sequence.
  return {
    value: divide(sum(states, 0), steps),
    backward: (gradient) => ({ states: times(divide(gradient, steps), mask) }),
  };
}

function maxPooling(graph: Graph, { states, mask }: PooledStates): Pooled {
  const { add, times, complement, divide, sum, scalar, integers } = arithmeticOf(graph);
  const lowered = add(states, times(complement(mask), scalar(least)));
  const value = graph.node("ReduceMax", [lowered, integers(0)], { keepdims: { i: 0 } });
  return {
    value,
    backward: (gradient) => {
      const isLargest = graph.node("Cast", [graph.node("Equal", [lowered, value])], {
        to: { i: 1 },
      });
      // Equal values share the gradient.
      return { states: times(divide(isLargest, sum(isLargest, 0)), gradient) };
    },
  };
}

/**
 * α = softmax over time of e, e = tanh(h·w + b), the sum of α·h (Raffel & Ellis 2015, "Feed-forward networks with
 * attention can solve some long-term memory problems").
 */
function attentionPooling(graph: Graph, { states, mask }: PooledStates): Pooled {
  const { add, subtract, times, complement, matMul, sum, scalar, reshape, transpose } =
    arithmeticOf(graph);
  const scores = graph.node("Tanh", [add(matMul(states, "attention.kernel"), "attention.bias")]);
  const lowered = add(scores, times(complement(mask), scalar(least)));
  // [T, B, 1]
  const attention = graph.node("Softmax", [lowered], { axis: { i: 0 } });
  return {
    value: sum(times(attention, states), 0),
    backward: (gradient) => {
      const dAttention = sum(times(states, gradient), 2, true);
      const mean = sum(times(attention, dAttention), 0, true);
      const dScores = times(attention, subtract(dAttention, mean));
      const dSums = times(dScores, complement(times(scores, scores)));
      // [1, width] · … : the kernel's gradient is the sum over all steps of state · dSum.
      const flatSums = reshape(dSums, [-1, 1]);
      const flatStates = graph.node("Flatten", [states], { axis: { i: 2 } });
      return {
        states: add(
          times(attention, gradient),
          matMul(dSums, transpose("attention.kernel", [1, 0])),
        ),
        parameters: {
          "attention.kernel": matMul(transpose(flatStates, [1, 0]), flatSums),
          "attention.bias": sum(flatSums, 0),
        },
      };
    },
  };
}
