import { MuybridgeError } from "../../core/errors.js";
import { type Attribute, createGraph, encodeModel, type Graph } from "../../onnx/graph.js";
import { float32, int64 } from "../../onnx/tensor.js";
import { addPreprocessing, type PreparedNetwork } from "../prepared-network.js";
import type { Preprocessing } from "../preprocessing.js";
import type { FlatTable } from "./flatbuffer.js";
import { float16ToFloat32 } from "./float16.js";
import type { TfliteModel, TfliteOperator, TfliteTensor } from "./read-tflite.js";

/** What a network does to the pixels, and which of its values is the feature. */
export interface TapOptions {
  /** Name of the tensor to take, [n, height, width, channels]; its mean over height and width is the feature. */
  readonly layer?: string;
  readonly preprocessing: Partial<Preprocessing>;
  /** Name of the file, for errors. */
  readonly name: string;
}

/**
 * Rewrites a convolutional network from TFLite to ONNX, cut at a layer. Steps that do not lead to the layer are
 * left out.
 *
 * The ONNX graph takes `frames`, uint8 [n, height, width, 3] of any size, and gives `features`, float32
 * [n, channels]. Inside, it works on [n, channels, height, width], as onnxruntime's kernels do.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID naming the operator or tensor that cannot be converted; ERR_USAGE
 * listing the layers where there is none of that name.
 */
export function tfliteToOnnx(model: TfliteModel, options: TapOptions): PreparedNetwork {
  const conversion: Conversion = {
    model,
    options,
    graph: createGraph(options.layer ?? options.name),
    values: new Map(),
  };
  const { graph } = conversion;
  const tapped = findLayer(model, options);
  const {
    inputSize = model.tensors[model.inputs[0] ?? -1]?.shape[1] ?? 224,
    channels = "rgb",
    scale = 1 / 127.5,
    mean = [1, 1, 1],
    deviation = [1, 1, 1],
  } = options.preprocessing;
  const pixels = addPreprocessing(graph, { channels, scale, mean, deviation });
  conversion.values.set(model.inputs[0] ?? -1, pixels);

  for (const operator of stepsTo(model, tapped)) convert(conversion, operator);
  const layer = onnxValueOf(conversion, tapped);
  const pooled = graph.node("GlobalAveragePool", [layer]);
  const depth = model.tensors[tapped]!.shape.at(-1) ?? 0;
  const flat = graph.node("Reshape", [pooled, graph.constant(int64([0, depth]))]);
  graph.output(flat, "float32", ["n", depth], "features");
  return { graph: encodeModel(graph), dimension: depth, inputSize };
}

interface Conversion {
  readonly model: TfliteModel;
  readonly options: TapOptions;
  readonly graph: Graph;
  /** Names of the ONNX values that stand for computed tensors, by tensor index. */
  readonly values: Map<number, string>;
}

function findLayer(model: TfliteModel, { layer, name }: TapOptions): number {
  const made = model.operators
    .filter(({ kind }) => kind !== "DEQUANTIZE")
    .flatMap((operator) => operator.outputs)
    .filter((output) => model.tensors[output]!.shape.length === 4);
  // The converter that wrote the file joins the names of the steps it merged with ";".
  const names = made.map((output) => model.tensors[output]!.name.split(";")[0]!);
  const position = layer === undefined ? names.length - 1 : names.indexOf(layer);
  if (position >= 0) return made[position]!;
  throw new MuybridgeError(
    "ERR_USAGE",
    `${name} has no layer "${layer}". Its layers are:\n  ${names.join("\n  ")}`,
    { path: name, parameter: "layer" },
  );
}

/** The operators that a tensor depends on, in their order. */
function stepsTo(model: TfliteModel, tensor: number): TfliteOperator[] {
  const needed = new Set([tensor]);
  const steps: TfliteOperator[] = [];
  for (const operator of [...model.operators].reverse()) {
    if (!operator.outputs.some((output) => needed.has(output))) continue;
    for (const input of operator.inputs) needed.add(input);
    steps.push(operator);
  }
  return steps.reverse();
}

function convert(conversion: Conversion, operator: TfliteOperator): void {
  try {
    convertByKind(conversion, operator);
  } catch (error) {
    // An operator's options are read only here, and may lead outside the file.
    if (!(error instanceof RangeError)) throw error;
    throw refusal(conversion, `the options of an operator ${operator.kind} cannot be read`, error);
  }
}

function convertByKind(conversion: Conversion, operator: TfliteOperator): void {
  switch (operator.kind) {
    case "CONV_2D":
      convertConvolution(conversion, operator, false);
      break;
    case "DEPTHWISE_CONV_2D":
      convertConvolution(conversion, operator, true);
      break;
    case "ADD":
      convertAdd(conversion, operator);
      break;
    case "DEQUANTIZE":
      // Of constants only: their numbers are widened where they are used.
      break;
    default:
      throw refusal(conversion, `the operator ${operator.kind} is not supported`);
  }
}

function convertConvolution(
  conversion: Conversion,
  operator: TfliteOperator,
  depthwise: boolean,
): void {
  const { graph, model } = conversion;
  const [input, kernelIndex, biasIndex] = operator.inputs;
  const options = convolutionOptions(conversion, operator, depthwise);
  const kernel = constantOf(conversion, kernelIndex);
  const [outer = 0, height = 0, width = 0, inner = 0] = kernel.shape;
  if (kernel.shape.length !== 4)
    throw refusal(conversion, `the kernel ${kernel.name} has not 4 axes`);
  // TFLite: [out, height, width, in], depthwise [1, height, width, out]. ONNX: [out, in / group, height, width].
  const channels = depthwise ? inner : outer;
  const depth = depthwise ? 1 : inner;
  const inputChannels = model.tensors[input ?? -1]?.shape.at(-1) ?? 0;
  const weights = new Float32Array(kernel.data.length);
  const area = height * width;
  for (let o = 0; o < channels; o++) {
    for (let i = 0; i < depth; i++) {
      for (let p = 0; p < area; p++) {
        const from = depthwise ? p * channels + o : (o * area + p) * depth + i;
        weights[(o * depth + i) * area + p] = kernel.data[from]!;
      }
    }
  }
  const bias =
    biasIndex === undefined || biasIndex < 0 ? undefined : constantOf(conversion, biasIndex);
  const value = graph.node(
    "Conv",
    [
      onnxValueOf(conversion, input),
      graph.constant(float32(weights, [channels, depth, height, width]), kernel.name),
      ...(bias ? [graph.constant(float32(bias.data, [channels]), bias.name)] : []),
    ],
    {
      kernel_shape: { ints: [height, width] },
      strides: { ints: [options.strideHeight, options.strideWidth] },
      dilations: { ints: [options.dilationHeight, options.dilationWidth] },
      group: { i: depthwise ? inputChannels : 1 },
      ...paddingOf(conversion, operator, options, height, width),
    },
  );
  finish(conversion, operator, value, options.activation);
}

/** A convolution's padding as ONNX's attributes. TensorFlow's SAME puts the odd pixel at the end. */
function paddingOf(
  conversion: Conversion,
  { kind }: TfliteOperator,
  options: ConvolutionOptions,
  height: number,
  width: number,
): Record<string, Attribute> {
  const { padding, strideHeight, strideWidth, dilationHeight, dilationWidth } = options;
  if (padding !== 0) return { auto_pad: { s: "VALID" } };
  if (dilationHeight === 1 && dilationWidth === 1) return { auto_pad: { s: "SAME_UPPER" } };
  // onnxruntime has no SAME_UPPER with dilations; without strides it is the same for pictures of any size.
  if (strideHeight !== 1 || strideWidth !== 1) {
    throw refusal(conversion, `an operator ${kind} has both strides and dilations`);
  }
  const rows = (height - 1) * dilationHeight;
  const columns = (width - 1) * dilationWidth;
  const before = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return { pads: { ints: [...before, Math.ceil(rows / 2), Math.ceil(columns / 2)] } };
}

function convertAdd(conversion: Conversion, operator: TfliteOperator): void {
  const [a, b] = operator.inputs;
  const value = conversion.graph.node("Add", [
    onnxValueOf(conversion, a),
    onnxValueOf(conversion, b),
  ]);
  finish(conversion, operator, value, operator.options?.int8(0, 0) ?? 0);
}

/** Adds the activation that TFLite fuses into an operator, and names the result. */
function finish(
  conversion: Conversion,
  operator: TfliteOperator,
  value: string,
  activation: number,
): void {
  const { graph, values } = conversion;
  const output = operator.outputs[0] ?? -1;
  values.set(output, activate());

  function activate(): string {
    switch (activation) {
      case 0:
        return value;
      case 1:
        return graph.node("Relu", [value]);
      case 3: {
        const bounds = [0, 6].map((bound) => graph.constant(float32([bound], [])));
        return graph.node("Clip", [value, ...bounds]);
      }
      default:
        throw refusal(
          conversion,
          `the fused activation ${activation} of ${operator.kind} is not supported`,
        );
    }
  }
}

interface ConvolutionOptions {
  /** 0 for SAME, 1 for VALID. */
  readonly padding: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly activation: number;
}

/** Largest stride or dilation that is believed. */
const maxStep = 1024;

function convolutionOptions(
  conversion: Conversion,
  operator: TfliteOperator,
  depthwise: boolean,
): ConvolutionOptions {
  const table: FlatTable | undefined = operator.options;
  if (!table) throw refusal(conversion, `an operator ${operator.kind} has no options`);
  // DepthwiseConv2DOptions has the depth multiplier between the strides and the activation.
  const rest = depthwise ? 4 : 3;
  const options = {
    padding: table.int8(0, 0),
    strideWidth: table.int32(1, 1),
    strideHeight: table.int32(2, 1),
    activation: table.int8(rest, 0),
    dilationWidth: table.int32(rest + 1, 1),
    dilationHeight: table.int32(rest + 2, 1),
  };
  const steps = [
    options.strideWidth,
    options.strideHeight,
    options.dilationWidth,
    options.dilationHeight,
  ];
  if (steps.some((step) => step < 1 || step > maxStep)) {
    throw refusal(conversion, `an operator ${operator.kind} has a stride or dilation out of range`);
  }
  return options;
}

/** The ONNX value of a computed tensor. */
function onnxValueOf(conversion: Conversion, index: number | undefined): string {
  const value = conversion.values.get(index ?? -1);
  if (value !== undefined) return value;
  const name = conversion.model.tensors[index ?? -1]?.name ?? String(index);
  throw refusal(
    conversion,
    `the tensor ${name} is used before it is computed, or is a constant where none is expected`,
  );
}

interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The numbers of a constant, widened to float32, whether directly or through a DEQUANTIZE of a constant. */
function constantOf({ model, options }: Conversion, index: number | undefined): Constant {
  const direct = model.tensors[index ?? -1];
  const source = direct?.data ? direct : dequantisedFrom(model, index ?? -1);
  const name = direct?.name ?? String(index);
  if (!source?.data) throw refusal({ options }, `the tensor ${name} should be a constant`);
  const data = numbersOf(source.data, source.type);
  if (!data)
    throw refusal(
      { options },
      `the constant ${name} is of type ${source.type}, which is not supported`,
    );
  const { shape } = source;
  if (shape.some((length) => length < 0) || data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw refusal(
      { options },
      `the constant ${name} does not hold as many numbers as its shape says`,
    );
  }
  return { name, shape, data };
}

function dequantisedFrom(model: TfliteModel, index: number): TfliteTensor | undefined {
  const operator = model.operators.find(
    ({ kind, outputs }) => kind === "DEQUANTIZE" && outputs[0] === index,
  );
  return model.tensors[operator?.inputs[0] ?? -1];
}

function numbersOf(bytes: Uint8Array, type: TfliteTensor["type"]): Float32Array | undefined {
  if (type === "float16") return float16ToFloat32(bytes);
  if (type === "float32" && bytes.length % 4 === 0) return new Float32Array(bytes.slice().buffer);
  return undefined;
}

function refusal(
  { options }: Pick<Conversion, "options">,
  why: string,
  cause?: unknown,
): MuybridgeError {
  return new MuybridgeError("ERR_MODEL_INVALID", `${options.name} cannot be converted: ${why}.`, {
    path: options.name,
    cause,
  });
}
