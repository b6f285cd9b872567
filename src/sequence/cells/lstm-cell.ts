import { activate, derivative } from "../activations.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings, RecurrentCell } from "./recurrent-cell.js";
import { recurrentGradient, transposedKernel } from "./recurrent-gradient.js";

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates, Gers et al. 2000):
 *
 *     i, o, f = σ(x·W + h₋₁·U + b)    g = act(x·W + h₋₁·U + b)    c = f·c₋₁ + i·g    h = o·act(c)
 *
 * The gates lie in ONNX's order: input, output, forget, candidate.
 */
export function lstmCell(settings: CellSettings): RecurrentCell {
  const { hidden, stateActivation, gateActivation } = settings;
  return {
    gates: 4,
    states: 2,
    saved: [3, 1],
    step(body, gateInput, [h, c], { recurrent }) {
      const { add, times, matMul, split, splitSizes } = arithmeticOf(body);
      const sum = add(gateInput, matMul(h!, recurrent));
      const [gatesIn, candidateIn] = splitSizes(sum, 2, [3 * hidden, hidden]) as [string, string];
      const gates = activate(body, gateActivation, gatesIn);
      const candidate = activate(body, stateActivation, candidateIn);
      const [input, output, forget] = split(gates, 2, 3) as [string, string, string];
      const newC = add(times(forget, c!), times(input, candidate));
      const newH = times(output, activate(body, stateActivation, newC));
      return { states: [newH, newC], saved: [gates, candidate] };
    },
    wayBack(graph, { states, before, saved, mask, padding }, { recurrent }) {
      const { add, times, concat, split } = arithmeticOf(graph);
      const [gates, candidate] = saved as [string, string];
      const [input, output, forget] = split(gates, 3, 3) as [string, string, string];
      const squashed = activate(graph, stateActivation, states[1]!);
      // Derivatives that no step depends on another for, for all steps at once.
      const gatePart = times(
        concat([candidate, squashed, before[1]!], 3),
        derivative(graph, gateActivation, gates),
        mask,
      );
      const candidatePart = times(input, derivative(graph, stateActivation, candidate), mask);
      const gateFactor = concat([gatePart, candidatePart], 3);
      const cellFactor = times(output, derivative(graph, stateActivation, squashed), mask);
      const carry = add(times(forget, mask), padding);
      const transposed = transposedKernel(graph, recurrent);
      return {
        scanned: [
          [gateFactor, 4],
          [cellFactor, 1],
          [carry, 1],
          [padding, 0],
        ],
        given: [4],
        step(body, [gateSlope, cellSlope, carried, kept], [dh, dc]) {
          const step = arithmeticOf(body);
          const dcAll = step.add(dc!, step.times(dh!, cellSlope!));
          const spread = step.concat([dcAll, dh!, dcAll, dcAll], 2);
          const dGates = step.times(spread, gateSlope!);
          const through = step.matMul(dGates, transposed);
          const dhBefore = step.add(through, step.times(dh!, kept!));
          return { before: [dhBefore, step.times(dcAll, carried!)], given: [dGates] };
        },
        finish: ([dGates]) => ({
          gates: dGates!,
          recurrent: recurrentGradient(graph, settings, before[0]!, dGates!, 4),
        }),
      };
    },
  };
}
