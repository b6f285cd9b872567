/**
 * Weight of the squared weights in the loss. Lower ones fit as well and are as good on clips left out; this one settles
 * sooner.
 */
const l2 = 0.0005;

/** Steps of gradient descent at most. */
const maxSteps = 400;

/** The gradient's norm, as part of the first one, at which the weights have settled. */
const settled = 1e-4;

/** What a classifier says of an item: the products of that item with all of training, times `weights`, plus `bias`. */
export interface DualWeights {
  /** float64 [n, classes] */
  readonly weights: Float64Array;
  /** float64 [classes] */
  readonly bias: Float64Array;
}

/**
 * Softmax regression, mean cross-entropy + l2/2 · |kernel|², over the products of the training vectors with each other:
 * the best kernel is a sum of training vectors, so that a few hundred clips of many thousand values take n² products
 * and no more. Accelerated gradient descent (Nesterov 1983) from zero; there is no chance in it.
 *
 * @param products float64 [n, n]: of each training vector with each, symmetric
 * @param labels the index of each one's class
 */
export function fitByProducts(
  products: Float64Array,
  labels: readonly number[],
  classes: number,
): DualWeights {
  const n = labels.length;
  const weights = new Float64Array(n * classes);
  const bias = new Float64Array(classes);
  const ahead = new Float64Array(n * classes);
  const biasAhead = new Float64Array(classes);
  // No product matrix stretches by more than its largest row sum, and softmax curves at most half as much.
  const curvature = (largestRowSum(products, n) / n + 1) / 2 + l2;
  const ratio = Math.sqrt(l2 / curvature);
  const momentum = (1 - ratio) / (1 + ratio);
  const excess = new Float64Array(n * classes);
  let firstNorm = 0;
  for (let step = 1; step <= maxSteps; step++) {
    measureExcess(products, { weights: ahead, bias: biasAhead }, labels, excess);
    let squares = 0;
    for (let i = 0; i < weights.length; i++) {
      const slope = excess[i]! + l2 * ahead[i]!;
      squares += slope * slope;
      const next = ahead[i]! - slope / curvature;
      ahead[i] = next + momentum * (next - weights[i]!);
      weights[i] = next;
    }
    for (let c = 0; c < classes; c++) {
      let slope = 0;
      for (let i = 0; i < n; i++) slope += excess[i * classes + c]!;
      const next = biasAhead[c]! - slope / curvature;
      biasAhead[c] = next + momentum * (next - bias[c]!);
      bias[c] = next;
    }
    if (step === 1) firstNorm = squares;
    if (squares <= settled ** 2 * firstNorm) break;
  }
  return { weights, bias };
}

/** By how much each probability exceeds the truth, a part of the mean each. */
function measureExcess(
  products: Float64Array,
  { weights, bias }: DualWeights,
  labels: readonly number[],
  excess: Float64Array,
): void {
  const n = labels.length;
  const classes = bias.length;
  for (let i = 0; i < n; i++) {
    const row = excess.subarray(i * classes, (i + 1) * classes);
    row.set(bias);
    for (let j = 0; j < n; j++) {
      const product = products[i * n + j]!;
      for (let c = 0; c < classes; c++) row[c]! += product * weights[j * classes + c]!;
    }
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, row[c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      row[c] = Math.exp(row[c]! - largest);
      sum += row[c]!;
    }
    for (let c = 0; c < classes; c++) {
      row[c] = (row[c]! / sum - (c === labels[i] ? 1 : 0)) / n;
    }
  }
}

function largestRowSum(products: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.abs(products[i * n + j]!);
    largest = Math.max(largest, sum);
  }
  return largest;
}
