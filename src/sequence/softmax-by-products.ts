/** Weight of the squared weights in the loss: chosen by cross-validation, where ones from 0.00002 to 0.0002 are as good. */
const l2 = 0.00005;

/** Steps of gradient descent at most. */
const maxSteps = 1000;

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
 * and no more. Accelerated gradient descent (Nesterov 1983) from zero, which begins anew wherever it goes uphill
 * (O'Donoghue & Candès 2015); there is no chance in it.
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
  // Softmax curves at most half as much as the products stretch.
  const curvature = stretchOf(products, n) / n / 2 + l2;
  const ratio = Math.sqrt(l2 / curvature);
  const mostMomentum = (1 - ratio) / (1 + ratio);
  const excess = new Float64Array(n * classes);
  let firstNorm = 0;
  let pace = 1;
  for (let step = 1; step <= maxSteps; step++) {
    measureExcess(products, { weights: ahead, bias: biasAhead }, labels, excess);
    let squares = 0;
    let uphill = 0;
    for (let i = 0; i < weights.length; i++) {
      const slope = excess[i]! + l2 * ahead[i]!;
      squares += slope * slope;
      uphill += slope * (ahead[i]! - slope / curvature - weights[i]!);
      excess[i] = slope;
    }
    const nextPace = uphill > 0 ? 1 : (1 + Math.sqrt(1 + 4 * pace * pace)) / 2;
    const momentum = uphill > 0 ? 0 : Math.min((pace - 1) / nextPace, mostMomentum);
    pace = nextPace;
    for (let c = 0; c < classes; c++) {
      let slope = 0;
      for (let i = c; i < excess.length; i += classes) slope += excess[i]! - l2 * ahead[i]!;
      const next = biasAhead[c]! - slope / curvature;
      biasAhead[c] = next + momentum * (next - bias[c]!);
      bias[c] = next;
    }
    for (let i = 0; i < weights.length; i++) {
      const next = ahead[i]! - excess[i]! / curvature;
      ahead[i] = next + momentum * (next - weights[i]!);
      weights[i] = next;
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

/** Rounds of power iteration: enough to come within some parts of a hundred. */
const powerRounds = 50;

/** By how much the estimate may fall short. */
const safety = 1.05;

/** By how much the products, with 1 added to each for the bias, stretch a vector at most. */
function stretchOf(products: Float64Array, n: number): number {
  let vector = Float64Array.from({ length: n }, (_, i) => 1 + Math.sin(i));
  let length = 1;
  for (let round = 0; round < powerRounds; round++) {
    const stretched = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += (products[i * n + j]! + 1) * vector[j]!;
      stretched[i] = sum;
    }
    length = Math.sqrt(stretched.reduce((sum, value) => sum + value * value, 0));
    vector = stretched.map((value) => value / length);
  }
  return safety * length;
}
