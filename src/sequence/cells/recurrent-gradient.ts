import type { Graph } from "../../onnx/graph.js";
import { flatSteps, sidesInTime } from "../directions.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings } from "./recurrent-cell.js";

/**
 * The gradient of a kernel that was multiplied with `right` in every step: the products over all steps and sequences
 * at once.
 *
 * @param gradients of the products of each direction, in the order of time: [n, T · B]
 * @param right [T, directions, hidden, B], in the order of the steps
 * @returns [directions, n, hidden]
 */
export function recurrentGradient(
  graph: Graph,
  { directions }: CellSettings,
  gradients: readonly string[],
  right: string,
): string {
  const { gemm, concat, unsqueeze } = arithmeticOf(graph);
  const sides = sidesInTime(graph, right, directions).map((side, index) =>
    gemm(gradients[index]!, flatSteps(graph, side), { transposeB: true }),
  );
  return concat(
    sides.map((side) => unsqueeze(side, 0)),
    0,
  );
}

/** [directions, n, hidden] → [directions, hidden, n] */
export function transposedKernel(graph: Graph, kernel: string): string {
  return arithmeticOf(graph).transpose(kernel, [0, 2, 1]);
}
