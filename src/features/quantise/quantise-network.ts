import { MuybridgeError } from "../../core/errors.js";
import {
  floatsOf,
  integerAttribute,
  integersAttribute,
  type NodeMessage,
  readModel,
  writeModel,
} from "../../onnx/read-model.js";
import { float32, int64, type OnnxTensor } from "../../onnx/tensor.js";
import type { ActivationRanges } from "../cnn-choice.js";
import type { PreparedNetwork } from "../prepared-network.js";
import {
  addConstant,
  addNode,
  addStorage,
  type Layout,
  openLayout,
  readable,
  storageOf,
  store,
  withoutUnused,
} from "./int8-layout.js";
import { packPixels, pixelsTogether } from "./pack-pixels.js";
import { type Kernel, type PixelInput, type PixelKernel, pixelKernel } from "./pixel-input.js";
import { findQuantisableSteps, type QuantisableStep } from "./quantisable-steps.js";
import { roundKernel } from "./round-kernel.js";

/**
 * Lays a network out in int8: activations uint8 by their ranges, kernels int8 with a scale for every output
 * channel, sums int32. Written with QuantizeLinear and DequantizeLinear around each step, which onnxruntime
 * joins into one int8 kernel; what it cannot compute in int8 stays in float.
 *
 * @param ranges of every value of `valuesToMeasure`
 * @param name of the network, for errors
 * @throws MuybridgeError ERR_USAGE where a value has no range: they were measured on another network;
 * ERR_MODEL_INVALID where nothing can be computed in int8.
 */
export function quantiseNetwork(
  network: PreparedNetwork,
  ranges: ActivationRanges,
  name: string,
): PreparedNetwork {
  const quantisable = findQuantisableSteps(readModel(network.graph));
  const { model, steps } = quantisable;
  if (steps.length === 0) {
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `${name} cannot be computed in int8: it has no convolution with a constant kernel. Leave out the precision int8.`,
      { path: name },
    );
  }
  const layout = openLayout(quantisable, network.inputSize, ranges, name);
  const byNode = new Map(steps.map((step) => [step.node, step]));
  const activations = new Set(steps.map(({ activation }) => activation));
  for (const node of model.graph.node) {
    const step = byNode.get(node);
    if (step) addStep(layout, step);
    else if (!activations.has(node)) {
      const input = node.input.map((value) => readable(layout, value));
      layout.nodes.push({ ...node, input });
    }
  }
  return { ...network, graph: writeModel(withoutUnused(model, layout)) };
}

function addStep(layout: Layout, step: QuantisableStep): void {
  const { node, inputs, output, bounds, passesOn } = step;
  if (node.opType === "Conv") {
    addConvolution(layout, step);
    return;
  }
  const input = inputs.map((value) => readable(layout, value));
  layout.nodes.push({ ...node, input });
  const known = passesOn ? layout.storages.get(inputs[0]!) : undefined;
  store(layout, node.output[0]!, output, known ?? storageOf(layout, output, bounds));
}

function addConvolution(layout: Layout, step: QuantisableStep): void {
  const { node, inputs, output, bounds, pixels } = step;
  const kernel = kernelOf(layout, node);
  const value = node.output[0]!;
  if (pixels) {
    addPixelConvolution(layout, step, pixels, pixelKernel(kernel, pixels));
    return;
  }
  const [input = ""] = inputs;
  if (!layout.storages.has(input)) store(layout, input, input, storageOf(layout, input));
  const constants = addKernel(layout, value, kernel, layout.storages.get(input)!.scale);
  layout.nodes.push({ ...node, input: [`${input}:read`, ...constants] });
  store(layout, value, output, storageOf(layout, output, bounds));
}

/** The convolution that sees the frames: it takes their bytes as they are. */
function addPixelConvolution(
  layout: Layout,
  { node, output, bounds }: QuantisableStep,
  { planes, frames }: PixelInput,
  kernel: PixelKernel,
): void {
  const value = node.output[0]!;
  const storage = addStorage(layout, `${value}:pixels`, kernel);
  const packed = packPixels(node, kernel, layout.inputSize);
  if (!packed) {
    const read = addNode(layout, "DequantizeLinear", [planes, ...storage.names], `${value}:bytes`);
    layout.nodes.push({
      ...node,
      input: [read, ...addKernel(layout, value, kernel, kernel.scale)],
    });
    store(layout, value, output, storageOf(layout, output, bounds));
    return;
  }
  const reshape = (input: string, depth: number, name: string): string => {
    const shape = addConstant(layout, `${name}:shape`, int64([0, 0, -1, depth]));
    return addNode(layout, "Reshape", [input, shape], name);
  };
  const transpose = (input: string, perm: readonly number[], name: string): string =>
    addNode(layout, "Transpose", [input], name, [integersAttribute("perm", perm)]);
  const rows = reshape(frames, 3 * pixelsTogether, `${value}:rows`);
  const bytes = transpose(rows, [0, 3, 1, 2], `${value}:groups`);
  const read = addNode(layout, "DequantizeLinear", [bytes, ...storage.names], `${value}:bytes`);
  const wide = addNode(
    layout,
    "Conv",
    [read, ...addKernel(layout, value, packed.kernel, kernel.scale)],
    value,
    [integersAttribute("strides", packed.strides), integersAttribute("pads", packed.pads)],
  );
  const stored = storageOf(layout, output, bounds);
  const rounded = addNode(layout, "QuantizeLinear", [wide, ...stored.names], `${output}:wide`);
  // What was computed together lies side by side, as it did before.
  const apart = transpose(rounded, [0, 2, 3, 1], `${output}:apart`);
  const single = reshape(apart, kernel.shape[0], `${output}:single`);
  const planesAgain = transpose(single, [0, 3, 1, 2], `${output}:stored`);
  addNode(layout, "DequantizeLinear", [planesAgain, ...stored.names], `${output}:read`);
  layout.storages.set(output, stored);
}

function kernelOf({ quantisable: { constants } }: Layout, { input }: NodeMessage): Kernel {
  const [, kernel = "", bias = ""] = input;
  const tensor = constants.get(kernel)!;
  const shape = tensor.dims as Kernel["shape"];
  return {
    shape,
    weights: floatsOf(tensor)!,
    bias: floatsOf(constants.get(bias)) ?? new Float32Array(shape[0]),
  };
}

/** Adds a rounded kernel and bias; returns the values that they are read as. */
function addKernel(layout: Layout, name: string, kernel: Kernel, inputScale: number): string[] {
  const { weights, scales, bias, biasScales } = roundKernel(kernel, inputScale);
  const channels = [kernel.shape[0]];
  const read = (part: string, tensor: OnnxTensor, scale: Float32Array): string => {
    const stored = addConstant(layout, `${name}:${part}`, tensor);
    const factor = addConstant(layout, `${name}:${part}:scale`, float32(scale, channels));
    const attributes = [integerAttribute("axis", 0)];
    return addNode(
      layout,
      "DequantizeLinear",
      [stored, factor],
      `${name}:${part}:read`,
      attributes,
    );
  };
  return [
    read("kernel", { type: "int8", dims: kernel.shape, data: weights }, scales),
    read("bias", { type: "int32", dims: channels, data: bias }, biasScales),
  ];
}
