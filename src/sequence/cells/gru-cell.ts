import { activate, derivative } from "../activations.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings, RecurrentCell } from "./recurrent-cell.js";
import { recurrentGradient, transposedKernel } from "./recurrent-gradient.js";

/**
 * The gated recurrent unit (Cho et al. 2014) as PyTorch and cuDNN have it, the reset gate behind the product:
 *
 *     z, r = σ(x·W + h₋₁·U + b)    n = act(x·W + b + r·(h₋₁·U + b'))    h = (1 - z)·n + z·h₋₁
 *
 * The gates lie in the order update, reset, candidate.
 */
export function resetAfterCell(settings: CellSettings): RecurrentCell {
  const { hidden, stateActivation, gateActivation } = settings;
  return {
    gates: 3,
    states: 1,
    saved: [2, 1, 1],
    step(body, gateInput, [h], { recurrent, recurrentBias }) {
      const { add, times, matMul, complement, split, splitSizes, unsqueeze } = arithmeticOf(body);
      const sizes = [2 * hidden, hidden];
      const product = matMul(h!, recurrent);
      const [gatesX, candidateX] = splitSizes(gateInput, 2, sizes) as [string, string];
      const [gatesH, candidateH] = splitSizes(product, 2, sizes) as [string, string];
      const gates = activate(body, gateActivation, add(gatesX, gatesH));
      const [update, reset] = split(gates, 2, 2) as [string, string];
      const inner = add(candidateH, unsqueeze(recurrentBias!, 1));
      const candidate = activate(body, stateActivation, add(candidateX, times(reset, inner)));
      const newH = add(times(complement(update), candidate), times(update, h!));
      return { states: [newH], saved: [gates, candidate, inner] };
    },
    wayBack(graph, { before, saved, mask, padding }, { recurrent }) {
      const { add, subtract, times, complement, concat, split, splitSizes, sum } =
        arithmeticOf(graph);
      const [gates, candidate, inner] = saved as [string, string, string];
      const [update, reset] = split(gates, 3, 2) as [string, string];
      const slopes = derivative(graph, gateActivation, gates);
      const [updateSlope, resetSlope] = split(slopes, 3, 2) as [string, string];
      const candidateSlope = derivative(graph, stateActivation, candidate);
      const candidateFactor = times(complement(update), candidateSlope, mask);
      const factors = concat(
        [
          times(subtract(before[0]!, candidate), updateSlope, mask),
          times(candidateFactor, inner, resetSlope),
          times(candidateFactor, reset),
        ],
        3,
      );
      const carry = add(times(update, mask), padding);
      const transposed = transposedKernel(graph, recurrent);
      return {
        scanned: [
          [factors, 3],
          [carry, 1],
        ],
        given: [3, 1],
        step(body, [factor, carried], [dh]) {
          const step = arithmeticOf(body);
          const products = step.times(step.concat([dh!, dh!, dh!], 2), factor!);
          const through = step.matMul(products, transposed);
          return {
            before: [step.add(through, step.times(dh!, carried!))],
            given: [products, body.node("Identity", [dh!])],
          };
        },
        finish([products, dh]) {
          const [gateSide, inside] = splitSizes(products!, 3, [2 * hidden, hidden]) as [
            string,
            string,
          ];
          return {
            gates: concat([gateSide, times(dh!, candidateFactor)], 3),
            recurrent: recurrentGradient(graph, settings, before[0]!, products!, 3),
            // [T, directions, B, hidden] → [directions, hidden]
            recurrentBias: sum(sum(inside, 2), 0),
          };
        },
      };
    },
  };
}

/**
 * The gated recurrent unit as in the paper (Cho et al. 2014), the reset gate before the product:
 *
 *     z, r = σ(x·W + h₋₁·U + b)    n = act(x·W + (r·h₋₁)·U + b)    h = (1 - z)·n + z·h₋₁
 */
export function resetBeforeCell(settings: CellSettings): RecurrentCell {
  const { hidden, stateActivation, gateActivation } = settings;
  const sizes = [2 * hidden, hidden];
  return {
    gates: 3,
    states: 1,
    saved: [2, 1],
    step(body, gateInput, [h], { recurrent }) {
      const { add, times, matMul, complement, split, splitSizes } = arithmeticOf(body);
      const [gateKernel, candidateKernel] = splitSizes(recurrent, 2, sizes) as [string, string];
      const [gatesX, candidateX] = splitSizes(gateInput, 2, sizes) as [string, string];
      const gates = activate(body, gateActivation, add(gatesX, matMul(h!, gateKernel)));
      const [update, reset] = split(gates, 2, 2) as [string, string];
      const inner = matMul(times(reset, h!), candidateKernel);
      const candidate = activate(body, stateActivation, add(candidateX, inner));
      const newH = add(times(complement(update), candidate), times(update, h!));
      return { states: [newH], saved: [gates, candidate] };
    },
    wayBack(graph, { before, saved, mask, padding }, { recurrent }) {
      const { add, subtract, times, complement, concat, split, splitSizes } = arithmeticOf(graph);
      const [gates, candidate] = saved as [string, string];
      const [update, reset] = split(gates, 3, 2) as [string, string];
      const slopes = derivative(graph, gateActivation, gates);
      const [updateSlope, resetSlope] = split(slopes, 3, 2) as [string, string];
      const h = before[0]!;
      const candidateSlope = derivative(graph, stateActivation, candidate);
      const [gateKernel, candidateKernel] = splitSizes(recurrent, 2, sizes) as [string, string];
      const gateTransposed = transposedKernel(graph, gateKernel);
      const candidateTransposed = transposedKernel(graph, candidateKernel);
      return {
        scanned: [
          [times(subtract(h, candidate), updateSlope, mask), 1],
          [times(complement(update), candidateSlope, mask), 1],
          [times(h, resetSlope), 1],
          [reset, 1],
          [add(times(update, mask), padding), 1],
        ],
        given: [2, 1],
        step(body, [updateFactor, candidateFactor, resetFactor, gate, carried], [dh]) {
          const step = arithmeticOf(body);
          const dCandidate = step.times(dh!, candidateFactor!);
          const dReset = step.matMul(dCandidate, candidateTransposed);
          const dUpdate = step.times(dh!, updateFactor!);
          const dGates = step.concat([dUpdate, step.times(dReset, resetFactor!)], 2);
          const through = step.add(step.matMul(dGates, gateTransposed), step.times(dReset, gate!));
          return {
            before: [step.add(through, step.times(dh!, carried!))],
            given: [dGates, dCandidate],
          };
        },
        finish([dGates, dCandidate]) {
          return {
            gates: concat([dGates!, dCandidate!], 3),
            recurrent: concat(
              [
                recurrentGradient(graph, settings, h, dGates!, 2),
                recurrentGradient(graph, settings, times(reset, h), dCandidate!, 1),
              ],
              2,
            ),
          };
        },
      };
    },
  };
}
