import { float32 } from "../../../onnx/tensor.js";
import {
  type Conversion,
  computedValue,
  type OperatorConverter,
  onnxAxis,
  rankOf,
  refusal,
  tensorOf,
} from "../conversion.js";
import type { TfliteOperator, TfliteTensor } from "../read-tflite.js";

type Bounds = readonly [low: number, high: number];

const unbounded: Bounds = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** Bounds of the activations that TFLite fuses into operators, by their codes (ActivationFunctionType). */
const fusedBounds: Readonly<Record<number, Bounds>> = {
  0: unbounded,
  1: [0, Number.POSITIVE_INFINITY],
  2: [-1, 1],
  3: [0, 6],
};

/** Least and greatest stored number of the types that activations are quantised to. */
const storedBounds: Readonly<Record<string, Bounds>> = { uint8: [0, 255], int8: [-128, 127] };

/**
 * Adds the activation that is fused into an operator, and keeps the result. A quantised network also has what
 * its whole numbers cannot hold cut off, and may leave its activations to that; so the bounds of the output's
 * type are part of what it computes.
 */
export function finish(
  conversion: Conversion,
  operator: TfliteOperator,
  value: string,
  activation: number,
): void {
  const fused = fusedBounds[activation];
  if (!fused) {
    throw refusal(
      conversion,
      `the fused activation ${activation} of ${operator.kind} is not supported`,
    );
  }
  const output = operator.outputs[0];
  const held = quantisedBounds(tensorOf(conversion, output));
  const bounds: Bounds = [Math.max(fused[0], held[0]), Math.min(fused[1], held[1])];
  conversion.values.set(output!, addBounds(conversion, value, bounds));
}

function quantisedBounds({ type, quantisation }: TfliteTensor): Bounds {
  const stored = storedBounds[type];
  const scale = quantisation?.scale[0] ?? 0;
  if (!stored || quantisation?.scale.length !== 1 || !(scale > 0)) return unbounded;
  const zeroPoint = Number(quantisation.zeroPoint[0] ?? 0);
  return [scale * (stored[0] - zeroPoint), scale * (stored[1] - zeroPoint)];
}

function addBounds({ graph }: Conversion, value: string, [low, high]: Bounds): string {
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return value;
  if (low === 0 && high === Number.POSITIVE_INFINITY) return graph.node("Relu", [value]);
  const bounds = [low, high].map((bound) => graph.constant(float32([bound], [])));
  return graph.node("Clip", [value, ...bounds]);
}

/** RELU, RELU6 and RELU_N1_TO_1 as operators of their own. */
export function convertBounds(bounds: Bounds): OperatorConverter {
  return (conversion, { inputs, outputs }) => {
    const value = addBounds(conversion, computedValue(conversion, inputs[0]), bounds);
    conversion.values.set(outputs[0]!, value);
  };
}

/** LOGISTIC: 1 / (1 + e^-x). */
export const convertLogistic: OperatorConverter = (conversion, { inputs, outputs }) => {
  const value = conversion.graph.node("Sigmoid", [computedValue(conversion, inputs[0])]);
  conversion.values.set(outputs[0]!, value);
};

/** SOFTMAX over the last axis, of beta times the values. */
export const convertSoftmax: OperatorConverter = (conversion, { inputs, outputs, options }) => {
  const { graph, values } = conversion;
  // Writers leave no beta out; the schema's default of 0 would make all classes equal.
  const beta = options?.float32(0, 1) || 1;
  const value = computedValue(conversion, inputs[0]);
  const scaled =
    beta === 1 ? value : graph.node("Mul", [value, graph.constant(float32([beta], []))]);
  const axis = onnxAxis(conversion, -1, rankOf(conversion, inputs[0]));
  values.set(outputs[0]!, graph.node("Softmax", [scaled], { axis: { i: axis } }));
};
