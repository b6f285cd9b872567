import { int64 } from "../../../onnx/tensor.js";
import { integersOf } from "../constants.js";
import {
  type Conversion,
  computedValue,
  naturalValue,
  type OperatorConverter,
  onnxAxis,
  rankOf,
  refusal,
  setNaturalValue,
  tensorOf,
} from "../conversion.js";
import type { TfliteOperator } from "../read-tflite.js";

/** RESHAPE of what belongs to each picture; pictures stay apart. */
export const convertReshape: OperatorConverter = (conversion, operator) => {
  const { graph } = conversion;
  const output = operator.outputs[0]!;
  const [batch, ...rest] = newShape(conversion, operator);
  const inner = rest.filter((length) => length === -1).length;
  // -1 stands for the pictures only where the output has as many as the file is written for.
  const one = tensorOf(conversion, output).shape[0] === 1;
  const apart = one && (batch === 1 || (batch === -1 && inner === 0));
  if (!apart || inner > 1 || rest.some((length) => length < -1 || length === 0)) {
    throw refusal(
      conversion,
      `an operator RESHAPE makes [${[batch, ...rest].join(", ")}] of ${tensorOf(conversion, operator.inputs[0]).name}, which mixes pictures`,
    );
  }
  if (rest.length + 1 !== rankOf(conversion, output)) {
    throw refusal(conversion, "an operator RESHAPE makes another shape than its output's");
  }
  // 0 keeps the axis of the pictures, of which there may be several.
  const shape = graph.constant(int64([0, ...rest]));
  const value = graph.node("Reshape", [naturalValue(conversion, operator.inputs[0]), shape]);
  setNaturalValue(conversion, output, value);
};

/** The shape that is asked for: a constant, or the output's own where it is computed. */
function newShape(conversion: Conversion, { inputs, outputs, options }: TfliteOperator): number[] {
  const constant = integersOf(conversion.model.tensors[inputs[1] ?? -1]);
  if (constant) return constant;
  const option = [...(options?.int32s(0) ?? [])];
  return option.length > 0 ? option : [...tensorOf(conversion, outputs[0]).shape];
}

/** SQUEEZE: axes of length 1 are left out. */
export const convertSqueeze: OperatorConverter = (conversion, operator) => {
  const { graph } = conversion;
  const input = operator.inputs[0];
  const { shape } = tensorOf(conversion, input);
  const given = [...(operator.options?.int32s(0) ?? [])];
  const axes =
    given.length > 0
      ? given.map((axis) => (axis < 0 ? axis + shape.length : axis))
      : [...shape.keys()].filter((axis) => shape[axis] === 1);
  const output = operator.outputs[0]!;
  if (axes.includes(0) || shape.length - axes.length !== rankOf(conversion, output)) {
    throw refusal(conversion, "an operator SQUEEZE takes the axis of the pictures away");
  }
  const natural = naturalValue(conversion, input);
  const value = graph.node("Squeeze", [natural, graph.constant(int64(axes))]);
  setNaturalValue(conversion, output, value);
};

/** Most rows or columns that are believed to be set around a picture. */
const maxPadding = 1024;

/** PAD with zeros. */
export const convertPad: OperatorConverter = (conversion, operator) => {
  const { graph, values } = conversion;
  const [input, paddingsIndex] = operator.inputs;
  const rank = rankOf(conversion, input);
  const paddings = integersOf(tensorOf(conversion, paddingsIndex));
  if (paddings?.length !== 2 * rank || paddings.some((n) => n < 0 || n > maxPadding)) {
    throw refusal(conversion, "an operator PAD has paddings that are computed or out of range");
  }
  if (paddings[0] !== 0 || paddings[1] !== 0) {
    throw refusal(conversion, "an operator PAD adds pictures");
  }
  const pads = Array<number>(2 * rank).fill(0);
  for (let axis = 0; axis < rank; axis++) {
    const place = onnxAxis(conversion, axis, rank);
    pads[place] = paddings[2 * axis]!;
    pads[rank + place] = paddings[2 * axis + 1]!;
  }
  const value = graph.node("Pad", [computedValue(conversion, input), graph.constant(int64(pads))]);
  values.set(operator.outputs[0]!, value);
};

/** QUANTIZE and DEQUANTIZE: the numbers are real ones throughout, so that nothing is left to do. */
export const convertIdentity: OperatorConverter = (conversion, { inputs, outputs }) => {
  conversion.values.set(outputs[0]!, computedValue(conversion, inputs[0]));
};
