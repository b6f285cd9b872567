import { MuybridgeError } from "../../core/errors.js";
import { float16ToFloat32 } from "./float16.js";
import type { TfliteModel, TfliteOperator, TfliteTensor } from "./read-tflite.js";

/** A network from a TFLite file that is being rewritten for an engine. */
export interface TfliteNetwork {
  readonly model: TfliteModel;
  /** Name of the file, for errors. */
  readonly name: string;
}

/** The numbers of a constant, widened to float32, row-major. */
export interface TfliteConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How a convolution moves over the picture; activation as the schema numbers it. */
export interface ConvolutionOptions {
  readonly padding: "SAME" | "VALID";
  readonly strides: readonly [height: number, width: number];
  readonly dilations: readonly [height: number, width: number];
  readonly activation: number;
}

/** Largest stride or dilation that is believed. */
const maxStep = 1024;

/** A tensor's name. The converter that wrote the file joins the names of the steps it merged with ";". */
export function layerName({ name }: TfliteTensor): string {
  return name.split(";")[0]!;
}

/**
 * The tensor of a layer; without a name, the last computed one of four axes.
 *
 * @throws MuybridgeError ERR_USAGE listing the layers where there is none of that name.
 */
export function findLayer({ model, name }: TfliteNetwork, layer: string | undefined): number {
  const made = model.operators
    .filter(({ kind }) => kind !== "DEQUANTIZE")
    .flatMap(({ outputs }) => outputs)
    .filter((output) => model.tensors[output]!.shape.length === 4);
  const names = made.map((output) => layerName(model.tensors[output]!));
  const position = layer === undefined ? names.length - 1 : names.indexOf(layer);
  if (position >= 0) return made[position]!;
  throw new MuybridgeError(
    "ERR_USAGE",
    `${name} has no layer "${layer}". Its layers are:\n  ${names.join("\n  ")}`,
    { path: name, parameter: "layer" },
  );
}

/** The operators that a tensor depends on, in their order. */
export function stepsTo(model: TfliteModel, tensor: number): TfliteOperator[] {
  const needed = new Set([tensor]);
  const steps: TfliteOperator[] = [];
  for (const operator of [...model.operators].reverse()) {
    if (!operator.outputs.some((output) => needed.has(output))) continue;
    for (const input of operator.inputs) needed.add(input);
    steps.push(operator);
  }
  return steps.reverse();
}

/**
 * The numbers of a constant, whether directly or through a DEQUANTIZE of one.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where it is computed, of another type, or not of its shape's size.
 */
export function constantOf(network: TfliteNetwork, index: number | undefined): TfliteConstant {
  const { model } = network;
  const direct = model.tensors[index ?? -1];
  const widened = model.operators.find(
    ({ kind, outputs }) => kind === "DEQUANTIZE" && outputs[0] === index,
  );
  const source = direct?.data ? direct : model.tensors[widened?.inputs[0] ?? -1];
  const name = direct?.name ?? String(index);
  if (!source?.data) throw refusal(network, `the tensor ${name} should be a constant`);
  const { shape, type } = source;
  const data = numbersOf(source.data, type);
  if (!data)
    throw refusal(network, `the constant ${name} is of type ${type}, which is not supported`);
  if (shape.some((length) => length < 0) || data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw refusal(network, `the constant ${name} does not hold as many numbers as its shape says`);
  }
  return { name, shape, data };
}

function numbersOf(bytes: Uint8Array, type: TfliteTensor["type"]): Float32Array | undefined {
  if (type === "float16") return float16ToFloat32(bytes);
  if (type === "float32" && bytes.length % 4 === 0) return new Float32Array(bytes.slice().buffer);
  return undefined;
}

/**
 * Options of CONV_2D and DEPTHWISE_CONV_2D.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where they are missing or out of range.
 */
export function convolutionOptions(
  network: TfliteNetwork,
  { kind, options: table }: TfliteOperator,
): ConvolutionOptions {
  if (!table) throw refusal(network, `an operator ${kind} has no options`);
  // DepthwiseConv2DOptions has the depth multiplier between the strides and the activation.
  const rest = kind === "DEPTHWISE_CONV_2D" ? 4 : 3;
  const options = {
    padding: table.int8(0, 0) === 0 ? "SAME" : "VALID",
    strides: [table.int32(2, 1), table.int32(1, 1)],
    activation: table.int8(rest, 0),
    dilations: [table.int32(rest + 2, 1), table.int32(rest + 1, 1)],
  } as const;
  if ([...options.strides, ...options.dilations].some((step) => step < 1 || step > maxStep)) {
    throw refusal(network, `an operator ${kind} has a stride or dilation out of range`);
  }
  return options;
}

/** The error of a network that cannot be rewritten. */
export function refusal({ name }: TfliteNetwork, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError("ERR_MODEL_INVALID", `${name} cannot be converted: ${why}.`, {
    path: name,
    cause,
  });
}
