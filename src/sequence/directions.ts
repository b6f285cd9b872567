import type { Graph } from "../onnx/graph.js";
import { arithmeticOf } from "./graph-arithmetic.js";

/** Puts the directions of a layer side by side on an axis of their own, and takes them apart again. */
export interface DirectionAxis {
  /** [T, B, directions · n] → [T, directions, B, n], the backward direction reversed within each length. */
  stack(value: string): string;
  /** The inverse of {@link stack}. */
  unstack(value: string): string;
  /** [B, directions · n] → [directions, B, n] */
  stackLast(value: string): string;
  /** The inverse of {@link stackLast}. */
  unstackLast(value: string): string;
}

/**
 * Opens the axis.
 *
 * @param lengths int64 [B]
 * @param hidden n of the last states
 */
export function directionAxis(
  graph: Graph,
  lengths: string,
  directions: number,
  hidden: number,
): DirectionAxis {
  const { concat, split, transpose, reshape, unsqueeze, squeeze } = arithmeticOf(graph);
  const reversed = (value: string): string =>
    graph.node("ReverseSequence", [value, lengths], { time_axis: { i: 0 }, batch_axis: { i: 1 } });
  return {
    stack(value) {
      if (directions === 1) return unsqueeze(value, 1);
      const [forward, backward] = split(value, 2, 2) as [string, string];
      const sides = [forward, reversed(backward)];
      return concat(
        sides.map((side) => unsqueeze(side, 1)),
        1,
      );
    },
    unstack(value) {
      if (directions === 1) return squeeze(value, 1);
      const [forward, backward] = split(value, 1, 2).map((half) => squeeze(half, 1)) as [
        string,
        string,
      ];
      return concat([forward, reversed(backward)], 2);
    },
    stackLast: (value) => transpose(reshape(value, [0, directions, hidden]), [1, 0, 2]),
    unstackLast: (value) => reshape(transpose(value, [1, 0, 2]), [0, directions * hidden]),
  };
}
