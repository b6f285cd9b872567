import { openOnnxSession } from "../onnx/session.js";
import { float32, int64 } from "../onnx/tensor.js";
import { predictSoftmax } from "./softmax-layer.js";

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

/** Steps of gradient descent at most. */
const maxSteps = 200;

/** The gradient's norm, as part of the first one, at which the weights have settled. */
const settled = 1e-3;

/**
 * Fits the mean-pool classifier: mean cross-entropy + l2/2 · |kernel|², by accelerated gradient descent
 * (Nesterov 1983) from zero with the step 1 / L, L an upper bound of the loss's curvature. There is no chance
 * in it.
 *
 * @param contexts each float32 [dimension], standardised
 * @param labels the index of each sequence's class
 */
export async function fitMeanPool(
  contexts: readonly Float32Array[],
  labels: readonly number[],
  { classes, dimension }: { readonly classes: number; readonly dimension: number },
): Promise<MeanPoolClassifier> {
  const n = contexts.length;
  const x = new Float32Array(n * dimension);
  const targets = new Float32Array(n * classes);
  for (const [index, context] of contexts.entries()) {
    x.set(context, index * dimension);
    targets[index * classes + labels[index]!] = 1;
  }
  const curvature = largestCurvature(contexts, dimension) / 2 + l2;
  const kernel = startDescent(dimension * classes, curvature, l2);
  const bias = startDescent(classes, curvature, 0);
  await using session = await openOnnxSession(await buildGradientGraph(dimension, classes), {
    threads: 2,
  });
  const data = { x: float32(x, [n, dimension]), targets: float32(targets, [n, classes]) };
  let firstNorm = 0;
  for (let k = 1; k <= maxSteps; k++) {
    const { dKernel, dBias } = await session.run({
      ...data,
      kernel: float32(kernel.ahead, [dimension, classes]),
      bias: float32(bias.ahead, [classes]),
    });
    const norm = Math.hypot(
      kernel.step(dKernel!.data as Float32Array),
      bias.step(dBias!.data as Float32Array),
    );
    if (k === 1) firstNorm = norm;
    if (norm <= settled * firstNorm) break;
  }
  return {
    kernel: { shape: [dimension, classes], data: kernel.weights() },
    bias: { shape: [classes], data: bias.weights() },
  };
}

/** Gradients of the mean cross-entropy: x [n, D], targets [n, C], kernel [D, C], bias [C] → dKernel, dBias. */
async function buildGradientGraph(dimension: number, classes: number): Promise<Uint8Array> {
  // Late, since predicting takes no graph, and this module is loaded for that too.
  const { createGraph, encodeModel } = await import("../onnx/graph.js");
  const graph = createGraph("mean pool");
  const x = graph.input("x", "float32", ["n", dimension]);
  const targets = graph.input("targets", "float32", ["n", classes]);
  const kernel = graph.input("kernel", "float32", [dimension, classes]);
  const bias = graph.input("bias", "float32", [classes]);
  const logits = graph.node("Gemm", [x, kernel, bias]);
  const excess = graph.node("Sub", [graph.node("Softmax", [logits], { axis: { i: 1 } }), targets]);
  const transposed = graph.node("Transpose", [excess], { perm: { ints: [1, 0] } });
  const rows = graph.node("Shape", [x], { start: { i: 0 }, end: { i: 1 } });
  const n = graph.node("Cast", [rows], { to: { i: 1 } });
  const sum = graph.node("ReduceSum", [transposed, graph.constant(int64([1]))], {
    keepdims: { i: 0 },
  });
  const product = graph.node("Gemm", [x, excess], { transA: { i: 1 } });
  graph.output(graph.node("Div", [product, n]), "float32", [dimension, classes], "dKernel");
  graph.output(graph.node("Div", [sum, n]), "float32", [classes], "dBias");
  return encodeModel(graph);
}

/** Weights on their way down. */
interface Descent {
  /** Where the next gradient is wanted: a little further than the weights, as they have moved so far. */
  readonly ahead: Float32Array;
  /** Takes a step against the gradient of the data's loss there; returns the norm of the whole gradient. */
  step(gradient: Float32Array): number;
  weights(): Float32Array;
}

function startDescent(length: number, curvature: number, decay: number): Descent {
  // Nesterov's choice where the loss curves at least by l2 and at most by `curvature`.
  const ratio = Math.sqrt(l2 / curvature);
  const momentum = (1 - ratio) / (1 + ratio);
  const weights = new Float64Array(length);
  const ahead = new Float32Array(length);
  return {
    ahead,
    step(gradient) {
      let squares = 0;
      for (let i = 0; i < length; i++) {
        const slope = gradient[i]! + decay * ahead[i]!;
        squares += slope * slope;
        const next = ahead[i]! - slope / curvature;
        ahead[i] = next + momentum * (next - weights[i]!);
        weights[i] = next;
      }
      return Math.sqrt(squares);
    },
    weights: () => Float32Array.from(weights),
  };
}

/**
 * Probabilities of the classes.
 *
 * @param context float32 [dimension], standardised
 * @returns float32 [classes]
 */
export function predictMeanPool(
  classifier: MeanPoolClassifier,
  context: Float32Array,
): Float32Array {
  return predictSoftmax(classifier, context);
}

/** Rounds of the power method; it only has to be near. */
const powerRounds = 20;

/**
 * The largest eigenvalue of the mean of c·cᵀ, c a context with a 1 behind it for the bias, by the power method;
 * softmax curves at most half as much.
 */
function largestCurvature(contexts: readonly Float32Array[], dimension: number): number {
  let direction = new Float64Array(dimension + 1).fill(1 / Math.sqrt(dimension + 1));
  let eigenvalue = 0;
  for (let round = 0; round < powerRounds; round++) {
    const image = new Float64Array(dimension + 1);
    for (const context of contexts) {
      let along = direction[dimension]!;
      for (let d = 0; d < dimension; d++) along += context[d]! * direction[d]!;
      along /= contexts.length;
      for (let d = 0; d < dimension; d++) image[d]! += along * context[d]!;
      image[dimension]! += along;
    }
    eigenvalue = Math.sqrt(image.reduce((sum, value) => sum + value * value, 0));
    direction = image.map((value) => value / Math.max(eigenvalue, Number.MIN_VALUE));
  }
  // The method comes from below; a little above is safe.
  return 1.1 * eigenvalue;
}
