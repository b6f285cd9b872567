import type { Graph } from "../onnx/graph.js";
import type { CellParameters, RecurrentCell } from "./cells/recurrent-cell.js";
import { flatSteps, giveSides, readSides } from "./directions.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import type { StepMarks } from "./step-marks.js";
import { openTimeLoop, type TimeLoop } from "./time-loop.js";

/** What a layer is made from: names of values in the graph, and its sizes. T is time, B the batch. */
export interface LayerInputs {
  readonly cell: RecurrentCell;
  /** [T, B, input] */
  readonly x: string;
  readonly marks: StepMarks;
  /** Names of the layer's parameters; see GraphParameters. The kernel of each direction. */
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
 * Gradients of a layer's states, [T, B, directions · hidden], zero in the padding, and of its last states,
 * [B, directions · hidden].
 */
export interface StateGradients {
  readonly states?: string;
  readonly last?: string;
}

/** Gradients of a layer's parameters and of its input, shaped as these are. */
export interface LayerGradients {
  /** Of the kernel of each direction. */
  readonly kernels: readonly string[];
  readonly recurrent: string;
  readonly recurrentBias?: string;
  readonly bias: string;
  /** The input's. */
  readonly x: string;
}

/**
 * Adds a recurrent layer. Both directions run in one loop, stacked on an axis of their own: the backward one reads its
 * steps from the last to the first, and so begins in the padding, where states stay zero. W·x is one product for all
 * steps of a direction.
 */
export function addRecurrentLayer(graph: Graph, inputs: LayerInputs): RecurrentLayer {
  const { cell, kernels, marks, hidden, name } = inputs;
  const { times, matMul, concat, split, transpose, reshape, sum } = arithmeticOf(graph);
  const directions = kernels.length;
  const flat = graph.node("Flatten", [inputs.x], { axis: { i: 2 } });
  const start = zeroStates(graph, inputs);

  const loop = openTimeLoop(graph, `${name}/forward`);
  const before = Array.from({ length: cell.states }, () => loop.carry(start));
  const gateInput = readSides(loop, gateInputs(graph, inputs, flat), { axis: 2 });
  const step = cell.forward(graph, inputs.parameters);
  const mask = loop.read(marks.mask);
  const passed = step(loop.body, gateInput, before, (value) => multiplied(loop, value, mask));
  const places = giveSides(loop, passed.states[0]!, directions);
  // The values that the way back takes up again follow the states of each direction.
  if (inputs.isTrained) for (const value of [...before, ...passed.saved]) loop.give(value);
  const { ends, given } = loop.close(passed.states);

  // [T, 1, hidden, B], in the order of time
  const sides = places.map((place) => given[place]!);
  const kept = given.slice(directions);
  const allStates = reshape(concat(sides, 1), [0, directions * hidden, -1]);
  // The backward direction ends at the first step, which every sequence has; the forward one may end in the padding.
  const [lastMark] = split(marks.last, 1, directions);
  const [, ...firsts] = split(ends[0]!, 0, directions);
  const lasts = concat([sum(times(sides[0]!, lastMark!), 0), ...firsts], 0);

  return {
    states: transpose(allStates, [0, 2, 1]),
    last: transpose(reshape(lasts, [directions * hidden, -1]), [1, 0]),
    backward(gradients) {
      const way = cell.wayBack(
        graph,
        { before: kept.slice(0, cell.states), saved: kept.slice(cell.states) },
        inputs.parameters,
      );
      const back = openTimeLoop(graph, `${name}/backward`);
      const [arriving, ...others] = before.map(() => back.carry(start)) as [string, ...string[]];
      const read = (value: string): string => back.read(value, { reversed: true });
      const add = arithmeticOf(back.body).add;
      let dh = arriving;
      if (gradients.states) {
        const byRow = transpose(gradients.states, [0, 2, 1]);
        const dSides = split(reshape(byRow, [0, directions, hidden, -1]), 1, directions);
        dh = add(dh, readSides(back, dSides, { isWayBack: true }));
      }
      if (gradients.last) {
        const dLast = reshape(transpose(gradients.last, [1, 0]), [directions, hidden, -1]);
        dh = add(dh, multiplied(back, dLast, read(marks.last)));
      }
      const scanned = way.scanned.map(read);
      const keep = read(marks.mask);
      const stepped = way.step(back.body, scanned, [dh, ...others], (value) =>
        multiplied(back, value, keep),
      );
      const results = stepped.given.map((value) =>
        giveSides(back, value, directions, { isWayBack: true }),
      );
      const closed = back.close(stepped.before);
      const { gates, ...own } = way.finish(
        results.map((bySide) => bySide.map((place) => flatSteps(graph, closed.given[place]!))),
      );
      return {
        ...own,
        kernels: gates.map((side) => matMul(side, flat)),
        bias: concat(
          gates.map((side) => sum(side, 1)),
          0,
        ),
        x: graph.node("Reshape", [
          inputGradient(graph, kernels, gates),
          graph.node("Shape", [inputs.x]),
        ]),
      };
    },
  };
}

/** A value of a step times marks of the step, one for each sequence. */
function multiplied(loop: TimeLoop, value: string, marks: string): string {
  return arithmeticOf(loop.body).times(value, marks);
}

/** [directions, hidden, B] */
function zeroStates(graph: Graph, { x, kernels, hidden }: LayerInputs): string {
  const { concat, integers, scalar } = arithmeticOf(graph);
  const batch = graph.node("Shape", [x], { start: { i: 1 }, end: { i: 2 } });
  return graph.node("Expand", [scalar(0), concat([integers(kernels.length, hidden), batch], 0)]);
}

/** W·x + b of all steps for each direction, [1, gates · hidden, T, B]. */
function gateInputs(graph: Graph, { x, kernels, bias }: LayerInputs, flat: string): string[] {
  const { gemm, concat, split, unsqueeze, integers } = arithmeticOf(graph);
  const timeBatch = graph.node("Shape", [x], { start: { i: 0 }, end: { i: 2 } });
  const dims = concat([integers(1, -1), timeBatch], 0);
  const biases = split(bias, 0, kernels.length);
  return kernels.map((kernel, side) => {
    const addend = unsqueeze(biases[side]!, 1);
    return graph.node("Reshape", [gemm(kernel, flat, { transposeB: true, addend }), dims]);
  });
}

/** The sum of Wᵀ·(gradient of W·x) over the directions, [T · B, input]. */
function inputGradient(graph: Graph, kernels: readonly string[], gates: readonly string[]): string {
  const { gemm } = arithmeticOf(graph);
  const [first, ...others] = gates;
  return others.reduce(
    (addend, side, index) => gemm(side, kernels[index + 1]!, { transposeA: true, addend }),
    gemm(first!, kernels[0]!, { transposeA: true }),
  );
}
