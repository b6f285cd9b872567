import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { Tfjs } from "./tensorflow.js";

/** Largest difference from the known values; they are below 100. */
const tolerance = 1e-4;

/**
 * Computes a convolution, a split and a step of an LSTM whose values are known.
 *
 * @throws Error naming the operation that throws or is wrong.
 */
export function checkBackend(tf: Tfjs): void {
  tf.tidy(() => {
    check("a convolution", () => convolution(tf), [10, 18, 24, 18, 27, 45, 54, 39]);
    check("a split", () => split(tf), [1, 4]);
    check("a step of an LSTM", () => lstmStep(tf), lstmStepByHand());
  });
}

function check(name: string, compute: () => Tensor, expected: readonly number[]): void {
  let values: ArrayLike<number>;
  try {
    values = compute().dataSync();
  } catch (error) {
    throw new Error(`${name} fails (${error instanceof Error ? error.message : String(error)})`);
  }
  const wrong = expected.some((value, i) => !(Math.abs(values[i]! - value) < tolerance));
  if (wrong) throw new Error(`${name} gives wrong values`);
}

/** Sums of 3 x 3 neighbourhoods of the numbers 0 to 15, the first two rows of four. */
function convolution(tf: Tfjs): Tensor {
  const picture = tf.tensor4d([...Array(16).keys()], [1, 4, 4, 1]);
  return tf.conv2d(picture, tf.ones([3, 3, 1, 1]), 1, "same");
}

/** The second of three columns. */
function split(tf: Tfjs): Tensor {
  return tf.split(tf.tensor2d([0, 1, 2, 3, 4, 5], [2, 3]), 3, 1)[1]!;
}

const kernel = [0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.7, -0.8];
const [input, state, cell] = [0.5, -0.25, 0.75];

function lstmStep(tf: Tfjs): Tensor {
  const one = (value: number): Tensor2D => tf.tensor2d([value], [1, 1]);
  const weights = tf.tensor2d(kernel, [2, 4]);
  const [newCell, newState] = tf.basicLSTMCell(
    1,
    weights,
    tf.zeros([4]),
    one(input),
    one(cell),
    one(state),
  );
  return tf.concat([newCell, newState], 1);
}

/** The same step: gates i, candidate, f, o, and 1 added to the forget gate. */
function lstmStepByHand(): [cell: number, state: number] {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const [i, candidate, f, o] = [0, 1, 2, 3].map(
    (gate) => input * kernel[gate]! + state * kernel[gate + 4]!,
  ) as [number, number, number, number];
  const next = cell * sigmoid(f + 1) + sigmoid(i) * Math.tanh(candidate);
  return [next, Math.tanh(next) * sigmoid(o)];
}
