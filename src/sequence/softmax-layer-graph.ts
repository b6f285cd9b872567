import type { Graph } from "../onnx/graph.js";
import { elementTypeNumbers, float32 } from "../onnx/tensor.js";
import { addDouble, addIsLess, float64 } from "./feature-input.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import { smallestProbability } from "./softmax-layer.js";
import type { SoftmaxLayer } from "./temperature-scaling.js";

/**
 * Adds what {@link predictSoftmax} does, in the double precision that it does it in: a kernel over vectors that are not
 * standardised takes small differences of large values.
 *
 * @param vectors float32 [batch, size]
 * @param name goes before the names of the kernel and the bias
 * @returns float32 [batch, classes]
 */
export function addSoftmaxLayer(
  graph: Graph,
  vectors: string,
  { kernel, bias }: SoftmaxLayer,
  name: string,
): string {
  const { add, matMul } = arithmeticOf(graph);
  // Half as large in the file as they would be in double precision.
  const [rows, offsets] = [kernel, bias].map(({ data, shape }, index) =>
    addDouble(graph, graph.constant(float32(data, shape), `${name}.${index ? "bias" : "kernel"}`)),
  ) as [string, string];
  return addSoftmax(graph, add(matMul(addDouble(graph, vectors), rows), offsets));
}

/**
 * Adds what {@link logMean} does at a temperature of 1.
 *
 * @param first float32 [batch, classes]
 * @param second float32 [batch, classes]
 * @returns float32 [batch, classes]
 */
export function addLogMean(graph: Graph, first: string, second: string): string {
  const { add, times, divide } = arithmeticOf(graph);
  const least = graph.constant(float64([smallestProbability], []));
  const log = (value: string): string => {
    const double = addDouble(graph, value);
    // Of float32, nothing but 0 is below it.
    const isNone = addIsLess(graph, double, least);
    return graph.node("Log", [add(double, times(isNone, least))]);
  };
  const logits = divide(add(log(first), log(second)), graph.constant(float64([2], [])));
  return addSoftmax(graph, logits);
}

/** Over the classes, in double precision; rounded in the end. */
function addSoftmax(graph: Graph, logits: string): string {
  const probabilities = graph.node("Softmax", [logits], { axis: { i: 1 } });
  return graph.node("Cast", [probabilities], { to: { i: elementTypeNumbers.float32 } });
}
