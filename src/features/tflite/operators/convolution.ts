import type { Constant } from "../constants.js";
import {
  addConstant,
  computedValue,
  numbersOf,
  type OperatorConverter,
  optionsOf,
  refusal,
  tensorOf,
} from "../conversion.js";
import { finish } from "./activation.js";
import { windowAttributes, windowOf } from "./window.js";

/** CONV_2D: kernel [out, height, width, in / groups]. */
export const convertConvolution: OperatorConverter = (conversion, operator) => {
  const [, kernelIndex] = operator.inputs;
  const kernel = numbersOf(conversion, kernelIndex);
  const inputChannels = tensorOf(conversion, operator.inputs[0]).shape.at(-1) ?? 0;
  // A kernel of fewer channels than the picture sees them in groups.
  const groups = inputChannels / (kernel.shape[3] || 1);
  const options = { dilations: { width: 4, height: 5 }, activation: 3 };
  const group = Number.isInteger(groups) && groups >= 1 ? groups : 1;
  addConvolution(conversion, operator, { kernel, group, ...options, transposed: ordinaryKernel });
};

/** DEPTHWISE_CONV_2D: kernel [1, height, width, out]; each input channel makes out / in of the outputs. */
export const convertDepthwiseConvolution: OperatorConverter = (conversion, operator) => {
  const [, kernelIndex] = operator.inputs;
  const kernel = numbersOf(conversion, kernelIndex);
  const group = tensorOf(conversion, operator.inputs[0]).shape.at(-1) ?? 0;
  // DepthwiseConv2DOptions has the depth multiplier between the strides and the activation.
  const options = { dilations: { width: 5, height: 6 }, activation: 4 };
  if (group < 1 || (kernel.shape[3] ?? 0) % group !== 0) {
    throw refusal(conversion, `the kernel ${kernel.name} does not fit ${group} channels`);
  }
  addConvolution(conversion, operator, { kernel, group, ...options, transposed: depthwiseKernel });
};

/** What the two kinds of convolutions differ in. */
interface ConvolutionKind {
  readonly kernel: Constant;
  readonly group: number;
  /** Where the options have the dilations and the fused activation. */
  readonly dilations: { readonly width: number; readonly height: number };
  readonly activation: number;
  /** The kernel in ONNX's order, [out, in / group, height, width]. */
  readonly transposed: (kernel: Constant) => Constant;
}

function addConvolution(
  conversion: Parameters<OperatorConverter>[0],
  operator: Parameters<OperatorConverter>[1],
  kind: ConvolutionKind,
): void {
  const options = optionsOf(conversion, operator);
  const window = windowOf(conversion, operator, kind.dilations);
  if (kind.kernel.shape.length !== 4) {
    throw refusal(conversion, `the kernel ${kind.kernel.name} has not 4 axes`);
  }
  const [input, , biasIndex] = operator.inputs;
  const bias =
    biasIndex === undefined || biasIndex < 0 ? undefined : numbersOf(conversion, biasIndex);
  const kernel = kind.transposed(kind.kernel);
  const [, , height = 0, width = 0] = kernel.shape;
  const value = conversion.graph.node(
    "Conv",
    [
      computedValue(conversion, input),
      addConstant(conversion, kernel),
      ...(bias ? [addConstant(conversion, { ...bias, shape: [bias.data.length] })] : []),
    ],
    {
      dilations: { ints: [window.dilationHeight, window.dilationWidth] },
      group: { i: kind.group },
      ...windowAttributes(conversion, operator, window, height, width),
    },
  );
  finish(conversion, operator, value, options.int8(kind.activation, 0));
}

/** [out, height, width, in] → [out, in, height, width] */
function ordinaryKernel({ name, shape, data }: Constant): Constant {
  const [channels = 0, height = 0, width = 0, depth = 0] = shape;
  const area = height * width;
  const ordered = new Float32Array(data.length);
  for (let o = 0; o < channels; o++) {
    for (let i = 0; i < depth; i++) {
      for (let p = 0; p < area; p++) {
        ordered[(o * depth + i) * area + p] = data[(o * area + p) * depth + i]!;
      }
    }
  }
  return { name, shape: [channels, depth, height, width], data: ordered };
}

/** [1, height, width, out] → [out, 1, height, width] */
function depthwiseKernel({ name, shape, data }: Constant): Constant {
  const [, height = 0, width = 0, channels = 0] = shape;
  const area = height * width;
  const ordered = new Float32Array(channels * area);
  for (let o = 0; o < channels; o++) {
    for (let p = 0; p < area; p++) ordered[o * area + p] = data[p * channels + o]!;
  }
  return { name, shape: [channels, 1, height, width], data: ordered };
}
