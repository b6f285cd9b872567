import { mostLikely } from "./most-likely.js";
import type { Parameter } from "./parameters.js";
import { smallestProbability } from "./softmax-layer.js";

/** The lowest and the highest temperature that are believed. */
export const temperatureRange = [0.05, 20] as const;

/** Fewer examples than this say too little of how certain a network may be. */
export const fewestForTemperature = 20;

/** Halvings of the range: as many as a float64 has digits. */
const halvings = 52;

/**
 * The temperature that makes held-out predictions least surprised by the truth (Guo et al. 2017): T that minimises the
 * mean log loss of softmax(log p / T). Above 1 the predictions were too certain, below 1 too doubtful. What is most
 * likely stays so at any temperature.
 *
 * In 1 / T the loss is convex, so that halving the range by the sign of its slope finds the minimum from anywhere.
 *
 * @param probabilities each float32 [classes], of examples that were not trained on
 * @param truth the index of each one's class
 * @returns a number in {@link temperatureRange}; 1 where there are fewer than {@link fewestForTemperature} examples,
 * or none of them is told wrong: the loss then falls without end as T goes to 0
 */
export function fitTemperature(
  probabilities: readonly Float32Array[],
  truth: readonly number[],
): number {
  const told = (row: Float32Array, index: number): boolean => mostLikely(row) === truth[index];
  if (probabilities.length < fewestForTemperature || probabilities.every(told)) return 1;
  const logits = probabilities.map((row) =>
    Float64Array.from(row, (value) => Math.log(Math.max(value, smallestProbability))),
  );
  /** Slope of the loss in 1 / T. */
  const slope = (sharpness: number): number =>
    logits.reduce((sum, row, index) => sum + expected(row, sharpness) - row[truth[index]!]!, 0);
  const [coldest, hottest] = temperatureRange;
  let low = Math.log(1 / hottest);
  let high = Math.log(1 / coldest);
  if (slope(Math.exp(low)) >= 0) return hottest;
  if (slope(Math.exp(high)) <= 0) return coldest;
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/** Mean of the logits under their own softmax, sharpened. */
function expected(logits: Float64Array, sharpness: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  let weighted = 0;
  for (const logit of logits) {
    const power = Math.exp(sharpness * (logit - largest));
    sum += power;
    weighted += power * logit;
  }
  return weighted / sum;
}

/** The weights of a layer whose values go to a softmax. */
export interface SoftmaxLayer {
  /** float32 [input, classes] */
  readonly kernel: Parameter;
  /** float32 [classes] */
  readonly bias: Parameter;
}

/**
 * A softmax layer at a temperature: softmax((x·W + b) / T) is the layer with W / T and b / T, so that nothing that
 * computes it needs to know.
 */
export function atTemperature(layer: SoftmaxLayer, temperature: number): SoftmaxLayer {
  const divided = ({ shape, data }: Parameter): Parameter => ({
    shape,
    data: data.map((value) => value / temperature),
  });
  return { kernel: divided(layer.kernel), bias: divided(layer.bias) };
}
