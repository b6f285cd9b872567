import type { Graph } from "../onnx/graph.js";
import { int32 } from "../onnx/tensor.js";
import { arithmeticOf } from "./graph-arithmetic.js";

/**
 * Steps without the padding, N of all T · B, as PyTorch's packed sequences: products for all steps at once are of
 * these alone.
 */
export interface Packing {
  /** [T, B, n] → [N, n] */
  pack(value: string): string;
  /** [N, n] → [T, B, n]; the padding gets the values of some step. */
  unpack(value: string): string;
}

/**
 * Adds what packs the steps of a batch.
 *
 * @param mask float32 [T, B, 1]: 1 where a step belongs to its sequence, 0 where it is padding
 */
export function addPacking(graph: Graph, mask: string): Packing {
  const { subtract, reshape, squeeze, scalar } = arithmeticOf(graph);
  const flat = reshape(mask, [-1]);
  const valid = squeeze(graph.node("NonZero", [flat]), 0);
  // How many steps came before; padding at the very start would be -1.
  const counts = graph.node("CumSum", [flat, graph.constant(int32([0], []))]);
  const before = graph.node("Relu", [subtract(counts, scalar(1))]);
  const timeBatch = graph.node("Shape", [mask], { start: { i: 0 }, end: { i: 2 } });
  const places = graph.node("Reshape", [graph.node("Cast", [before], { to: { i: 7 } }), timeBatch]);
  return {
    pack: (value) =>
      graph.node("Gather", [graph.node("Flatten", [value], { axis: { i: 2 } }), valid]),
    unpack: (value) => graph.node("Gather", [value, places]),
  };
}
