/**
 * The operators of TFLite that can be converted, one file a family.
 */
import type { OperatorConverter } from "../conversion.js";
import { convertBounds, convertLogistic, convertSoftmax } from "./activation.js";
import { convertArithmetic, convertConcatenation, convertFullyConnected } from "./arithmetic.js";
import { convertConvolution, convertDepthwiseConvolution } from "./convolution.js";
import { convertMean, convertPool } from "./pooling.js";
import { convertIdentity, convertPad, convertReshape, convertSqueeze } from "./shape.js";

/** Converters by the schema's names of the operators. */
export const operatorConverters: ReadonlyMap<string, OperatorConverter> = new Map([
  ["ADD", convertArithmetic("Add")],
  ["AVERAGE_POOL_2D", convertPool("AveragePool")],
  ["CONCATENATION", convertConcatenation],
  ["CONV_2D", convertConvolution],
  ["DEPTHWISE_CONV_2D", convertDepthwiseConvolution],
  ["DEQUANTIZE", convertIdentity],
  ["FULLY_CONNECTED", convertFullyConnected],
  ["LOGISTIC", convertLogistic],
  ["MAX_POOL_2D", convertPool("MaxPool")],
  ["MEAN", convertMean],
  ["MUL", convertArithmetic("Mul")],
  ["PAD", convertPad],
  ["QUANTIZE", convertIdentity],
  ["RELU", convertBounds([0, Number.POSITIVE_INFINITY])],
  ["RELU6", convertBounds([0, 6])],
  ["RELU_N1_TO_1", convertBounds([-1, 1])],
  ["RESHAPE", convertReshape],
  ["SOFTMAX", convertSoftmax],
  ["SQUEEZE", convertSqueeze],
]);
