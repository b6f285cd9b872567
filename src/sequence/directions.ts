import type { Graph } from "../onnx/graph.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import type { StepOrder, TimeLoop } from "./time-loop.js";

/**
 * The order in which a direction takes the steps in a loop.
 *
 * @param side 0 forward, 1 backward
 * @param isWayBack whether the loop runs against the direction's own order, as back-propagation does
 */
function orderOf(side: number, isWayBack: boolean): StepOrder {
  return { reversed: (side === 1) !== isWayBack };
}

/**
 * Reads values of each direction, which lie in the order of time.
 *
 * @param values for each direction, [T, 1, n, B]
 * @returns in the loop, [directions, n, B]
 */
export function readSides(
  loop: TimeLoop,
  values: readonly string[],
  { isWayBack = false } = {},
): string {
  const steps = values.map((value, side) => loop.read(value, orderOf(side, isWayBack)));
  return arithmeticOf(loop.body).concat(steps, 0);
}

/**
 * Gives the parts of each direction apart, in the order of time.
 *
 * @param value in the loop, [directions, n, B]
 * @returns places of the results, each [T, 1, n, B]
 */
export function giveSides(
  loop: TimeLoop,
  value: string,
  directions: number,
  { isWayBack = false } = {},
): number[] {
  const sides = arithmeticOf(loop.body).split(value, 0, directions);
  return sides.map((side, index) => loop.give(side, orderOf(index, isWayBack)));
}

/**
 * Takes the directions apart and brings each into the order of time.
 *
 * @param value [T, directions, n, B], in the order of the steps
 * @returns each [T, 1, n, B]
 */
export function sidesInTime(graph: Graph, value: string, directions: number): string[] {
  const { split, reverse } = arithmeticOf(graph);
  return split(value, 1, directions).map((side, index) => (index === 0 ? side : reverse(side, 0)));
}

/** [T, 1, n, B] → [T, B, n] */
export function bySequence(graph: Graph, side: string): string {
  const { squeeze, transpose } = arithmeticOf(graph);
  return transpose(squeeze(side, 1), [0, 2, 1]);
}
