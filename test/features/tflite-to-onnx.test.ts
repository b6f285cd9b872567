import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { readTflite } from "../../src/features/tflite/read-tflite.js";
import { type TapOptions, tfliteToOnnx } from "../../src/features/tflite/tflite-to-onnx.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { uint8 } from "../../src/onnx/tensor.js";
import { activate, convolve, type Kernel, meanOf, type Planes } from "./reference-convolution.js";
import {
  addOptions,
  type ConvolutionSpec,
  codes,
  convOptions,
  depthwiseOptions,
  float32Bytes,
  type NetworkSpec,
  type OperatorSpec,
  type TensorSpec,
  writeTflite,
} from "./tflite-file.js";

const name = "small.tflite";

function convert(network: NetworkSpec, layer: string): Uint8Array {
  const options: TapOptions = { name, layer, preprocessing: {} };
  return tfliteToOnnx(readTflite(writeTflite(network), name), options).graph;
}

/** The features of frames [n, height, width, 3], as the converted network computes them. */
async function run(
  network: NetworkSpec,
  layer: string,
  frames: Uint8Array,
  dims: readonly [number, number, number, number],
): Promise<{ data: number[]; dims: readonly number[] }> {
  await using session = await openOnnxSession(convert(network, layer));
  const { features } = await session.run({ frames: uint8(frames, dims) });
  return { data: [...(features!.data as Float32Array)], dims: features!.dims };
}

const random = createRandom("small networks");

/** float32 numbers, so that the reference computes with what is written. */
function numbers(count: number, spread = 1): number[] {
  return Array.from({ length: count }, () => Math.fround(random.normal() * spread));
}

function randomKernel(shape: Kernel["shape"], depthwise = false): Required<Kernel> {
  const channels = depthwise ? shape[3] : shape[0];
  return {
    shape,
    values: numbers(shape.reduce((a, b) => a * b)),
    bias: numbers(channels),
    depthwise,
  };
}

function randomFrames(n: number, height: number, width: number): Uint8Array {
  return Uint8Array.from({ length: n * height * width * 3 }, () => random.integer(0, 255));
}

/** A frame as it goes into the network. */
function planesOf(frames: Uint8Array, index: number, height: number, width: number): Planes {
  const size = height * width * 3;
  const pixels = [...frames.subarray(index * size, (index + 1) * size)];
  return { height, width, channels: 3, values: pixels.map((level) => level / 127.5 - 1) };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected[i]!)));
  });
}

function constant(name: string, shape: readonly number[], values: readonly number[]): TensorSpec {
  return { name, shape, data: float32Bytes(values) };
}

/** A network of one convolution, called "layer". */
function oneConvolution(kernel: Kernel, spec: ConvolutionSpec): NetworkSpec {
  const channels = kernel.depthwise ? kernel.shape[3] : kernel.shape[0];
  const { bias } = kernel;
  return {
    tensors: [
      { name: "picture", shape: [1, 8, 8, 3] },
      constant("kernel", kernel.shape, kernel.values),
      ...(bias ? [constant("bias", [channels], bias)] : []),
      { name: "layer", shape: [1, 8, 8, channels] },
    ],
    operators: [
      {
        code: kernel.depthwise ? codes.depthwiseConv : codes.conv,
        inputs: ["picture", "kernel", bias ? "bias" : ""],
        outputs: ["layer"],
        options: kernel.depthwise ? depthwiseOptions(spec, channels / 3) : convOptions(spec),
      },
    ],
    inputs: ["picture"],
    outputs: ["layer"],
  };
}

/**
 * Conv2D (3 x 3, stride 2, SAME, Relu6), DepthwiseConv2D (3 x 3, SAME, Relu), and the sum of both; the first
 * kernel is kept in half precision, as the embedded network's are.
 */
function residualNetwork(): {
  network: NetworkSpec;
  reference: (picture: Planes) => { stem: Planes; sum: Planes };
} {
  const stemSpec: ConvolutionSpec = { stride: [2, 2], activation: "relu6" };
  const depthSpec: ConvolutionSpec = { activation: "relu" };
  const stem = randomKernel([4, 3, 3, 3]);
  const depth = randomKernel([1, 3, 3, 4], true);
  // Eighths up to 4 are exact in half precision.
  const eighths = stem.values.map((value) => Math.max(-4, Math.min(4, Math.round(value * 8) / 8)));
  const half = new Uint16Array(eighths.map(halfBits));
  const network: NetworkSpec = {
    tensors: [
      { name: "picture", shape: [1, 8, 8, 3] },
      { name: "stem/kernel16", shape: stem.shape, type: 1, data: new Uint8Array(half.buffer) },
      { name: "stem/kernel", shape: stem.shape },
      constant("stem/bias", [4], stem.bias),
      { name: "stem;stem/BiasAdd;stem/Relu6", shape: [1, 4, 4, 4] },
      constant("depth/kernel", depth.shape, depth.values),
      constant("depth/bias", [4], depth.bias),
      { name: "depth", shape: [1, 4, 4, 4] },
      { name: "sum", shape: [1, 4, 4, 4] },
      { name: "scores", shape: [1, 4, 4, 4] },
    ],
    operators: [
      { code: codes.dequantize, inputs: ["stem/kernel16"], outputs: ["stem/kernel"] },
      {
        code: codes.conv,
        inputs: ["picture", "stem/kernel", "stem/bias"],
        outputs: ["stem;stem/BiasAdd;stem/Relu6"],
        options: convOptions(stemSpec),
      },
      {
        code: codes.depthwiseConv,
        inputs: ["stem;stem/BiasAdd;stem/Relu6", "depth/kernel", "depth/bias"],
        outputs: ["depth"],
        options: depthwiseOptions(depthSpec),
      },
      {
        code: codes.add,
        inputs: ["stem;stem/BiasAdd;stem/Relu6", "depth"],
        outputs: ["sum"],
        options: addOptions("relu6"),
      },
      { code: codes.softmax, inputs: ["sum"], outputs: ["scores"] },
    ],
    inputs: ["picture"],
    outputs: ["scores"],
  };
  return {
    network,
    reference(picture) {
      const first = convolve(picture, { ...stem, values: eighths }, stemSpec);
      const second = convolve(first, depth, depthSpec);
      const values = first.values.map((value, i) => activate(value + second.values[i]!, "relu6"));
      return { stem: first, sum: { ...first, values } };
    },
  };
}

/** The bits of a number of magnitude 0 or 1/8 to 4 that half precision holds exactly. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.abs(value) / 2 ** exponent - 1;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (fraction * 1024);
}

test.each([
  [8, 8],
  [7, 9],
  [5, 6],
])(
  "a small residual network gives TensorFlow's numbers at %i x %i pixels",
  async (height, width) => {
    const { network, reference } = residualNetwork();
    const frames = randomFrames(3, height, width);
    const { data, dims } = await run(network, "sum", frames, [3, height, width, 3]);
    expect(dims).toEqual([3, 4]);
    const expected = [0, 1, 2].map((i) => reference(planesOf(frames, i, height, width)).sum);
    expectClose(data, expected.flatMap(meanOf));
    // Both ends of Relu6 are reached, or a wrong one would not be noticed.
    const all = expected.flatMap(({ values }) => values);
    expect(all).toContain(0);
    expect(all).toContain(6);
  },
);

test("an inner layer can be tapped by the first of its joined names", async () => {
  const { network, reference } = residualNetwork();
  const frames = randomFrames(1, 8, 8);
  const { data } = await run(network, "stem", frames, [1, 8, 8, 3]);
  expectClose(data, meanOf(reference(planesOf(frames, 0, 8, 8)).stem));
});

test.each<[string, Kernel["shape"], boolean, ConvolutionSpec]>([
  ["SAME", [2, 3, 3, 3], false, {}],
  ["VALID", [2, 3, 3, 3], false, { padding: "VALID" }],
  ["1 x 1", [5, 1, 1, 3], false, { activation: "relu6" }],
  ["an even kernel", [2, 2, 2, 3], false, {}],
  ["a kernel wider than high", [2, 1, 5, 3], false, { activation: "relu" }],
  ["strides that differ", [2, 3, 3, 3], false, { stride: [1, 3] }],
  ["VALID and a stride", [2, 3, 3, 3], false, { padding: "VALID", stride: [2, 2] }],
  ["VALID and dilations that differ", [2, 3, 3, 3], false, { padding: "VALID", dilation: [1, 2] }],
  ["SAME and a dilation", [2, 3, 3, 3], false, { dilation: [2, 2] }],
  ["SAME, an even kernel and a dilation", [2, 2, 4, 3], false, { dilation: [3, 1] }],
  ["depthwise", [1, 3, 3, 3], true, {}],
  ["depthwise, two channels of each", [1, 3, 3, 6], true, { stride: [2, 2] }],
  ["depthwise, VALID", [1, 2, 3, 3], true, { padding: "VALID", stride: [2, 1] }],
  ["depthwise and a dilation", [1, 3, 3, 3], true, { dilation: [2, 2], activation: "relu" }],
])("a convolution with %s gives TensorFlow's numbers", async (_, shape, depthwise, spec) => {
  const kernel = randomKernel(shape, depthwise);
  for (const [height, width] of [
    [8, 8],
    [9, 7],
  ] as const) {
    const frames = randomFrames(1, height, width);
    const network = oneConvolution(kernel, spec);
    const { data } = await run(network, "layer", frames, [1, height, width, 3]);
    expectClose(data, meanOf(convolve(planesOf(frames, 0, height, width), kernel, spec)));
  }
});

test("a convolution without a bias", async () => {
  const { shape, values } = randomKernel([2, 3, 3, 3]);
  const frames = randomFrames(1, 6, 6);
  const { data } = await run(oneConvolution({ shape, values }, {}), "layer", frames, [1, 6, 6, 3]);
  expectClose(data, meanOf(convolve(planesOf(frames, 0, 6, 6), { shape, values }, {})));
});

test("a layer that is not there is told together with those that are", () => {
  const { network } = residualNetwork();
  const expected = { code: "ERR_USAGE", parameter: "layer", path: "small.tflite" };
  expect(() => convert(network, "sums")).toThrow(expect.objectContaining(expected));
  expect(() => convert(network, "sums")).toThrow(/"sums".*\n\s+stem\n\s+depth\n\s+sum\n\s+scores$/);
});

/** The residual network with one of its operators altered. */
function altered(position: number, change: Partial<OperatorSpec>): NetworkSpec {
  const { network } = residualNetwork();
  const operators = network.operators.map((operator, i) =>
    i === position ? { ...operator, ...change } : operator,
  );
  return { ...network, operators };
}

test.each<[string, Partial<OperatorSpec>, string]>([
  ["an operator that is known but not supported", { code: codes.tanh }, "TANH"],
  ["an operator with a number past 127", { code: 142 }, "operator 142"],
  [
    "a custom operator",
    { code: 32, custom: "TFLite_Detection_PostProcess" },
    "TFLite_Detection_PostProcess",
  ],
  [
    "an activation that is not supported",
    { options: depthwiseOptions({ activation: "tanh" }) },
    "activation 4",
  ],
  ["a stride of nothing", { options: depthwiseOptions({ stride: [0, 1] }) }, "stride"],
  ["a dilation of millions", { options: depthwiseOptions({ dilation: [1, 2e6] }) }, "dilation"],
  [
    "strides together with dilations",
    { options: depthwiseOptions({ stride: [2, 2], dilation: [2, 2] }) },
    "both strides and dilations",
  ],
  ["a convolution without options", { options: undefined }, "DEPTHWISE_CONV_2D has no options"],
  ["a kernel that is computed", { inputs: ["stem;stem/BiasAdd;stem/Relu6", "depth", ""] }, "depth"],
])("%s is refused by its name", (_, change, named) => {
  const network = altered(2, change);
  const expected = { code: "ERR_MODEL_INVALID", path: "small.tflite" };
  expect(() => convert(network, "sum")).toThrow(expect.objectContaining(expected));
  expect(() => convert(network, "sum")).toThrow(named);
});

test("operators that do not lead to the layer may be any", async () => {
  expect(() => convert(altered(4, { code: 250 }), "sum")).not.toThrow();
  // The layer before the unsupported one can still be had.
  expect(() => convert(altered(2, { code: codes.tanh }), "stem")).not.toThrow();
});

test.each<[string, Partial<TensorSpec>, string]>([
  ["of a type that is not supported", { type: 9 }, "int8"],
  ["with fewer numbers than its shape says", { shape: [1, 3, 3, 5] }, "depth/kernel"],
  ["of three axes", { shape: [3, 3, 4] }, "4 axes"],
  ["that is none", { data: new Uint8Array() }, "depth/kernel"],
])("a kernel %s is refused", (_, change, named) => {
  const { network } = residualNetwork();
  const tensors = network.tensors.map((tensor) =>
    tensor.name === "depth/kernel" ? { ...tensor, ...change } : tensor,
  );
  const failing = (): Uint8Array => convert({ ...network, tensors }, "sum");
  expect(failing).toThrow(expect.objectContaining({ code: "ERR_MODEL_INVALID" }));
  expect(failing).toThrow(named);
});

test("a network that goes in a circle is refused", () => {
  const { network } = residualNetwork();
  const operators = network.operators.map((operator) =>
    operator.outputs[0] === "depth"
      ? { ...operator, inputs: ["sum", "depth/kernel", "depth/bias"] }
      : operator,
  );
  expect(() => convert({ ...network, operators }, "sum")).toThrow(
    expect.objectContaining({ code: "ERR_MODEL_INVALID" }),
  );
});
