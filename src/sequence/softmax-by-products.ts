/** Weight of the squared weights in the loss: chosen by cross-validation, where ones four times smaller or larger are as good. */
const l2 = 0.000003;

/** Steps at most; some dozens are enough. */
const maxSteps = 500;

/** The gradient's norm, as part of the first one, at which the weights have settled. */
const settled = 1e-4;

/** Changes that the curvature is told from. */
const memory = 12;

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
 * and no more. L-BFGS (Liu & Nocedal 1989) from zero; there is no chance in it.
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
  const size = (n + 1) * classes;
  const slopeAt = (place: Sums): Sums => {
    const sums = slopeOf(place, labels, classes);
    return { sums, seen: seenBy(products, sums, classes) };
  };
  let place: Sums = { sums: new Float64Array(size), seen: new Float64Array(size) };
  let loss = lossAt(place, labels, classes);
  let slope = slopeAt(place);
  const firstNorm = Math.sqrt(inner(slope, slope));
  const changes: Change[] = [];
  for (let step = 0; step < maxSteps; step++) {
    if (Math.sqrt(inner(slope, slope)) <= settled * firstNorm) break;
    const direction = descent(slope, changes);
    const downhill = inner(slope, direction);
    // Without a change to tell the curvature from, the first step is a cautious one.
    let length = changes.length === 0 ? Math.min(1, 1 / firstNorm) : 1;
    let next = moved(place, direction, length);
    let nextLoss = lossAt(next, labels, classes);
    while (nextLoss > loss + sufficient * length * downhill && length > shortest) {
      length /= 2;
      next = moved(place, direction, length);
      nextLoss = lossAt(next, labels, classes);
    }
    if (!(nextLoss < loss)) break;
    const nextSlope = slopeAt(next);
    const change = { way: moved(next, place, -1), bend: moved(nextSlope, slope, -1) };
    const curvature = inner(change.way, change.bend);
    if (curvature > 0) changes.push({ ...change, curvature });
    if (changes.length > memory) changes.shift();
    [place, loss, slope] = [next, nextLoss, nextSlope];
  }
  return { weights: place.sums.slice(0, n * classes), bias: place.sums.slice(n * classes) };
}

/** Part of the promised descent that a step must bring. */
const sufficient = 1e-4;

/** A step shorter than this, of what the curvature proposes, is none. */
const shortest = 1e-10;

/**
 * A kernel and a bias, or a change of them: as sums of training vectors, and as what they say of each training item.
 */
interface Sums {
  /** float64 [n, classes], then the bias [classes] */
  readonly sums: Float64Array;
  /** float64: the products with those sums [n, classes], without the bias; then the bias [classes] once more */
  readonly seen: Float64Array;
}

/** A step that was taken, and how the gradient changed on it. */
interface Change {
  readonly way: Sums;
  readonly bend: Sums;
  /** Their inner product. */
  readonly curvature: number;
}

/** The inner product of two kernels with their biases. */
function inner(a: Sums, b: Sums): number {
  let sum = 0;
  for (let i = 0; i < a.sums.length; i++) sum += a.sums[i]! * b.seen[i]!;
  return sum;
}

/** a + factor · b */
function moved(a: Sums, b: Sums, factor: number): Sums {
  return {
    sums: a.sums.map((value, i) => value + factor * b.sums[i]!),
    seen: a.seen.map((value, i) => value + factor * b.seen[i]!),
  };
}

/** The way down, by the gradient and what it did on the last steps: the two loops of L-BFGS. */
function descent(slope: Sums, changes: readonly Change[]): Sums {
  let direction = moved(slope, slope, -2);
  const parts: number[] = [];
  for (const { way, bend, curvature } of [...changes].reverse()) {
    const part = inner(direction, way) / curvature;
    parts.push(part);
    direction = moved(direction, bend, -part);
  }
  const last = changes.at(-1);
  if (last) {
    const scale = last.curvature / inner(last.bend, last.bend);
    direction = moved(direction, direction, scale - 1);
  }
  for (const { way, bend, curvature } of changes) {
    direction = moved(direction, way, parts.pop()! - inner(bend, direction) / curvature);
  }
  return direction;
}

function lossAt({ sums, seen }: Sums, labels: readonly number[], classes: number): number {
  const n = labels.length;
  let squares = 0;
  for (let i = 0; i < n * classes; i++) squares += sums[i]! * seen[i]!;
  const rows = probabilities(seen, n, classes);
  const surprise = labels.reduce(
    (sum, label, i) => sum - Math.log(Math.max(rows[i * classes + label]!, Number.MIN_VALUE)),
    0,
  );
  return surprise / n + (l2 / 2) * squares;
}

/** The gradient as a sum of training vectors: by how much each probability exceeds the truth, and what the penalty adds. */
function slopeOf({ sums, seen }: Sums, labels: readonly number[], classes: number): Float64Array {
  const n = labels.length;
  const rows = probabilities(seen, n, classes);
  const slope = new Float64Array(sums.length);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < classes; c++) {
      const at = i * classes + c;
      const excess = (rows[at]! - (c === labels[i] ? 1 : 0)) / n;
      slope[at] = excess + l2 * sums[at]!;
      slope[n * classes + c]! += excess;
    }
  }
  return slope;
}

/** float64 [n, classes] */
function probabilities(seen: Float64Array, n: number, classes: number): Float64Array {
  const rows = seen.slice(0, n * classes);
  const bias = seen.subarray(n * classes);
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * classes, (i + 1) * classes);
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      row[c]! += bias[c]!;
      largest = Math.max(largest, row[c]!);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      row[c] = Math.exp(row[c]! - largest);
      sum += row[c]!;
    }
    for (let c = 0; c < classes; c++) row[c]! /= sum;
  }
  return rows;
}

/** What sums of training vectors say of each training vector, and their bias. */
function seenBy(products: Float64Array, sums: Float64Array, classes: number): Float64Array {
  const n = sums.length / classes - 1;
  const seen = new Float64Array(sums.length);
  for (let i = 0; i < n; i++) {
    const row = seen.subarray(i * classes, (i + 1) * classes);
    for (let j = 0; j < n; j++) {
      const product = products[i * n + j]!;
      for (let c = 0; c < classes; c++) row[c]! += product * sums[j * classes + c]!;
    }
  }
  seen.set(sums.subarray(n * classes), n * classes);
  return seen;
}
