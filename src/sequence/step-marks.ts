import type { Graph } from "../onnx/graph.js";
import { arithmeticOf } from "./graph-arithmetic.js";

/**
 * Marks on the steps of a batch: float32 [T, directions, 1, B], for each direction in the order in which it takes the
 * steps. The backward direction begins at the last one, so that it sees a sequence's padding first.
 */
export interface StepMarks {
  /** 1 where a step belongs to its sequence, 0 where it is padding. */
  readonly mask: string;
  /** 1 at the step that the direction takes last of its sequence, 0 elsewhere. */
  readonly last: string;
}

/**
 * Adds the marks.
 *
 * @param mask float32 [T, B, 1]
 */
export function addStepMarks(graph: Graph, mask: string, directions: number): StepMarks {
  const { times, complement, concat, reshape, reverse, integers } = arithmeticOf(graph);
  const forward = reshape(mask, [0, 1, 1, -1]);
  const marks = concat(directions === 1 ? [forward] : [forward, reverse(forward, 0)], 1);
  // One step earlier: the first row is cut off, one of zeros comes behind.
  const next = graph.node("Pad", [marks, integers(-1, 0, 0, 0, 1, 0, 0, 0)]);
  return { mask: marks, last: times(marks, complement(next)) };
}
