import { activate, derivative } from "../activations.js";
import { arithmeticOf } from "../graph-arithmetic.js";
import type { CellSettings, RecurrentCell } from "./recurrent-cell.js";

/**
 * The gated recurrent unit (Cho et al. 2014) as PyTorch and cuDNN have it, the reset gate behind the product:
 *
 *     z, r = σ(W·x + U·h₋₁ + b)    n = act(W·x + b + r·(U·h₋₁ + b'))    h = (1 - z)·n + z·h₋₁
 *
 * The gates lie in the order update, reset, candidate.
 */
export function resetAfterCell(settings: CellSettings): RecurrentCell {
  const { hidden, directions, stateActivation, gateActivation } = settings;
  const sizes = [2 * hidden, hidden];
  return {
    states: 1,
    forward(graph, { recurrent, recurrentBias }) {
      const innerBias = arithmeticOf(graph).reshape(recurrentBias!, [directions, hidden, 1]);
      return (body, gateInput, [h], withoutPadding) => {
        const { add, times, matMul, complement, split, splitSizes } = arithmeticOf(body);
        const product = matMul(recurrent, h!);
        const [gatesX, candidateX] = splitSizes(gateInput, 1, sizes) as [string, string];
        const [gatesH, candidateH] = splitSizes(product, 1, sizes) as [string, string];
        const gates = activate(body, gateActivation, add(gatesX, gatesH));
        const [update, reset] = split(gates, 1, 2) as [string, string];
        const inner = add(candidateH, innerBias);
        const candidate = activate(body, stateActivation, add(candidateX, times(reset, inner)));
        const newH = add(times(complement(update), candidate), times(update, h!));
        return { states: [withoutPadding(newH)], saved: [gates, candidate, inner] };
      };
    },
    wayBack(graph, { before, saved }, { recurrent }) {
      const { subtract, times, complement, concat, split, splitSizes, sum, transpose } =
        arithmeticOf(graph);
      const [gates, candidate, inner] = saved as [string, string, string];
      const [update, reset] = split(gates, 2, 2) as [string, string];
      const slopes = derivative(graph, gateActivation, gates);
      const [updateSlope, resetSlope] = split(slopes, 2, 2) as [string, string];
      const candidateFactor = times(
        complement(update),
        derivative(graph, stateActivation, candidate),
      );
      const factors = concat(
        [
          times(subtract(before[0]!, candidate), updateSlope),
          times(candidateFactor, inner, resetSlope),
          times(candidateFactor, reset),
        ],
        2,
      );
      const transposed = transpose(recurrent, [0, 2, 1]);
      return {
        scanned: [factors, candidateFactor, update],
        step(body, [factor, ownFactor, kept], [arriving], withoutPadding) {
          const step = arithmeticOf(body);
          const dh = withoutPadding(arriving!);
          const dProducts = step.times(step.concat([dh, dh, dh], 1), factor!);
          const [dGates] = step.splitSizes(dProducts, 1, sizes) as [string, string];
          const through = step.matMul(transposed, dProducts);
          return {
            before: [step.add(through, step.times(dh, kept!))],
            given: [dProducts, step.concat([dGates, step.times(dh, ownFactor!)], 1)],
          };
        },
        finish([dProducts, gates]) {
          const innerBiases = dProducts!.map((side) => splitSizes(sum(side, 1), 0, sizes)[1]!);
          return {
            gates: gates!,
            products: [{ gradients: dProducts!, right: before[0]! }],
            recurrentBias: concat(innerBiases, 0),
          };
        },
      };
    },
  };
}

/**
 * The gated recurrent unit as in the paper (Cho et al. 2014), the reset gate before the product:
 *
 *     z, r = σ(W·x + U·h₋₁ + b)    n = act(W·x + U·(r·h₋₁) + b)    h = (1 - z)·n + z·h₋₁
 */
export function resetBeforeCell(settings: CellSettings): RecurrentCell {
  const { hidden, stateActivation, gateActivation } = settings;
  const sizes = [2 * hidden, hidden];
  return {
    states: 1,
    forward(graph, { recurrent }) {
      const kernels = arithmeticOf(graph).splitSizes(recurrent, 1, sizes);
      const [gateKernel, candidateKernel] = kernels as [string, string];
      return (body, gateInput, [h], withoutPadding) => {
        const { add, times, matMul, complement, split, splitSizes } = arithmeticOf(body);
        const [gatesX, candidateX] = splitSizes(gateInput, 1, sizes) as [string, string];
        const gates = activate(body, gateActivation, add(gatesX, matMul(gateKernel, h!)));
        const [update, reset] = split(gates, 1, 2) as [string, string];
        const resetH = times(reset, h!);
        const sum = add(candidateX, matMul(candidateKernel, resetH));
        const candidate = activate(body, stateActivation, sum);
        const newH = add(times(complement(update), candidate), times(update, h!));
        return { states: [withoutPadding(newH)], saved: [gates, candidate, resetH] };
      };
    },
    wayBack(graph, { before, saved }, { recurrent }) {
      const { subtract, times, complement, concat, split, splitSizes, transpose } =
        arithmeticOf(graph);
      const [gates, candidate, resetH] = saved as [string, string, string];
      const [update, reset] = split(gates, 2, 2) as [string, string];
      const slopes = derivative(graph, gateActivation, gates);
      const [updateSlope, resetSlope] = split(slopes, 2, 2) as [string, string];
      const h = before[0]!;
      const [gateKernel, candidateKernel] = splitSizes(recurrent, 1, sizes) as [string, string];
      const gateTransposed = transpose(gateKernel, [0, 2, 1]);
      const candidateTransposed = transpose(candidateKernel, [0, 2, 1]);
      return {
        scanned: [
          times(subtract(h, candidate), updateSlope),
          times(complement(update), derivative(graph, stateActivation, candidate)),
          times(h, resetSlope),
          reset,
          update,
        ],
        step(body, [updateFactor, ownFactor, resetFactor, gate, kept], [arriving], withoutPadding) {
          const step = arithmeticOf(body);
          const dh = withoutPadding(arriving!);
          const dCandidate = step.times(dh, ownFactor!);
          const dReset = step.matMul(candidateTransposed, dCandidate);
          const dUpdate = step.times(dh, updateFactor!);
          const dGates = step.concat([dUpdate, step.times(dReset, resetFactor!)], 1);
          const through = step.add(step.matMul(gateTransposed, dGates), step.times(dReset, gate!));
          return {
            before: [step.add(through, step.times(dh, kept!))],
            given: [dGates, dCandidate],
          };
        },
        finish([dGates, dCandidate]) {
          return {
            gates: dGates!.map((side, index) => concat([side, dCandidate![index]!], 0)),
            products: [
              { gradients: dGates!, right: h },
              { gradients: dCandidate!, right: resetH },
            ],
          };
        },
      };
    },
  };
}
