import { createGraph, type Graph } from "../onnx/graph.js";
import { elementTypeNumbers, int64, type OnnxTensor } from "../onnx/tensor.js";

const { int32: asInt32, int64: asInt64, float64: asFloat64 } = elementTypeNumbers;

/** Goes before the names that these graphs make up, so that they can be joined to a network's. */
const featuresPrefix = "features/";

/** Features of a batch as a graph's input, and what all that follows needs to know of them. */
export interface FeatureInput {
  readonly graph: Graph;
  /** float32 [batch, time, dimension]; whatever there is in the padding. */
  readonly features: string;
  /** int32 [batch] */
  readonly lengths: string;
  /** The features in double precision, 0 in the padding: float64 [batch, time, dimension]. */
  readonly values: string;
  /** The lengths as a column: int64 [batch, 1]. */
  readonly steps: string;
  /** 0, 1, 2 and so on: int64 [time]. */
  readonly times: string;
  /** Whether a step is a sequence's own: bool [batch, time, 1]. Undefined where there is no padding. */
  readonly isOwn?: string;
}

/**
 * A graph that takes a batch of sequences, padded to the longest: `features` float32 [batch, time, dimension] and
 * `lengths` int32 [batch].
 */
export function paddedFeatures(dimension: number): FeatureInput {
  const graph = createGraph("muybridge", featuresPrefix);
  const features = graph.input("features", "float32", ["batch", "time", dimension]);
  const lengths = graph.input("lengths", "int32", ["batch"]);
  const { steps, times } = addTimes(graph, features, lengths);
  const inside = graph.node("Less", [times, steps]);
  const isOwn = graph.node("Unsqueeze", [inside, graph.constant(int64([2]))]);
  const zero = graph.constant(float64([0], []));
  const values = graph.node("Where", [isOwn, addDouble(graph, features), zero]);
  return { graph, features, lengths, values, steps, times, isOwn };
}

/** A graph that takes the one sequence that a CNN gives: `features` float32 [time, dimension]. */
export function onlySequence(dimension: number): FeatureInput {
  const graph = createGraph("muybridge", featuresPrefix);
  const vectors = graph.input("features", "float32", ["time", dimension]);
  const features = graph.node("Unsqueeze", [vectors, graph.constant(int64([0]))]);
  const dims = graph.node("Shape", [vectors]);
  const length = graph.node("Gather", [dims, graph.constant(int64([0]))], { axis: { i: 0 } });
  const lengths = graph.node("Cast", [length], { to: { i: asInt32 } });
  const values = addDouble(graph, features);
  return { graph, features, lengths, values, ...addTimes(graph, features, lengths) };
}

/** Adds the mean over each sequence's own steps: float64 [batch, 1, dimension]. */
export function addMeanOverTime({ graph, values, steps }: FeatureInput): string {
  const sum = graph.node("ReduceSum", [values, graph.constant(int64([1]))], { keepdims: { i: 1 } });
  const count = graph.node("Unsqueeze", [addDouble(graph, steps), graph.constant(int64([2]))]);
  return graph.node("Div", [sum, count]);
}

/** Adds a value's double-precision counterpart. */
export function addDouble(graph: Graph, value: string): string {
  return graph.node("Cast", [value], { to: { i: asFloat64 } });
}

/** Adds what is 1 where `a` is less than `b`, and 0 elsewhere: float64. */
export function addIsLess(graph: Graph, a: string, b: string): string {
  return addDouble(graph, graph.node("Less", [a, b]));
}

/** float64 tensor of the given shape; a vector where no shape is given. */
export function float64(
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): OnnxTensor {
  return { type: "float64", dims, data: Float64Array.from(values) };
}

function addTimes(
  graph: Graph,
  features: string,
  lengths: string,
): Pick<FeatureInput, "steps" | "times"> {
  const scalar = (value: number): string => graph.constant(int64([value], []));
  const dims = graph.node("Shape", [features]);
  const time = graph.node("Gather", [dims, scalar(1)], { axis: { i: 0 } });
  const whole = graph.node("Cast", [lengths], { to: { i: asInt64 } });
  return {
    steps: graph.node("Unsqueeze", [whole, graph.constant(int64([1]))]),
    times: graph.node("Range", [scalar(0), time, scalar(1)]),
  };
}
