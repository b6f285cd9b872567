import type { Parameter } from "./parameters.js";

/** Probabilities below this count as this much: the smallest float32 above 0. */
export const smallestProbability = 2 ** -149;

/**
 * Probabilities that a softmax layer gives.
 *
 * @param layer kernel float32 [size, classes] and bias float32 [classes]
 * @param vector float32 [size]
 * @returns float32 [classes]
 */
export function predictSoftmax(
  { kernel, bias }: { readonly kernel: Parameter; readonly bias: Parameter },
  vector: Float32Array,
): Float32Array {
  const [size = 0, classes = 0] = kernel.shape;
  const logits = Float64Array.from(bias.data);
  for (let d = 0; d < size; d++) {
    for (let c = 0; c < classes; c++) logits[c]! += vector[d]! * kernel.data[d * classes + c]!;
  }
  return Float32Array.from(softmax(logits));
}

/**
 * What two classifiers say together: the mean of their log probabilities at a temperature, brought back to a sum of 1.
 *
 * @param first float32 [classes]
 * @param second float32 [classes]
 */
export function logMean(first: Float32Array, second: Float32Array, temperature = 1): Float32Array {
  const log = (value: number): number => Math.log(Math.max(value, smallestProbability));
  const logits = Float64Array.from(
    first,
    (value, c) => (log(value) + log(second[c]!)) / (2 * temperature),
  );
  return Float32Array.from(softmax(logits));
}

function softmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
