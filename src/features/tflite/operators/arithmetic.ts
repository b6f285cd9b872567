import { float32 } from "../../../onnx/tensor.js";
import { isConstant } from "../constants.js";
import {
  type Conversion,
  computedValue,
  numbersOf,
  type OperatorConverter,
  rankOf,
  refusal,
  tensorOf,
} from "../conversion.js";
import { finish } from "./activation.js";

/** ADD and MUL of two tensors, or of a tensor and a constant. */
export function convertArithmetic(op: "Add" | "Mul"): OperatorConverter {
  return (conversion, operator) => {
    const rank = rankOf(conversion, operator.outputs[0]);
    const operands = operator.inputs.slice(0, 2).map((index) => operandOf(conversion, index, rank));
    const value = conversion.graph.node(op, operands);
    finish(conversion, operator, value, operator.options?.int8(0, 0) ?? 0);
  };
}

/** CONCATENATION along one axis. */
export const convertConcatenation: OperatorConverter = (conversion, operator) => {
  const rank = rankOf(conversion, operator.outputs[0]);
  const given = operator.options?.int32(0, 0) ?? 0;
  const axis = (given < 0 ? given + rank : given) || 0;
  if (axis === 0 || axis >= rank) {
    throw refusal(conversion, `an operator CONCATENATION joins along axis ${given} of ${rank}`);
  }
  const operands = operator.inputs.map((index) => computedValue(conversion, index));
  const place = rank === 4 ? [0, 2, 3, 1][axis]! : axis;
  const value = conversion.graph.node("Concat", operands, { axis: { i: place } });
  finish(conversion, operator, value, operator.options?.int8(1, 0) ?? 0);
};

/** FULLY_CONNECTED: weights [out, in] on all values of a picture. */
export const convertFullyConnected: OperatorConverter = (conversion, operator) => {
  const { graph } = conversion;
  const [input, weightsIndex, biasIndex] = operator.inputs;
  const weights = numbersOf(conversion, weightsIndex);
  if (weights.shape.length !== 2) {
    throw refusal(conversion, `the weights ${weights.name} have not 2 axes`);
  }
  const { options } = operator;
  const rank = rankOf(conversion, input);
  if ((options?.int8(1, 0) ?? 0) !== 0 || (rank !== 2 && (options?.int8(2, 0) ?? 0) !== 0)) {
    throw refusal(
      conversion,
      "an operator FULLY_CONNECTED has shuffled weights or keeps its input's axes",
    );
  }
  const value = graph.node(
    "Gemm",
    [
      rank === 2 ? computedValue(conversion, input) : flattened(conversion, input),
      graph.constant(float32(weights.data, weights.shape), weights.name),
      ...(biasIndex === undefined || biasIndex < 0 ? [] : [biasOf(conversion, biasIndex)]),
    ],
    { transB: { i: 1 } },
  );
  finish(conversion, operator, value, options?.int8(0, 0) ?? 0);
};

function biasOf(conversion: Conversion, index: number): string {
  const { data, name } = numbersOf(conversion, index);
  return conversion.graph.constant(float32(data, [data.length]), name);
}

/** All values of a picture in a row, in TFLite's order. */
function flattened(conversion: Conversion, index: number | undefined): string {
  const { graph } = conversion;
  const value = computedValue(conversion, index);
  const natural =
    rankOf(conversion, index) === 4
      ? graph.node("Transpose", [value], { perm: { ints: [0, 2, 3, 1] } })
      : value;
  return graph.node("Flatten", [natural], { axis: { i: 1 } });
}

/** An operand, its axes where they are broadcast against a result of `rank` axes. */
function operandOf(conversion: Conversion, index: number | undefined, rank: number): string {
  const { model, values, graph } = conversion;
  if (!values.has(index ?? -1) && isConstant(model, index)) {
    const { name, shape, data } = numbersOf(conversion, index);
    if (rank !== 4 || shape.length === 0) return graph.constant(float32(data, shape), name);
    const padded = [...Array<number>(Math.max(0, 4 - shape.length)).fill(1), ...shape];
    const natural = graph.constant(float32(data, padded), name);
    return graph.node("Transpose", [natural], { perm: { ints: [0, 3, 1, 2] } });
  }
  const own = rankOf(conversion, index);
  if (own === rank || own === 0) return computedValue(conversion, index);
  throw refusal(
    conversion,
    `the tensor ${tensorOf(conversion, index).name} has ${own} axes where ${rank} are needed`,
  );
}
