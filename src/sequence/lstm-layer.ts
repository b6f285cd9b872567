import { createGraph, type Graph } from "../onnx/graph.js";
import { float32, int64 } from "../onnx/tensor.js";

/** What a layer is made from: names of values in the graph, and its sizes. T is time, B the batch. */
export interface LstmLayerInputs {
  /** [T, B, input] */
  readonly x: string;
  /** int64 [B], 1 to T */
  readonly lengths: string;
  /** float32 [T, B, 1]: 1 where a step belongs to its sequence, 0 where it is padding */
  readonly mask: string;
  /** Names of the layer's parameters; see GraphParameters. */
  readonly kernel: string;
  readonly recurrent: string;
  readonly bias: string;
  readonly directions: number;
  readonly hidden: number;
  /** Goes before the names of the layer's subgraphs. */
  readonly name: string;
}

/** A layer's results, and the way back through it. */
export interface LstmLayer {
  /** Every state, [T, B, directions · hidden]; zero in the padding. */
  readonly states: string;
  /** The last state of each sequence and direction, [B, directions · hidden]. */
  readonly last: string;
  /**
   * Adds the back-propagation through time.
   *
   * @param gradients of the states and of the last states, shaped as they are; either may be left out
   */
  backward(gradients: { readonly states?: string; readonly last?: string }): LstmGradients;
}

/** Gradients of a layer's parameters and of its input, shaped as these are. */
export interface LstmGradients {
  readonly kernel: string;
  readonly recurrent: string;
  readonly bias: string;
  /** Adds the gradient of the input to the graph; only layers above another need it. */
  readonly x: () => string;
}

/**
 * Adds an LSTM layer:
 *
 *     i, o, f = σ(x·W + h·U + b)    g = tanh(x·W + h·U + b)    c = f·c₋₁ + i·g    h = o·tanh(c)
 *
 * Both directions run in one Scan, stacked on an axis of their own; the backward one sees each sequence
 * reversed within its length. x·W is one product for all steps and directions. In the padding, states stay as
 * they are, so that the last step holds every sequence's last state.
 */
export function addLstmLayer(graph: Graph, inputs: LstmLayerInputs): LstmLayer {
  const { directions, hidden, name, lengths } = inputs;
  const stacking: Stacking = { graph, lengths, directions };
  const flat = graph.node("Flatten", [inputs.x], { axis: { i: 2 } });
  const product = graph.node("Add", [graph.node("MatMul", [flat, inputs.kernel]), inputs.bias]);
  const batch = graph.node("Shape", [inputs.x], { start: { i: 1 }, end: { i: 2 } });
  const timeBatch = graph.node("Shape", [inputs.x], { start: { i: 0 }, end: { i: 2 } });
  const unflat = (value: string, width: number): string =>
    graph.node("Reshape", [value, concat(graph, [timeBatch, constant(graph, [width])], 0)]);
  const gateInputs = stack(stacking, unflat(product, directions * 4 * hidden));

  const stateShape = concat(
    graph,
    [constant(graph, [directions]), batch, constant(graph, [hidden])],
    0,
  );
  const zero = graph.constant(float32([0], []), "zero");
  const start = graph.node("Expand", [zero, stateShape]);
  // [T, 1, B, 1]: of use for both directions and all units.
  const mask = graph.node("Unsqueeze", [inputs.mask, constant(graph, [1])]);
  const keep = graph.node("Cast", [mask], { to: { i: 9 } });

  const [, , hiddens, cells, sigmoids, candidates] = graph.nodes(
    "Scan",
    [start, start, gateInputs, keep],
    ["lastHidden", "lastCell", "hidden", "cell", "sigmoids", "candidates"].map(
      (part) => `${name}/${part}`,
    ),
    { body: { g: forwardStep(inputs) }, num_scan_inputs: { i: 2 } },
  ) as [string, string, string, string, string, string];

  const lastStep = graph.node("Gather", [hiddens, graph.constant(int64([-1], []))], {
    axis: { i: 0 },
  });
  const lastFirst = graph.node("Transpose", [lastStep], { perm: { ints: [1, 0, 2] } });
  const last = graph.node("Reshape", [lastFirst, constant(graph, [0, directions * hidden])]);
  const states = graph.node("Mul", [unstack(stacking, hiddens), inputs.mask]);

  return {
    states,
    last,
    backward(gradients) {
      const one = graph.constant(float32([1], []), "one");
      const complement = (value: string): string => graph.node("Sub", [one, value]);
      const times = (...factors: string[]): string =>
        factors.reduce((product, factor) => graph.node("Mul", [product, factor]));
      const [input, output, forget] = graph.nodes("Split", [sigmoids], 3, {
        axis: { i: 3 },
        num_outputs: { i: 3 },
      }) as [string, string, string];
      const squashed = graph.node("Tanh", [cells]);
      const before = (values: string): string => shifted(graph, start, values);
      // Derivatives that no step depends on another for, for all steps at once.
      const sigmoidPart = times(
        concat(graph, [candidates, squashed, before(cells)], 3),
        sigmoids,
        complement(sigmoids),
        mask,
      );
      const candidatePart = times(input, complement(times(candidates, candidates)), mask);
      const gateFactor = concat(graph, [sigmoidPart, candidatePart], 3);
      const cellFactor = times(output, complement(times(squashed, squashed)), mask);
      const padding = complement(mask);
      const carry = graph.node("Add", [times(forget, mask), padding]);

      const outer = gradients.states ? [stack(stacking, gradients.states)] : [];
      const arriving = gradients.last
        ? stackLast(graph, gradients.last, directions, hidden)
        : start;
      const scanned = [gateFactor, cellFactor, carry, padding, ...outer];
      const transposedRecurrent = graph.node("Transpose", [inputs.recurrent], {
        perm: { ints: [0, 2, 1] },
      });
      const [, , gates] = graph.nodes(
        "Scan",
        [arriving, start, ...scanned],
        ["firstHidden", "firstCell", "gates"].map((part) => `${name}/gradient/${part}`),
        {
          body: { g: backwardStep(inputs, transposedRecurrent, outer.length > 0) },
          num_scan_inputs: { i: scanned.length },
          scan_input_directions: { ints: scanned.map(() => 1) },
          scan_output_directions: { ints: [1] },
        },
      ) as [string, string, string];

      // [directions, hidden, T·B] · [directions, T·B, 4·hidden]
      const earlier = graph.node("Transpose", [before(hiddens)], { perm: { ints: [1, 3, 0, 2] } });
      const earlierFlat = graph.node("Reshape", [
        earlier,
        constant(graph, [directions, hidden, -1]),
      ]);
      const gatesByDirection = graph.node("Transpose", [gates], { perm: { ints: [1, 0, 2, 3] } });
      const gatesFlat = graph.node("Reshape", [
        gatesByDirection,
        constant(graph, [directions, -1, 4 * hidden]),
      ]);
      const side = graph.node("Flatten", [unstack(stacking, gates)], { axis: { i: 2 } });
      const flatTransposed = graph.node("Transpose", [flat], { perm: { ints: [1, 0] } });
      return {
        recurrent: graph.node("MatMul", [earlierFlat, gatesFlat]),
        kernel: graph.node("MatMul", [flatTransposed, side]),
        bias: graph.node("ReduceSum", [side, constant(graph, [0])], { keepdims: { i: 0 } }),
        x: () => {
          const kernelTransposed = graph.node("Transpose", [inputs.kernel], {
            perm: { ints: [1, 0] },
          });
          const dx = graph.node("MatMul", [side, kernelTransposed]);
          return graph.node("Reshape", [dx, graph.node("Shape", [inputs.x])]);
        },
      };
    },
  };
}

/** One step in time: (h, c), x·W + b → (h, c), and what the way back needs. */
function forwardStep({ name, hidden, recurrent }: LstmLayerInputs): Graph {
  const prefix = `${name}/step/`;
  const body = createGraph("step", prefix);
  const dims = ["directions", "batch", hidden] as const;
  const h = body.input(`${prefix}h`, "float32", dims);
  const c = body.input(`${prefix}c`, "float32", dims);
  const gateInput = body.input(`${prefix}gateInput`, "float32", [
    "directions",
    "batch",
    4 * hidden,
  ]);
  const keep = body.input(`${prefix}keep`, "bool", [1, "batch", 1]);
  const sum = body.node("Add", [gateInput, body.node("MatMul", [h, recurrent])]);
  const [gatesIn, candidateIn] = body.nodes(
    "Split",
    [sum, constant(body, [3 * hidden, hidden])],
    2,
    {
      axis: { i: 2 },
    },
  ) as [string, string];
  const sigmoids = body.node("Sigmoid", [gatesIn]);
  const candidate = body.node("Tanh", [candidateIn]);
  const [input, output, forget] = body.nodes("Split", [sigmoids], 3, {
    axis: { i: 2 },
    num_outputs: { i: 3 },
  }) as [string, string, string];
  const kept = body.node("Mul", [forget, c]);
  const added = body.node("Mul", [input, candidate]);
  const newC = body.node("Add", [kept, added]);
  const newH = body.node("Mul", [output, body.node("Tanh", [newC])]);
  const nextH = body.node("Where", [keep, newH, h]);
  const nextC = body.node("Where", [keep, newC, c]);
  body.output(nextH, "float32", dims, `${prefix}nextH`);
  body.output(nextC, "float32", dims, `${prefix}nextC`);
  body.output(nextH, "float32", dims, `${prefix}hidden`);
  body.output(nextC, "float32", dims, `${prefix}cell`);
  body.output(sigmoids, "float32", ["directions", "batch", 3 * hidden]);
  body.output(candidate, "float32", dims);
  return body;
}

/** One step against time: gradients of (h, c) after the step → those before it, and of its gates. */
function backwardStep(
  { name, hidden }: LstmLayerInputs,
  transposedRecurrent: string,
  outer: boolean,
): Graph {
  const prefix = `${name}/gradient/step/`;
  const body = createGraph("step", prefix);
  const dims = ["directions", "batch", hidden] as const;
  const wide = ["directions", "batch", 4 * hidden] as const;
  const arriving = body.input(`${prefix}dh`, "float32", dims);
  const dc = body.input(`${prefix}dc`, "float32", dims);
  const gateFactor = body.input(`${prefix}gateFactor`, "float32", wide);
  const cellFactor = body.input(`${prefix}cellFactor`, "float32", dims);
  const carry = body.input(`${prefix}carry`, "float32", dims);
  const padding = body.input(`${prefix}padding`, "float32", [1, "batch", 1]);
  const dh = outer
    ? body.node("Add", [arriving, body.input(`${prefix}outer`, "float32", dims)])
    : arriving;
  const dcAll = body.node("Add", [dc, body.node("Mul", [dh, cellFactor])]);
  const spread = concat(body, [dcAll, dh, dcAll, dcAll], 2);
  const gates = body.node("Mul", [spread, gateFactor]);
  const through = body.node("MatMul", [gates, transposedRecurrent]);
  const dhBefore = body.node("Add", [through, body.node("Mul", [dh, padding])]);
  body.output(dhBefore, "float32", dims);
  body.output(body.node("Mul", [dcAll, carry]), "float32", dims);
  body.output(gates, "float32", wide);
  return body;
}

interface Stacking {
  readonly graph: Graph;
  readonly lengths: string;
  readonly directions: number;
}

/** [T, B, directions · n] → [T, directions, B, n], the backward direction reversed within each length. */
function stack({ graph, lengths, directions }: Stacking, value: string): string {
  const axis = constant(graph, [1]);
  if (directions === 1) return graph.node("Unsqueeze", [value, axis]);
  const [forward, backward] = halves(graph, value, 2);
  const sides = [forward, reversed(graph, backward, lengths)];
  return concat(
    graph,
    sides.map((side) => graph.node("Unsqueeze", [side, axis])),
    1,
  );
}

/** The inverse of {@link stack}. */
function unstack({ graph, lengths, directions }: Stacking, value: string): string {
  const axis = constant(graph, [1]);
  if (directions === 1) return graph.node("Squeeze", [value, axis]);
  const [forward, backward] = halves(graph, value, 1).map((half) =>
    graph.node("Squeeze", [half, axis]),
  ) as [string, string];
  return concat(graph, [forward, reversed(graph, backward, lengths)], 2);
}

/** [B, directions · hidden] → [directions, B, hidden] */
function stackLast(graph: Graph, value: string, directions: number, hidden: number): string {
  const split = graph.node("Reshape", [value, constant(graph, [0, directions, hidden])]);
  return graph.node("Transpose", [split], { perm: { ints: [1, 0, 2] } });
}

function halves(graph: Graph, value: string, axis: number): [string, string] {
  return graph.nodes("Split", [value], 2, { axis: { i: axis }, num_outputs: { i: 2 } }) as [
    string,
    string,
  ];
}

function reversed(graph: Graph, value: string, lengths: string): string {
  return graph.node("ReverseSequence", [value, lengths], {
    time_axis: { i: 0 },
    batch_axis: { i: 1 },
  });
}

/** The values one step earlier, the first one being `start`. */
function shifted(graph: Graph, start: string, values: string): string {
  const first = graph.node("Unsqueeze", [start, constant(graph, [0])]);
  const allButLast = graph.node("Slice", [
    values,
    constant(graph, [0]),
    constant(graph, [-1]),
    constant(graph, [0]),
  ]);
  return concat(graph, [first, allButLast], 0);
}

function concat(graph: Graph, values: readonly string[], axis: number): string {
  return graph.node("Concat", values, { axis: { i: axis } });
}

function constant(graph: Graph, values: readonly number[]): string {
  return graph.constant(int64(values));
}
