import { createGraph, type Graph } from "../onnx/graph.js";
import type { CellParameters, RecurrentCell, WayBack } from "./cells/recurrent-cell.js";
import { directionAxis } from "./directions.js";
import { arithmeticOf } from "./graph-arithmetic.js";

/** What a layer is made from: names of values in the graph, and its sizes. T is time, B the batch. */
export interface LayerInputs {
  readonly cell: RecurrentCell;
  /** [T, B, input] */
  readonly x: string;
  /** int64 [B], 1 to T */
  readonly lengths: string;
  /** float32 [T, B, 1]: 1 where a step belongs to its sequence, 0 where it is padding */
  readonly mask: string;
  /** Names of the layer's parameters; see GraphParameters. */
  readonly kernel: string;
  readonly bias: string;
  readonly parameters: CellParameters;
  readonly directions: number;
  readonly hidden: number;
  /** Goes before the names of the layer's subgraphs. */
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

/** Gradients of a layer's states, [T, B, directions · hidden], and last states, [B, directions · hidden]. */
export interface StateGradients {
  readonly states?: string;
  readonly last?: string;
}

/** Gradients of a layer's parameters and of its input, shaped as these are. */
export interface LayerGradients {
  readonly kernel: string;
  readonly recurrent: string;
  readonly recurrentBias?: string;
  readonly bias: string;
  /** Adds the gradient of the input to the graph; only layers above another need it. */
  readonly x: () => string;
}

/**
 * Adds a recurrent layer. Both directions run in one Scan, stacked on an axis of their own; the backward one sees
 * each sequence reversed within its length. x·W is one product for all steps and directions. In the padding, states
 * stay as they are, so that the last step holds every sequence's last state.
 */
export function addRecurrentLayer(graph: Graph, inputs: LayerInputs): RecurrentLayer {
  const { cell, directions, hidden, name } = inputs;
  const { add, times, matMul, concat, transpose, unsqueeze, complement, scalar, integers, sum } =
    arithmeticOf(graph);
  const axis = directionAxis(graph, inputs.lengths, directions, hidden);
  const flat = graph.node("Flatten", [inputs.x], { axis: { i: 2 } });
  const product = add(matMul(flat, inputs.kernel), inputs.bias);
  const batch = graph.node("Shape", [inputs.x], { start: { i: 1 }, end: { i: 2 } });
  const timeBatch = graph.node("Shape", [inputs.x], { start: { i: 0 }, end: { i: 2 } });
  const width = directions * cell.gates * hidden;
  const unflat = graph.node("Reshape", [product, concat([timeBatch, integers(width)], 0)]);
  const gateInputs = axis.stack(unflat);
  const start = graph.node("Expand", [
    scalar(0),
    concat([integers(directions), batch, integers(hidden)], 0),
  ]);
  // [T, 1, B, 1]: of use for both directions and all units.
  const mask = unsqueeze(inputs.mask, 1);
  const keep = graph.node("Cast", [mask], { to: { i: 9 } });

  const starts = Array<string>(cell.states).fill(start);
  const lasts = starts.map((_, i) => `${name}/last${i}`);
  const steps = [...starts.map((_, i) => `state${i}`), ...cell.saved.map((_, i) => `saved${i}`)];
  const scanned = graph.nodes(
    "Scan",
    [...starts, gateInputs, keep],
    [...lasts, ...steps.map((step) => `${name}/${step}`)],
    { body: { g: forwardBody(inputs) }, num_scan_inputs: { i: 2 } },
  );
  const states = scanned.slice(cell.states, 2 * cell.states);
  const saved = scanned.slice(2 * cell.states);
  const last = axis.unstackLast(scanned[0]!);

  return {
    states: times(axis.unstack(states[0]!), inputs.mask),
    last,
    backward(gradients) {
      const padding = complement(mask);
      const before = states.map((state) => shifted(graph, start, state));
      const passed = { states, before, saved, mask, padding };
      const way = cell.wayBack(graph, passed, inputs.parameters);
      const outer = gradients.states ? [axis.stack(gradients.states)] : [];
      const arriving = gradients.last ? axis.stackLast(gradients.last) : start;
      const read = [...way.scanned.map(([value]) => value), ...outer];
      const given = graph
        .nodes(
          "Scan",
          [arriving, ...starts.slice(1), ...read],
          [
            ...starts.map((_, i) => `${name}/gradient/first${i}`),
            ...way.given.map((_, i) => `${name}/gradient/given${i}`),
          ],
          {
            body: { g: backwardBody(inputs, way, outer.length > 0) },
            num_scan_inputs: { i: read.length },
            scan_input_directions: { ints: read.map(() => 1) },
            scan_output_directions: { ints: way.given.map(() => 1) },
          },
        )
        .slice(cell.states);
      const { gates, ...own } = way.finish(given);
      const side = graph.node("Flatten", [axis.unstack(gates)], { axis: { i: 2 } });
      return {
        ...own,
        kernel: matMul(transpose(flat, [1, 0]), side),
        bias: sum(side, 0),
        x: () => {
          const dx = matMul(side, transpose(inputs.kernel, [1, 0]));
          return graph.node("Reshape", [dx, graph.node("Shape", [inputs.x])]);
        },
      };
    },
  };
}

/** One step in time: states, x·W + b → states, and what the way back needs. */
function forwardBody({ cell, name, hidden, parameters }: LayerInputs): Graph {
  const prefix = `${name}/step/`;
  const body = createGraph("step", prefix);
  const dims = (width: number) => ["directions", "batch", width * hidden] as const;
  const before = Array.from({ length: cell.states }, (_, i) =>
    body.input(`${prefix}before${i}`, "float32", dims(1)),
  );
  const gateInput = body.input(`${prefix}gateInput`, "float32", dims(cell.gates));
  const keep = body.input(`${prefix}keep`, "bool", [1, "batch", 1]);
  const { states, saved } = cell.step(body, gateInput, before, parameters);
  const kept = states.map((state, i) => body.node("Where", [keep, state, before[i]!]));
  // The states go to the next step, and are given for every step.
  for (const [i, state] of kept.entries()) {
    body.output(state, "float32", dims(1), `${prefix}next${i}`);
  }
  for (const [i, state] of kept.entries()) {
    body.output(state, "float32", dims(1), `${prefix}state${i}`);
  }
  for (const [i, value] of saved.entries()) body.output(value, "float32", dims(cell.saved[i]!));
  return body;
}

/** One step against time: gradients of the states after the step → those before it. */
function backwardBody({ cell, name, hidden }: LayerInputs, way: WayBack, outer: boolean): Graph {
  const prefix = `${name}/gradient/step/`;
  const body = createGraph("step", prefix);
  const dims = (width: number) => ["directions", "batch", width * hidden] as const;
  const arriving = Array.from({ length: cell.states }, (_, i) =>
    body.input(`${prefix}after${i}`, "float32", dims(1)),
  );
  const scanned = way.scanned.map(([, width], i) =>
    body.input(`${prefix}scanned${i}`, "float32", width === 0 ? [1, "batch", 1] : dims(width)),
  );
  const [dh, ...others] = arriving as [string, ...string[]];
  const whole = outer
    ? body.node("Add", [dh, body.input(`${prefix}outer`, "float32", dims(1))])
    : dh;
  const { before, given } = way.step(body, scanned, [whole, ...others]);
  for (const value of before) body.output(value, "float32", dims(1));
  for (const [i, value] of given.entries()) body.output(value, "float32", dims(way.given[i]!));
  return body;
}

/** The values one step earlier, the first one being `start`. */
function shifted(graph: Graph, start: string, values: string): string {
  const { unsqueeze, concat, integers } = arithmeticOf(graph);
  const slice = [values, integers(0), integers(-1), integers(0)];
  return concat([unsqueeze(start, 0), graph.node("Slice", slice)], 0);
}
