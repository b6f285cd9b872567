import { activate, derivative } from "../activations.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings, RecurrentCell } from "./recurrent-cell.js";

/** The simple recurrent cell (Elman 1990): h = act(W·x + U·h₋₁ + b). */
export function simpleCell({ stateActivation }: CellSettings): RecurrentCell {
  return {
    states: 1,
    forward:
      (_, { recurrent }) =>
      (body, gateInput, [h], withoutPadding) => {
        const { add, matMul } = arithmeticOf(body);
        const sum = add(gateInput, matMul(recurrent, h!));
        const newH = activate(body, stateActivation, sum);
        return { states: [withoutPadding(newH)], saved: [newH] };
      },
    wayBack(graph, { before, saved }, { recurrent }) {
      const { transpose } = arithmeticOf(graph);
      const transposed = transpose(recurrent, [0, 2, 1]);
      return {
        scanned: [derivative(graph, stateActivation, saved[0]!)],
        step(body, [slope], [dh], withoutPadding) {
          const { times, matMul } = arithmeticOf(body);
          const gates = times(withoutPadding(dh!), slope!);
          return { before: [matMul(transposed, gates)], given: [gates] };
        },
        finish: ([gates]) => ({
          gates: gates!,
          products: [{ gradients: gates!, right: before[0]! }],
        }),
      };
    },
  };
}
