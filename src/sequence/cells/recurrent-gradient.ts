import type { Graph } from "../../onnx/graph.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings } from "./recurrent-cell.js";

/**
 * The gradient of a kernel that was multiplied with `left` in every step: the products over all steps and sequences
 * at once.
 *
 * @param left [T, directions, B, hidden]
 * @param gradient of the products, [T, directions, B, width · hidden]
 * @returns [directions, hidden, width · hidden]
 */
export function recurrentGradient(
  graph: Graph,
  { directions, hidden }: CellSettings,
  left: string,
  gradient: string,
  width: number,
): string {
  const { transpose, reshape, matMul } = arithmeticOf(graph);
  const leftFlat = reshape(transpose(left, [1, 3, 0, 2]), [directions, hidden, -1]);
  const gradientFlat = reshape(transpose(gradient, [1, 0, 2, 3]), [directions, -1, width * hidden]);
  return matMul(leftFlat, gradientFlat);
}

/** [directions, hidden, n] → [directions, n, hidden] */
export function transposedKernel(graph: Graph, kernel: string): string {
  return arithmeticOf(graph).transpose(kernel, [0, 2, 1]);
}
