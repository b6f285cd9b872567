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
 * @param values [1, n, B] a step, for each direction
 * @returns in the loop, [directions, n, B]
 */
export function readSides(
  loop: TimeLoop,
  values: readonly string[],
  { axis = 0, isWayBack = false } = {},
): string {
  const steps = values.map((value, side) =>
    loop.read(value, { ...orderOf(side, isWayBack), axis }),
  );
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

/** Lays all steps side by side: [T, 1, n, B] → [n, T · B]. */
export function flatSteps(graph: Graph, value: string): string {
  const byRow = arithmeticOf(graph).transpose(value, [1, 2, 0, 3]);
  return graph.node("Flatten", [byRow], { axis: { i: 2 } });
}
