import type { Random } from "../../core/random.js";
import { float32, type OnnxTensor } from "../../onnx/tensor.js";

/** Factors on the outputs of a layer. */
export function dropoutFactors(dims: readonly number[], rate: number, random: Random): OnnxTensor {
  const length = dims.reduce((a, b) => a * b, 1);
  return float32(drawFactors(length, rate, random), dims);
}

/** A sequence of which some values are dropped: the same ones in all its steps (Gal & Ghahramani 2016). */
export function dropValues(
  sequence: Float32Array,
  size: number,
  rate: number,
  random: Random,
): Float32Array {
  if (rate === 0) return sequence;
  const factors = drawFactors(size, rate, random);
  const dropped = new Float32Array(sequence.length);
  for (let start = 0; start < sequence.length; start += size) {
    for (let d = 0; d < size; d++) dropped[start + d] = sequence[start + d]! * factors[d]!;
  }
  return dropped;
}

/** Inverted dropout (Srivastava et al. 2014): zero, or scaled so that the mean stays. */
function drawFactors(length: number, rate: number, random: Random): Float32Array {
  const factors = new Float32Array(length).fill(1);
  if (rate === 0) return factors;
  const kept = 1 / (1 - rate);
  for (let i = 0; i < length; i++) factors[i] = random.next() < rate ? 0 : kept;
  return factors;
}
