import type { Graph } from "../onnx/graph.js";
import type { CellParameters, RecurrentCell } from "./cells/recurrent-cell.js";
import { giveSides, readSides } from "./directions.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import { addLayerBackward, type LayerGradients, type StateGradients } from "./layer-backward.js";
import type { Packing } from "./packing.js";
import type { StepMarks } from "./step-marks.js";
import { openTimeLoop } from "./time-loop.js";

/** What a layer is made from: names of values in the graph, and its sizes. T is time, B the batch. */
export interface LayerInputs {
  readonly cell: RecurrentCell;
  /** [T, B, input] */
  readonly x: string;
  readonly marks: StepMarks;
  readonly packing: Packing;
  /** Names of the layer's parameters, see GraphParameters; the kernel of each direction. */
  readonly kernels: readonly string[];
  readonly bias: string;
  readonly parameters: CellParameters;
  readonly hidden: number;
  /** Whether the way back will be asked for. */
  readonly isTrained: boolean;
  /** Goes before the names of the layer's loops. */
  readonly name: string;
}

/** A layer's results, and the way back through it. */
export interface RecurrentLayer {
  /** Every state, [T, B, directions · hidden]; zero in the padding. */
  readonly states: string;
  /** The last state of each sequence and direction, [B, directions · hidden]. */
  readonly last: string;
  /**
   * Adds the back-propagation through time.
   *
   * @param gradients of the states and of the last states, shaped as they are; either may be left out
   */
  backward(gradients: StateGradients): LayerGradients;
}

/**
 * Adds a recurrent layer. Both directions run in one loop, stacked on an axis of their own: the backward one reads its
 * steps from the last to the first, and so begins in the padding, where states stay zero. W·x is one product for all
 * steps of a direction.
 */
export function addRecurrentLayer(graph: Graph, inputs: LayerInputs): RecurrentLayer {
  const { cell, marks, hidden, name } = inputs;
  const { times, concat, split, transpose, reshape, sum } = arithmeticOf(graph);
  const directions = inputs.kernels.length;
  const width = directions * hidden;
  const x = inputs.packing.pack(inputs.x);
  const start = zeroStates(graph, inputs);

  const loop = openTimeLoop(graph, `${name}/forward`);
  const before = Array.from({ length: cell.states }, () => loop.carry(start));
  const gateInput = readSides(loop, gateInputs(graph, inputs, x));
  const mask = loop.read(marks.mask);
  const step = cell.forward(graph, inputs.parameters);
  const passed = step(loop.body, gateInput, before, (value) =>
    arithmeticOf(loop.body).times(value, mask),
  );
  giveSides(loop, passed.states[0]!, directions);
  // What the way back takes up again comes behind the states of each direction.
  if (inputs.isTrained) for (const value of [...before, ...passed.saved]) loop.give(value);
  const { ends, given } = loop.close(passed.states);

  // [T, 1, hidden, B] of each direction, in the order of time
  const sides = given.slice(0, directions);
  const kept = given.slice(directions);
  const states = reshape(concat(sides, 1), [0, width, -1]);
  // The backward direction ends with the first step, which every sequence has; the forward one in the padding.
  const [lastOfForward] = split(marks.last, 1, directions);
  const [, ...backwardEnd] = split(ends[0]!, 0, directions);
  const last = concat([sum(times(sides[0]!, lastOfForward!), 0), ...backwardEnd], 0);

  return {
    states: transpose(states, [0, 2, 1]),
    last: transpose(reshape(last, [width, -1]), [1, 0]),
    backward: (gradients) =>
      addLayerBackward(
        graph,
        {
          ...inputs,
          x,
          start,
          passed: { before: kept.slice(0, cell.states), saved: kept.slice(cell.states) },
        },
        gradients,
      ),
  };
}

/** [directions, hidden, B] */
function zeroStates(graph: Graph, { x, kernels, hidden }: LayerInputs): string {
  const { concat, integers, scalar } = arithmeticOf(graph);
  const batch = graph.node("Shape", [x], { start: { i: 1 }, end: { i: 2 } });
  return graph.node("Expand", [scalar(0), concat([integers(kernels.length, hidden), batch], 0)]);
}

/**
 * W·x + b for each direction, [T, 1, gates · hidden, B].
 *
 * @param x packed, [N, input]
 */
function gateInputs(graph: Graph, { kernels, bias, packing }: LayerInputs, x: string): string[] {
  const { gemm, split, transpose, unsqueeze } = arithmeticOf(graph);
  const biases = split(bias, 0, kernels.length);
  return kernels.map((kernel, side) => {
    // The few rows of W on the left: a fifth faster over many steps than x on the left.
    const addend = unsqueeze(biases[side]!, 1);
    const product = transpose(gemm(kernel, x, { transposeB: true, addend }), [1, 0]);
    return unsqueeze(transpose(packing.unpack(product), [0, 2, 1]), 1);
  });
}
