import { createGraph, type Graph } from "../onnx/graph.js";
import { elementTypeNumbers, float32, int64, type OnnxTensor } from "../onnx/tensor.js";
import { type Standardisation, stepDeviation } from "./standardisation.js";

const { float32: asFloat32, float64: asFloat64, int64: asInt64 } = elementTypeNumbers;

/** Goes before the names that these graphs make up, so that they can be joined to a network's. */
export const standardisingPrefix = "standardise/";

/** Names of what {@link addStandardisation} and {@link addStepStandardisation} make. */
export const standardisedNames = {
  changes: `${standardisingPrefix}changes`,
  context: `${standardisingPrefix}context`,
  steps: `${standardisingPrefix}steps`,
} as const;

/** Features of a batch as a graph's input. */
export interface FeatureInput {
  readonly graph: Graph;
  /** float32 [batch, time, dimension] */
  readonly features: string;
  /** int32 [batch] */
  readonly lengths: string;
}

/**
 * A graph that takes a batch of sequences, padded to the longest: `features` float32 [batch, time, dimension] and
 * `lengths` int32 [batch].
 */
export function paddedFeatures(dimension: number): FeatureInput & { readonly padded: true } {
  const graph = createGraph("muybridge", standardisingPrefix);
  return {
    graph,
    features: graph.input("features", "float32", ["batch", "time", dimension]),
    lengths: graph.input("lengths", "int32", ["batch"]),
    padded: true,
  };
}

/** A graph that takes the one sequence that a CNN gives: `features` float32 [time, dimension]. */
export function onlySequence(dimension: number): FeatureInput & { readonly padded: false } {
  const graph = createGraph("muybridge", standardisingPrefix);
  const features = graph.input("features", "float32", ["time", dimension]);
  const batch = graph.node("Unsqueeze", [features, graph.constant(int64([0]))]);
  const dims = graph.node("Shape", [features]);
  const steps = graph.node("Gather", [dims, graph.constant(int64([0]))], { axis: { i: 0 } });
  return {
    graph,
    features: batch,
    lengths: graph.node("Cast", [steps], { to: { i: elementTypeNumbers.int32 } }),
    padded: false,
  };
}

/**
 * Adds what {@link standardise} does, in the double precision that it does it in: a value that hardly varies would
 * lose its digits in the difference from its mean.
 */
export function addStandardisation(
  { graph, features, lengths, padded }: FeatureInput & { readonly padded: boolean },
  { mean, deviation, changeDeviation }: Standardisation,
): void {
  const double = graph.node("Cast", [features], { to: { i: asFloat64 } });
  const own = padded
    ? meanOfPadded(graph, double, lengths)
    : graph.node("ReduceMean", [double, graph.constant(int64([1]))], { keepdims: { i: 1 } });
  const vector = (values: Float32Array): string => graph.constant(float64(values));
  const changes = graph.node("Div", [graph.node("Sub", [double, own]), vector(changeDeviation)]);
  const flat = graph.node("Squeeze", [own, graph.constant(int64([1]))]);
  const context = graph.node("Div", [graph.node("Sub", [flat, vector(mean)]), vector(deviation)]);
  graph.node("Cast", [changes], { to: { i: asFloat32 } }, "changes");
  graph.node("Cast", [context], { to: { i: asFloat32 } }, "context");
}

/** Adds what {@link standardiseSteps} does, in double precision as well. */
export function addStepStandardisation(
  { graph, features }: FeatureInput,
  standardisation: Standardisation,
): void {
  const double = graph.node("Cast", [features], { to: { i: asFloat64 } });
  const centred = graph.node("Sub", [double, graph.constant(float64(standardisation.mean))]);
  const deviation = graph.constant(float64(stepDeviation(standardisation)));
  graph.node("Cast", [graph.node("Div", [centred, deviation])], { to: { i: asFloat32 } }, "steps");
}

/** Mean over each sequence's own steps, whatever is in the padding: [batch, time, dimension] → [batch, 1, dimension] */
function meanOfPadded(graph: Graph, features: string, lengths: string): string {
  const scalar = (value: number): string => graph.constant(int64([value], []));
  const dims = graph.node("Shape", [features]);
  const time = graph.node("Gather", [dims, scalar(1)], { axis: { i: 0 } });
  const steps = graph.node("Range", [scalar(0), time, scalar(1)]);
  const whole = graph.node("Cast", [lengths], { to: { i: asInt64 } });
  const column = graph.node("Unsqueeze", [whole, graph.constant(int64([1]))]);
  const inside = graph.node("Less", [steps, column]);
  const mask = graph.node("Unsqueeze", [inside, graph.constant(int64([2]))]);
  const zero = graph.constant(float64(new Float32Array(1)));
  const kept = graph.node("Where", [mask, features, zero]);
  const sum = graph.node("ReduceSum", [kept, graph.constant(int64([1]))], { keepdims: { i: 1 } });
  const count = graph.node("Cast", [column], { to: { i: asFloat64 } });
  const divisor = graph.node("Unsqueeze", [count, graph.constant(int64([2]))]);
  return graph.node("Div", [sum, divisor]);
}

function float64(values: Float32Array): OnnxTensor {
  return { type: "float64", dims: [values.length], data: Float64Array.from(values) };
}

/**
 * The mean-pool classifier behind its standardisation.
 *
 * @param classifier kernel [dimension, classes] and bias [classes]
 */
export function addMeanPool(
  graph: Graph,
  {
    kernel,
    bias,
  }: Record<"kernel" | "bias", { readonly shape: readonly number[]; readonly data: Float32Array }>,
): void {
  const logits = graph.node("Gemm", [
    standardisedNames.context,
    graph.constant(float32(kernel.data, kernel.shape), "kernel"),
    graph.constant(float32(bias.data, bias.shape), "bias"),
  ]);
  const probabilities = graph.node("Softmax", [logits], { axis: { i: 1 } });
  graph.output(probabilities, "float32", ["batch", bias.data.length], "probabilities");
}
