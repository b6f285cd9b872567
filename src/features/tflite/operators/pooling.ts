import { int64 } from "../../../onnx/tensor.js";
import { integersOf } from "../constants.js";
import {
  computedValue,
  naturalValue,
  type OperatorConverter,
  onnxAxis,
  optionsOf,
  rankOf,
  refusal,
  setNaturalValue,
  tensorOf,
} from "../conversion.js";
import { finish } from "./activation.js";
import { checkSteps, windowAttributes, windowOf } from "./window.js";

/** AVERAGE_POOL_2D, whose padding is no part of the average, and MAX_POOL_2D. */
export function convertPool(op: "AveragePool" | "MaxPool"): OperatorConverter {
  return (conversion, operator) => {
    const options = optionsOf(conversion, operator);
    const window = windowOf(conversion, operator);
    const [width, height] = [options.int32(3, 1), options.int32(4, 1)];
    checkSteps(conversion, operator, "window", [width, height]);
    const value = conversion.graph.node(
      op,
      [computedValue(conversion, operator.inputs[0])],
      windowAttributes(conversion, operator, window, height, width),
    );
    finish(conversion, operator, value, options.int8(5, 0));
  };
}

/** MEAN over given axes. */
export const convertMean: OperatorConverter = (conversion, operator) => {
  const { graph, values } = conversion;
  const [input, axesIndex] = operator.inputs;
  const output = operator.outputs[0]!;
  const axes = integersOf(tensorOf(conversion, axesIndex));
  if (!axes) throw refusal(conversion, "an operator MEAN has axes that are computed");
  const rank = rankOf(conversion, input);
  const keep = (operator.options?.int8(0, 0) ?? 0) !== 0;
  const places = axes.map((axis) => onnxAxis(conversion, axis, rank));
  if (places.includes(0)) {
    throw refusal(conversion, "an operator MEAN takes the mean over several pictures");
  }
  const attributes = { keepdims: { i: keep ? 1 : 0 } };
  const reduce = (value: string, over: readonly number[]): string =>
    graph.node("ReduceMean", [value, graph.constant(int64(over))], attributes);
  // What is left of planes without height and width is in one order whichever way they lay.
  const orderStays = keep || rank !== 4 || [2, 3].every((axis) => places.includes(axis));
  if (orderStays) {
    values.set(output, reduce(computedValue(conversion, input), places));
    return;
  }
  const natural = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  setNaturalValue(conversion, output, reduce(naturalValue(conversion, input), natural));
};
