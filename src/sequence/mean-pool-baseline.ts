/** Softmax regression on a sequence's mean vector, its context: what can be told without any order in time. */
export interface MeanPoolClassifier {
  /** float32 [dimension, classes] */
  readonly kernel: { readonly shape: readonly number[]; readonly data: Float32Array };
  /** float32 [classes] */
  readonly bias: { readonly shape: readonly number[]; readonly data: Float32Array };
}

/**
 * Weight of the squared weights in the loss. Clips are few and dimensions many, so that the classes can always
 * be separated; this decides between the ways to do so.
 */
const l2 = 0.1;

/** Steps of gradient descent; the loss then no longer changes in the third digit. */
const steps = 200;

/**
 * Fits the mean-pool classifier: mean cross-entropy + l2/2 · |kernel|², by accelerated gradient descent
 * (Nesterov 1983) from zero with the step 1 / L, L an upper bound of the loss's curvature. There is no chance
 * in it.
 *
 * @param contexts each float32 [dimension], standardised
 * @param labels the index of each sequence's class
 */
export function fitMeanPool(
  contexts: readonly Float32Array[],
  labels: readonly number[],
  { classes, dimension }: { readonly classes: number; readonly dimension: number },
): MeanPoolClassifier {
  // A last value of 1 makes the bias a weight like the others.
  const width = dimension + 1;
  const means = contexts.map((context) => Float64Array.of(...context, 1));
  const step = 1 / (largestCurvature(means, width) / 2 + l2);
  let weights = new Float64Array(classes * width);
  let ahead = new Float64Array(classes * width);
  for (let k = 1; k <= steps; k++) {
    const gradient = new Float64Array(classes * width);
    for (const [index, mean] of means.entries()) {
      const probabilities = softmax(scores(ahead, mean, classes));
      probabilities[labels[index]!]! -= 1;
      for (let c = 0; c < classes; c++) {
        const factor = probabilities[c]! / means.length;
        const row = c * width;
        for (let d = 0; d < width; d++) gradient[row + d]! += factor * mean[d]!;
      }
    }
    const next = new Float64Array(classes * width);
    const momentum = (k - 1) / (k + 2);
    for (let i = 0; i < next.length; i++) {
      const decay = i % width === dimension ? 0 : l2 * ahead[i]!;
      next[i] = ahead[i]! - step * (gradient[i]! + decay);
      ahead[i] = next[i]! + momentum * (next[i]! - weights[i]!);
    }
    weights = next;
  }
  ahead = weights;
  const kernel = new Float32Array(dimension * classes);
  const bias = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    for (let d = 0; d < dimension; d++) kernel[d * classes + c] = weights[c * width + d]!;
    bias[c] = weights[c * width + dimension]!;
  }
  return {
    kernel: { shape: [dimension, classes], data: kernel },
    bias: { shape: [classes], data: bias },
  };
}

/**
 * Probabilities of the classes.
 *
 * @param context float32 [dimension], standardised
 * @returns float32 [classes]
 */
export function predictMeanPool(
  { kernel, bias }: MeanPoolClassifier,
  context: Float32Array,
): Float32Array {
  const [dimension = 0, classes = 0] = kernel.shape;
  const logits = Float64Array.from(bias.data);
  for (let d = 0; d < dimension; d++) {
    for (let c = 0; c < classes; c++) logits[c]! += context[d]! * kernel.data[d * classes + c]!;
  }
  return Float32Array.from(softmax(logits));
}

function scores(weights: Float64Array, mean: Float64Array, classes: number): Float64Array {
  const width = mean.length;
  const result = new Float64Array(classes);
  for (let c = 0; c < classes; c++) {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += weights[c * width + d]! * mean[d]!;
    result[c] = sum;
  }
  return result;
}

function softmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Rounds of the power method; it only has to be near. */
const powerRounds = 20;

/** The largest eigenvalue of the mean of mean·meanᵀ, by the power method; softmax curves at most half as much. */
function largestCurvature(means: readonly Float64Array[], width: number): number {
  let direction = new Float64Array(width).fill(1 / Math.sqrt(width));
  let eigenvalue = 0;
  for (let round = 0; round < powerRounds; round++) {
    const image = new Float64Array(width);
    for (const mean of means) {
      let along = 0;
      for (let d = 0; d < width; d++) along += mean[d]! * direction[d]!;
      for (let d = 0; d < width; d++) image[d]! += (along * mean[d]!) / means.length;
    }
    eigenvalue = Math.sqrt(image.reduce((sum, value) => sum + value * value, 0));
    direction = image.map((value) => value / Math.max(eigenvalue, Number.MIN_VALUE));
  }
  // The method comes from below; a little above is safe.
  return 1.1 * eigenvalue;
}
