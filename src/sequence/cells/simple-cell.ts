import { activate, derivative } from "../activations.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings, RecurrentCell } from "./recurrent-cell.js";
import { recurrentGradient, transposedKernel } from "./recurrent-gradient.js";

/** The simple recurrent cell (Elman 1990): h = act(x·W + h₋₁·U + b). */
export function simpleCell(settings: CellSettings): RecurrentCell {
  const { stateActivation } = settings;
  return {
    gates: 1,
    states: 1,
    saved: [],
    step(body, gateInput, [h], { recurrent }) {
      const { add, matMul } = arithmeticOf(body);
      const sum = add(gateInput, matMul(h!, recurrent));
      return { states: [activate(body, stateActivation, sum)], saved: [] };
    },
    wayBack(graph, { states, before, mask, padding }, { recurrent }) {
      const { times } = arithmeticOf(graph);
      const factor = times(derivative(graph, stateActivation, states[0]!), mask);
      const transposed = transposedKernel(graph, recurrent);
      return {
        scanned: [
          [factor, 1],
          [padding, 0],
        ],
        given: [1],
        step(body, scanned, [dh]) {
          const { add, times: product, matMul } = arithmeticOf(body);
          const gates = product(dh!, scanned[0]!);
          const through = matMul(gates, transposed);
          return { before: [add(through, product(dh!, scanned[1]!))], given: [gates] };
        },
        finish: ([gates]) => ({
          gates: gates!,
          recurrent: recurrentGradient(graph, settings, before[0]!, gates!, 1),
        }),
      };
    },
  };
}
