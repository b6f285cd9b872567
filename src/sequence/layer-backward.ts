import type { Graph } from "../onnx/graph.js";
import type {
  CellParameters,
  Passed,
  RecurrentCell,
  RecurrentProduct,
} from "./cells/recurrent-cell.js";
import { bySequence, giveSides, readSides, sidesInTime } from "./directions.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import type { Packing } from "./packing.js";
import type { StepMarks } from "./step-marks.js";
import { openTimeLoop, type TimeLoop } from "./time-loop.js";

/**
 * Gradients of a layer's states, [T, B, directions · hidden], of which those of the padding are dropped, and of its last
 * states, [B, directions · hidden].
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
  /** The input's, [T, B, input]; of no meaning in the padding. */
  readonly x: string;
}

/** What the way back through a layer starts from. */
export interface LayerPassed {
  readonly cell: RecurrentCell;
  readonly parameters: CellParameters;
  readonly kernels: readonly string[];
  readonly hidden: number;
  readonly marks: StepMarks;
  readonly packing: Packing;
  readonly name: string;
  /** The layer's input, packed: [N, input] */
  readonly x: string;
  /** Zeros, [directions, hidden, B] */
  readonly start: string;
  readonly passed: Passed;
}

/** Adds the back-propagation through time of a layer. Both directions run in one loop, each against its own order. */
export function addLayerBackward(
  graph: Graph,
  layer: LayerPassed,
  gradients: StateGradients,
): LayerGradients {
  const { cell, kernels, packing, x } = layer;
  const { gemm, concat, sum, transpose } = arithmeticOf(graph);
  const directions = kernels.length;
  const way = cell.wayBack(graph, layer.passed, layer.parameters);

  const loop = openTimeLoop(graph, `${layer.name}/backward`);
  const carried = Array.from({ length: cell.states }, () => loop.carry(layer.start));
  const [dh, ...others] = carried as [string, ...string[]];
  const dStates = [addArriving(graph, loop, dh, layer, gradients), ...others];
  const scanned = way.scanned.map((value) => loop.read(value, { reversed: true }));
  const mask = loop.read(layer.marks.mask, { reversed: true });
  const stepped = way.step(loop.body, scanned, dStates, (value) =>
    arithmeticOf(loop.body).times(value, mask),
  );
  const places = stepped.given.map((value) =>
    giveSides(loop, value, directions, { isWayBack: true }),
  );
  const { given } = loop.close(stepped.before);

  const packed = (side: string): string => packing.pack(bySequence(graph, side));
  // Transposed before the products, which are then a fifth faster over many steps. They are Gemms, since onnxruntime
  // would take the transposition into a MatMul.
  const { gates, products, ...own } = way.finish(
    places.map((sides) => sides.map((place) => transpose(packed(given[place]!), [1, 0]))),
  );
  return {
    ...own,
    kernels: gates.map((side) => gemm(side, x)),
    recurrent: concat(
      products.map((product) => kernelGradient(graph, product, packed)),
      1,
    ),
    bias: concat(
      gates.map((side) => sum(side, 1)),
      0,
    ),
    x: packing.unpack(inputGradient(graph, kernels, gates)),
  };
}

/** In the loop: the hidden state's gradient with what comes to this step from outside. */
function addArriving(
  graph: Graph,
  loop: TimeLoop,
  dh: string,
  { kernels, hidden, marks }: LayerPassed,
  { states, last }: StateGradients,
): string {
  const { split, transpose, reshape } = arithmeticOf(graph);
  const { add, times } = arithmeticOf(loop.body);
  const directions = kernels.length;
  let sum = dh;
  if (states) {
    const byUnit = reshape(transpose(states, [0, 2, 1]), [0, directions, hidden, -1]);
    sum = add(sum, readSides(loop, split(byUnit, 1, directions), { isWayBack: true }));
  }
  if (last) {
    const byUnit = reshape(transpose(last, [1, 0]), [directions, hidden, -1]);
    sum = add(sum, times(byUnit, loop.read(marks.last, { reversed: true })));
  }
  return sum;
}

/** The gradient of a recurrent kernel: products over all steps and sequences at once, [directions, n, hidden]. */
function kernelGradient(
  graph: Graph,
  { gradients, right }: RecurrentProduct,
  packed: (side: string) => string,
): string {
  const { concat, gemm, unsqueeze } = arithmeticOf(graph);
  const sides = sidesInTime(graph, right, gradients.length);
  return concat(
    sides.map((side, index) => unsqueeze(gemm(gradients[index]!, packed(side)), 0)),
    0,
  );
}

/** The sum of Wᵀ·(gradient of W·x) over the directions, [N, input]. */
function inputGradient(graph: Graph, kernels: readonly string[], gates: readonly string[]): string {
  const { gemm } = arithmeticOf(graph);
  const [first, ...others] = gates as [string, ...string[]];
  return others.reduce(
    (addend, side, index) => gemm(side, kernels[index + 1]!, { transposeA: true, addend }),
    gemm(first, kernels[0]!, { transposeA: true }),
  );
}
