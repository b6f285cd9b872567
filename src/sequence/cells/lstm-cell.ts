import { activate, derivative } from "../activations.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings, RecurrentCell } from "./recurrent-cell.js";

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates, Gers et al. 2000):
 *
 *     i, o, f = σ(W·x + U·h₋₁ + b)    g = act(W·x + U·h₋₁ + b)    c = f·c₋₁ + i·g    h = o·act(c)
 *
 * The gates lie in ONNX's order: input, output, forget, candidate.
 */
export function lstmCell(settings: CellSettings): RecurrentCell {
  const { hidden, stateActivation, gateActivation } = settings;
  return {
    states: 2,
    forward:
      (_, { recurrent }) =>
      (body, gateInput, [h, c], withoutPadding) => {
        const { add, times, matMul, split, splitSizes } = arithmeticOf(body);
        const sum = add(gateInput, matMul(recurrent, h!));
        const [gatesIn, candidateIn] = splitSizes(sum, 1, [3 * hidden, hidden]) as [string, string];
        const gates = activate(body, gateActivation, gatesIn);
        const candidate = activate(body, stateActivation, candidateIn);
        const [input, output, forget] = split(gates, 1, 3) as [string, string, string];
        const newC = withoutPadding(add(times(forget, c!), times(input, candidate)));
        // Every activation of a state has act(0) = 0, so that h is zero in the padding, too.
        const squashed = activate(body, stateActivation, newC);
        return { states: [times(output, squashed), newC], saved: [gates, candidate, squashed] };
      },
    wayBack(graph, { before, saved }, { recurrent }) {
      const { times, concat, split, transpose } = arithmeticOf(graph);
      const [gates, candidate, squashed] = saved as [string, string, string];
      const [input, output, forget] = split(gates, 2, 3) as [string, string, string];
      // Derivatives that no step depends on another for, for all steps at once.
      const gateSlopes = times(
        concat([candidate, squashed, before[1]!], 2),
        derivative(graph, gateActivation, gates),
      );
      const candidateSlope = times(input, derivative(graph, stateActivation, candidate));
      const cellSlope = times(output, derivative(graph, stateActivation, squashed));
      const transposed = transpose(recurrent, [0, 2, 1]);
      return {
        scanned: [concat([gateSlopes, candidateSlope], 2), cellSlope, forget],
        step(body, [slopes, ownSlope, kept], [dh, dc], withoutPadding) {
          const step = arithmeticOf(body);
          const dcAll = withoutPadding(step.add(dc!, step.times(dh!, ownSlope!)));
          // The output gate's slope is zero in the padding, where act(c) is.
          const dGates = step.times(step.concat([dcAll, dh!, dcAll, dcAll], 1), slopes!);
          return {
            before: [step.matMul(transposed, dGates), step.times(dcAll, kept!)],
            given: [dGates],
          };
        },
        finish: ([dGates]) => ({
          gates: dGates!,
          products: [{ gradients: dGates!, right: before[0]! }],
        }),
      };
    },
  };
}
