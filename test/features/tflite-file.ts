import { Builder, type Offset } from "flatbuffers";

/**
 * Writes TFLite files, field by field as the schema has them (version 3):
 * https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/schema/schema.fbs
 */

/** A tensor: a constant where it has data. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** The schema's number of the element type: 0 float32, 1 float16, 2 int32, 3 uint8, 9 int8. */
  readonly type?: number;
  readonly data?: Uint8Array;
  readonly quantisation?: {
    readonly scale: readonly number[];
    /** Default: 100, 101, … */
    readonly zeroPoint?: readonly number[];
    readonly axis?: number;
  };
}

/** A field of an operator's options: its place in the schema, its width in bits or its kind, its value. */
export type OptionField =
  | readonly [slot: number, bits: 8 | 32, value: number]
  | readonly [slot: number, kind: "float", value: number]
  | readonly [slot: number, kind: "ints", values: readonly number[]];

/** An operator, by the schema's number or a custom name, and its tensors by their names. */
export interface OperatorSpec {
  readonly code: number;
  readonly custom?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly options?: readonly OptionField[] | undefined;
}

/** A network. */
export interface NetworkSpec {
  readonly tensors: readonly TensorSpec[];
  readonly operators: readonly OperatorSpec[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Numbers of operators in the schema. */
export const codes = {
  add: 0,
  averagePool: 1,
  concatenation: 2,
  conv: 3,
  depthwiseConv: 4,
  dequantize: 6,
  fullyConnected: 9,
  logistic: 14,
  maxPool: 17,
  mul: 18,
  relu: 19,
  reluN1To1: 20,
  relu6: 21,
  reshape: 22,
  softmax: 25,
  tanh: 28,
  pad: 34,
  mean: 40,
  squeeze: 43,
  quantize: 114,
} as const;

/** Largest code of the old one-byte field, which then says: look into the new one. */
const placeholderCode = 127;

/** Options of Conv2D and DepthwiseConv2D. */
export interface ConvolutionSpec {
  readonly stride?: readonly [height: number, width: number];
  readonly dilation?: readonly [height: number, width: number];
  readonly padding?: "SAME" | "VALID";
  readonly activation?: keyof typeof activations;
}

const activations = { none: 0, relu: 1, reluN1To1: 2, relu6: 3, tanh: 4 } as const;

/** Fields of Conv2DOptions. */
export function convOptions(spec: ConvolutionSpec): OptionField[] {
  return [...firstOptions(spec), ...lastOptions(spec, 3)];
}

/** Fields of DepthwiseConv2DOptions, which tells how many channels are made of each between the others. */
export function depthwiseOptions(spec: ConvolutionSpec, multiplier = 1): OptionField[] {
  return [...firstOptions(spec), [3, 32, multiplier], ...lastOptions(spec, 4)];
}

/** Fields of AddOptions. */
export function addOptions(activation: keyof typeof activations): OptionField[] {
  return [[0, 8, activations[activation]]];
}

/** Fields of Pool2DOptions. */
export function poolOptions(
  spec: ConvolutionSpec,
  [height, width]: readonly [number, number],
): OptionField[] {
  return [
    ...firstOptions(spec),
    [3, 32, width],
    [4, 32, height],
    [5, 8, activations[spec.activation ?? "none"]],
  ];
}

function firstOptions({ padding = "SAME", stride = [1, 1] }: ConvolutionSpec): OptionField[] {
  return [
    [0, 8, padding === "SAME" ? 0 : 1],
    [1, 32, stride[1]],
    [2, 32, stride[0]],
  ];
}

function lastOptions(
  { activation = "none", dilation = [1, 1] }: ConvolutionSpec,
  slot: number,
): OptionField[] {
  return [
    [slot, 8, activations[activation]],
    [slot + 1, 32, dilation[1]],
    [slot + 2, 32, dilation[0]],
  ];
}

/** Bytes of float32 numbers. */
export function float32Bytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** Bytes of int32 numbers. */
export function int32Bytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** Writes a network as a TFLite file. */
export function writeTflite(network: NetworkSpec): Uint8Array {
  const builder = new Builder(1024);
  const tensorIndex = (name: string): number =>
    name === "" ? -1 : network.tensors.findIndex((tensor) => tensor.name === name);
  const indices = (names: readonly string[]): Offset => int32s(builder, names.map(tensorIndex));
  // Buffer 0 is the empty one of tensors without data.
  const data = [new Uint8Array(), ...network.tensors.flatMap((tensor) => tensor.data ?? [])];
  const buffers = data.map((bytes) => {
    const content = bytes.length > 0 ? builder.createByteVector(bytes) : 0;
    return table(builder, 3, () => builder.addFieldOffset(0, content, 0));
  });
  let next = 1;
  const tensors = network.tensors.map((tensor) => {
    const name = builder.createString(tensor.name);
    const shape = int32s(builder, tensor.shape);
    const quantisation = tensor.quantisation ? writeQuantisation(builder, tensor.quantisation) : 0;
    const buffer = tensor.data ? next++ : 0;
    return table(builder, 5, () => {
      builder.addFieldOffset(0, shape, 0);
      builder.addFieldInt8(1, tensor.type ?? 0, 0);
      builder.addFieldInt32(2, buffer, 0);
      builder.addFieldOffset(3, name, 0);
      builder.addFieldOffset(4, quantisation, 0);
    });
  });
  const operatorCodes = network.operators.map(({ code, custom }) => {
    const name = custom === undefined ? 0 : builder.createString(custom);
    return table(builder, 4, () => {
      builder.addFieldInt8(0, Math.min(code, placeholderCode), 0);
      builder.addFieldOffset(1, name, 0);
      builder.addFieldInt32(3, code, 0);
    });
  });
  const operators = network.operators.map((operator, index) => {
    const inputs = indices(operator.inputs);
    const outputs = indices(operator.outputs);
    const { options } = operator;
    const optionTable = options ? writeOptions(builder, options) : 0;
    return table(builder, 5, () => {
      builder.addFieldInt32(0, index, 0);
      builder.addFieldOffset(1, inputs, 0);
      builder.addFieldOffset(2, outputs, 0);
      builder.addFieldOffset(4, optionTable, 0);
    });
  });
  const graphTensors = offsets(builder, tensors);
  const graphInputs = indices(network.inputs);
  const graphOutputs = indices(network.outputs);
  const graphOperators = offsets(builder, operators);
  const graph = table(builder, 4, () => {
    builder.addFieldOffset(0, graphTensors, 0);
    builder.addFieldOffset(1, graphInputs, 0);
    builder.addFieldOffset(2, graphOutputs, 0);
    builder.addFieldOffset(3, graphOperators, 0);
  });
  const modelCodes = offsets(builder, operatorCodes);
  const modelGraphs = offsets(builder, [graph]);
  const modelBuffers = offsets(builder, buffers);
  const model = table(builder, 5, () => {
    builder.addFieldInt32(0, 3, 0);
    builder.addFieldOffset(1, modelCodes, 0);
    builder.addFieldOffset(2, modelGraphs, 0);
    builder.addFieldOffset(4, modelBuffers, 0);
  });
  builder.finish(model, "TFL3");
  return builder.asUint8Array();
}

function writeQuantisation(
  builder: Builder,
  { scale, zeroPoint, axis = 0 }: NonNullable<TensorSpec["quantisation"]>,
): Offset {
  builder.startVector(4, scale.length, 4);
  for (const value of [...scale].reverse()) builder.addFloat32(value);
  const scales = builder.endVector();
  builder.startVector(8, scale.length, 8);
  for (let i = scale.length - 1; i >= 0; i--) builder.addInt64(BigInt(zeroPoint?.[i] ?? 100 + i));
  const zeroPoints = builder.endVector();
  return table(builder, 7, () => {
    builder.addFieldOffset(2, scales, 0);
    builder.addFieldOffset(3, zeroPoints, 0);
    builder.addFieldInt32(6, axis, 0);
  });
}

function writeOptions(builder: Builder, options: readonly OptionField[]): Offset {
  const vectors = options.map(([, kind, value]) =>
    kind === "ints" ? int32s(builder, value as readonly number[]) : 0,
  );
  return table(builder, 8, () => {
    for (const [position, [slot, kind, value]] of options.entries()) {
      // The schema's defaults differ, so that every field is written.
      if (kind === "ints") builder.addFieldOffset(slot, vectors[position]!, 0);
      else if (kind === "float") builder.addFieldFloat32(slot, value as number, null);
      else if (kind === 8) builder.addFieldInt8(slot, value as number, null);
      else builder.addFieldInt32(slot, value as number, null);
    }
  });
}

function table(builder: Builder, fields: number, fill: () => void): Offset {
  builder.startObject(fields);
  fill();
  return builder.endObject();
}

function offsets(builder: Builder, values: readonly Offset[]): Offset {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addOffset(value);
  return builder.endVector();
}

function int32s(builder: Builder, values: readonly number[]): Offset {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addInt32(value);
  return builder.endVector();
}
