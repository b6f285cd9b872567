import type { io } from "@tensorflow/tfjs-core";
import { refusal } from "../tflite/conversion.js";
import { layerName, stepsTo } from "../tflite/layers.js";
import type { TfliteModel, TfliteOperator } from "../tflite/read-tflite.js";
import {
  convolutionOptions,
  findLayer,
  realConstantOf,
  type TfliteNetwork,
} from "../tflite/tflite-network.js";
import {
  buildGraphModel,
  type GraphModelBuilder,
  isNodeName,
  textAttribute,
} from "./graph-model.js";

/** What is made of a TFLite file. */
export interface GraphModelOptions {
  /** Name of the file, for errors. */
  readonly name: string;
  /** Name of the tensor that the network ends with, [n, height, width, channels]. Default: the last one. */
  readonly layer?: string;
  /** Name of a node to add behind the layer: its mean over height and width, [n, 1, 1, channels]. */
  readonly meanNode?: string;
}

/** A network as a TensorFlow.js graph model. */
export interface ConvertedGraph {
  readonly artifacts: io.ModelArtifacts;
  /** Name of the layer's node. */
  readonly layer: string;
}

/**
 * Rewrites a convolutional network from TFLite to a TensorFlow.js graph model that ends with a layer. Steps that
 * do not lead to the layer are left out. It takes pictures [n, height, width, 3] of any size, as the file's
 * network does.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID naming the operator or tensor that cannot be converted; ERR_USAGE
 * listing the layers where there is none of that name.
 */
export function tfliteToGraphModel(model: TfliteModel, options: GraphModelOptions): ConvertedGraph {
  const { name, layer, meanNode } = options;
  const network: TfliteNetwork = { model, name, widened: { numbers: 0 } };
  const tapped = findLayer(network, layer);
  const graph = buildGraphModel();
  const conversion: Conversion = { network, graph, values: new Map(), taken: new Set() };
  if (meanNode !== undefined) conversion.taken.add(meanNode);
  const input = graph.input(nameFor(conversion, "input"), [-1, -1, -1, 3]);
  conversion.values.set(model.inputs[0] ?? -1, input);
  for (const operator of stepsTo(model, tapped)) convert(conversion, operator);
  const node = nodeFor(conversion, tapped);
  if (meanNode === undefined) return { artifacts: graph.artifacts(node), layer: node };
  const axes = graph.constant(nameFor(conversion, `${node}/axes`), [2], Int32Array.of(1, 2));
  graph.node("Mean", meanNode, [node, axes], { keep_dims: { b: true } });
  return { artifacts: graph.artifacts(meanNode), layer: node };
}

interface Conversion {
  readonly network: TfliteNetwork;
  readonly graph: GraphModelBuilder;
  /** Names of the nodes that stand for computed tensors, by tensor index. */
  readonly values: Map<number, string>;
  /** Names that are in use. */
  readonly taken: Set<string>;
}

/** Activations that a convolution can end with, by the schema's number, as GraphDef names them. */
const activations: Readonly<Record<number, string>> = { 1: "Relu", 3: "Relu6" };

function convert(conversion: Conversion, operator: TfliteOperator): void {
  const { kind } = operator;
  try {
    if (kind === "CONV_2D" || kind === "DEPTHWISE_CONV_2D")
      convertConvolution(conversion, operator);
    else if (kind === "ADD") convertAdd(conversion, operator);
    // Constants are widened where they are used.
    else if (kind !== "DEQUANTIZE") {
      throw refusal(conversion.network, `the engine tfjs does not support the operator ${kind}`);
    }
  } catch (error) {
    // An operator's options are read only here, and may lead outside the file.
    if (!(error instanceof RangeError)) throw error;
    const why = `the options of an operator ${kind} cannot be read`;
    throw refusal(conversion.network, why, error);
  }
}

/** A convolution with its bias and activation is one node, as TensorFlow's optimiser makes it. */
function convertConvolution(conversion: Conversion, operator: TfliteOperator): void {
  const { network, graph } = conversion;
  const [input, kernelIndex, biasIndex] = operator.inputs;
  const source = nodeFor(conversion, input);
  const options = convolutionOptions(network, operator);
  if (options.strides.some((step) => step > 1) && options.dilations.some((step) => step > 1)) {
    throw refusal(network, `an operator ${operator.kind} has both strides and dilations`);
  }
  const depthwise = operator.kind === "DEPTHWISE_CONV_2D";
  const kernel = realConstantOf(network, kernelIndex);
  if (kernel.shape.length !== 4) {
    throw refusal(network, `the kernel ${kernel.name} has not 4 axes`);
  }
  const [outer = 0, height = 0, width = 0, inner = 0] = kernel.shape;
  const channels = depthwise ? inner : outer;
  const inputChannels = network.model.tensors[input ?? -1]?.shape.at(-1) ?? 0;
  const perInput = channels / inputChannels;
  if (depthwise ? !Number.isInteger(perInput) || outer !== 1 : inner !== inputChannels) {
    throw refusal(network, `the kernel ${kernel.name} does not fit its input`);
  }
  const bias =
    biasIndex === undefined || biasIndex < 0
      ? new Float32Array(channels)
      : realConstantOf(network, biasIndex).data;
  if (bias.length !== channels) {
    throw refusal(network, `an operator ${operator.kind} has not one bias a channel`);
  }
  const name = outputName(conversion, operator);
  const activation = activationOf(conversion, operator, options.activation);
  graph.node(
    depthwise ? "FusedDepthwiseConv2dNative" : "_FusedConv2D",
    name,
    [
      source,
      // TFLite's depthwise kernels [1, height, width, out] lie in memory as TensorFlow's.
      depthwise
        ? graph.constant(
            nameFor(conversion, `${name}/kernel`),
            [height, width, inputChannels, perInput],
            kernel.data,
          )
        : graph.constant(
            nameFor(conversion, `${name}/kernel`),
            [height, width, inner, outer],
            outputLast(kernel.data, outer),
          ),
      graph.constant(nameFor(conversion, `${name}/bias`), [channels], bias),
    ],
    {
      strides: { list: { i: [1, ...options.strides, 1] } },
      dilations: { list: { i: [1, ...options.dilations, 1] } },
      padding: { s: textAttribute(options.padding) },
      data_format: { s: textAttribute("NHWC") },
      fused_ops: { list: { s: ["BiasAdd", ...activation].map(textAttribute) } },
      num_args: { i: 1 },
    },
  );
}

/** TFLite's kernels [out, height, width, in] as TensorFlow's [height, width, in, out]. */
function outputLast(data: Float32Array, outputs: number): Float32Array {
  const moved = new Float32Array(data.length);
  const size = data.length / outputs;
  for (let o = 0; o < outputs; o++) {
    for (let p = 0; p < size; p++) moved[p * outputs + o] = data[o * size + p]!;
  }
  return moved;
}

function convertAdd(conversion: Conversion, operator: TfliteOperator): void {
  const [a, b] = operator.inputs.map((input) => nodeFor(conversion, input));
  const name = outputName(conversion, operator);
  const code = operator.options?.int8(0, 0) ?? 0;
  const [activation] = activationOf(conversion, operator, code);
  if (activation === undefined) {
    conversion.graph.node("AddV2", name, [a!, b!]);
  } else {
    const sum = conversion.graph.node("AddV2", nameFor(conversion, `${name}/sum`), [a!, b!]);
    conversion.graph.node(activation, name, [sum]);
  }
}

/** The operation that an activation is; none where there is none. */
function activationOf(
  { network }: Conversion,
  { kind }: TfliteOperator,
  activation: number,
): readonly string[] {
  if (activation === 0) return [];
  const op = activations[activation];
  if (op === undefined) {
    throw refusal(network, `the fused activation ${activation} of ${kind} is not supported`);
  }
  return [op];
}

/** Names the node of an operator's result after its tensor. */
function outputName(conversion: Conversion, { outputs, kind }: TfliteOperator): string {
  const tensor = conversion.network.model.tensors[outputs[0] ?? -1];
  if (!tensor) throw refusal(conversion.network, `an operator ${kind} has no output`);
  const name = nameFor(conversion, layerName(tensor));
  conversion.values.set(outputs[0]!, name);
  return name;
}

/** A name that no other node has, and that {@link isNodeName} allows. */
function nameFor({ taken }: Conversion, wanted: string): string {
  const plain = wanted.replace(/[:^,]/g, "_");
  let name = plain;
  for (let i = 1; taken.has(name) || !isNodeName(name); i++) name = `${plain}_${i}`;
  taken.add(name);
  return name;
}

/** The node of a computed tensor. */
function nodeFor({ network, values }: Conversion, index: number | undefined): string {
  const value = values.get(index ?? -1);
  if (value !== undefined) return value;
  const name = network.model.tensors[index ?? -1]?.name ?? String(index);
  throw refusal(
    network,
    `the tensor ${name} is used before it is computed, or is a constant where none is expected`,
  );
}
