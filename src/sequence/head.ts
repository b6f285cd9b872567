import type { Graph } from "../onnx/graph.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import { type Head, type NetworkShape, outputSize } from "./network-shape.js";

/** Adds the head's product: [N, headInput] → [N, outputs], before softmax or sigmoid. */
export function addLogits(graph: Graph, features: string): string {
  const { add, matMul } = arithmeticOf(graph);
  return add(matMul(features, "head.kernel"), "head.bias");
}

/** Adds what a head makes of its logits: probabilities, or the values as they are. */
export function addActivation(graph: Graph, logits: string, { type }: Head): string {
  if (type === "classification") return graph.node("Softmax", [logits], { axis: { i: -1 } });
  if (type === "multilabel") return graph.node("Sigmoid", [logits]);
  return logits;
}

/** A loss of every item, and the way back from it. */
export interface HeadLoss {
  /** [N] */
  readonly losses: string;
  /**
   * @param weights [N, 1]
   * @returns the gradient of Σ weight · loss, [N, outputs]
   */
  readonly backward: (weights: string) => string;
}

/**
 * Adds the loss of a head:
 * - classification: cross-entropy of the softmax, -Σ t·log p, each row of the targets summing to 1
 * - multilabel: binary cross-entropy of the sigmoid, the mean over the labels
 * - regression: squared error, the mean over the values
 *
 * @param logits [N, outputs]
 * @param targets [N, outputs]
 */
export function addHeadLoss(
  graph: Graph,
  logits: string,
  targets: string,
  shape: NetworkShape,
): HeadLoss {
  const { add, subtract, times, scalar, sum } = arithmeticOf(graph);
  const share = scalar(1 / outputSize(shape));
  switch (shape.head!.type) {
    case "classification": {
      const logProbabilities = graph.node("LogSoftmax", [logits], { axis: { i: 1 } });
      return {
        losses: sum(graph.node("Neg", [times(targets, logProbabilities)]), 1),
        backward: (weights) =>
          times(subtract(graph.node("Exp", [logProbabilities]), targets), weights),
      };
    }
    case "multilabel": {
      // max(x, 0) - x·t + log(1 + exp(-|x|)), which does not overflow
      const decay = graph.node("Exp", [graph.node("Neg", [graph.node("Abs", [logits])])]);
      const soft = graph.node("Log", [add(decay, scalar(1))]);
      const hinge = subtract(graph.node("Relu", [logits]), times(logits, targets));
      return {
        losses: times(sum(add(hinge, soft), 1), share),
        backward: (weights) =>
          times(subtract(graph.node("Sigmoid", [logits]), targets), weights, share),
      };
    }
    case "regression": {
      const difference = subtract(logits, targets);
      return {
        losses: times(sum(times(difference, difference), 1), share),
        backward: (weights) => times(difference, weights, share, scalar(2)),
      };
    }
  }
}
