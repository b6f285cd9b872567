import { beforeAll, expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { readEmbeddedWeights } from "../../../src/features/embedded-weights.js";
import { openGraph } from "../../../src/features/tfjs/graph-network.js";
import { tapNetwork } from "../../../src/features/tfjs/tapped-network.js";
import { tfliteToGraphModel } from "../../../src/features/tfjs/tflite-to-graph-model.js";
import { readTflite } from "../../../src/features/tflite/read-tflite.js";
import type { Tfjs } from "../../../src/tfjs/tensorflow.js";
import { loadTfjs } from "../../../src/tfjs/tfjs-runtime.js";
import { activate, convolve, type Kernel, meanOf, type Planes } from "../reference-convolution.js";
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
} from "../tflite-file.js";

const name = "small.tflite";
const side = 9;
let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await loadTfjs());
});

/** The features of a frame of 9 x 9 pixels. */
async function run(network: NetworkSpec, layer: string, frame: Uint8Array): Promise<number[]> {
  const converted = tfliteToGraphModel(readTflite(writeTflite(network), name), { name, layer });
  const tapped = tapNetwork(tf, await openGraph(converted.artifacts, name), {
    id: name,
    layer: converted.layer,
    preprocessing: { inputSize: side },
  });
  const features = tf.tidy(() => [...tapped.features(frame).dataSync()]);
  tapped.dispose();
  return features;
}

const random = createRandom("small networks on TensorFlow.js");

function randomKernel(shape: Kernel["shape"], depthwise = false): Required<Kernel> {
  const numbers = (count: number): number[] =>
    Array.from({ length: count }, () => Math.fround(random.normal()));
  const channels = depthwise ? shape[3] : shape[0];
  return {
    shape,
    values: numbers(shape.reduce((a, b) => a * b)),
    bias: numbers(channels),
    depthwise,
  };
}

const frame = Uint8Array.from({ length: side * side * 3 }, () => random.integer(0, 255));
const picture: Planes = {
  height: side,
  width: side,
  channels: 3,
  values: [...frame].map((level) => level / 127.5 - 1),
};

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected[i]!)));
  });
}

function constant(tensor: string, shape: readonly number[], values: readonly number[]): TensorSpec {
  return { name: tensor, shape, data: float32Bytes(values) };
}

function convolution(
  kernel: Kernel,
  spec: ConvolutionSpec,
  [input, output]: readonly [string, string],
): { readonly tensors: TensorSpec[]; readonly operator: OperatorSpec } {
  const channels = kernel.depthwise ? kernel.shape[3] : kernel.shape[0];
  const { bias } = kernel;
  return {
    tensors: [
      constant(`${output}/kernel`, kernel.shape, kernel.values),
      ...(bias ? [constant(`${output}/bias`, [channels], bias)] : []),
      { name: output, shape: [1, side, side, channels] },
    ],
    operator: {
      code: kernel.depthwise ? codes.depthwiseConv : codes.conv,
      inputs: [input, `${output}/kernel`, bias ? `${output}/bias` : ""],
      outputs: [output],
      options: kernel.depthwise ? depthwiseOptions(spec, channels / 3) : convOptions(spec),
    },
  };
}

/** A network of one convolution. */
function oneConvolution(kernel: Kernel, spec: ConvolutionSpec, layer = "layer"): NetworkSpec {
  const { tensors, operator } = convolution(kernel, spec, ["picture", layer]);
  return {
    tensors: [{ name: "picture", shape: [1, side, side, 3] }, ...tensors],
    operators: [operator],
    inputs: ["picture"],
    outputs: [layer],
  };
}

test.each<[string, Kernel["shape"], boolean, ConvolutionSpec]>([
  ["SAME", [2, 3, 3, 3], false, {}],
  ["VALID and a stride", [2, 3, 3, 3], false, { padding: "VALID", stride: [2, 2] }],
  ["SAME, a stride and Relu6", [4, 3, 3, 3], false, { stride: [2, 2], activation: "relu6" }],
  ["1 x 1 and Relu", [5, 1, 1, 3], false, { activation: "relu" }],
  ["an even kernel", [2, 2, 4, 3], false, {}],
  ["a dilation", [2, 3, 3, 3], false, { dilation: [2, 2] }],
  ["depthwise", [1, 3, 3, 3], true, { stride: [2, 2], activation: "relu6" }],
  ["depthwise, two channels of each", [1, 3, 3, 6], true, {}],
  ["depthwise and a dilation", [1, 3, 3, 3], true, { dilation: [2, 2] }],
])("a convolution with %s gives TensorFlow's numbers", async (_, shape, depthwise, spec) => {
  const kernel = randomKernel(shape, depthwise);
  const features = await run(oneConvolution(kernel, spec), "layer", frame);
  expectClose(features, meanOf(convolve(picture, kernel, spec)));
});

test("a convolution without a bias", async () => {
  const { shape, values } = randomKernel([2, 3, 3, 3]);
  const features = await run(oneConvolution({ shape, values }, {}), "layer", frame);
  expectClose(features, meanOf(convolve(picture, { shape, values }, {})));
});

test.each(["__proto__", "constructor", "a:0", "^a", "input", "layer;layer/Relu6"])(
  'a layer may be called "%s"',
  async (layer) => {
    const kernel = randomKernel([2, 1, 1, 3]);
    const tapped = layer.split(";")[0]!;
    const features = await run(oneConvolution(kernel, {}, layer), tapped, frame);
    expectClose(features, meanOf(convolve(picture, kernel, {})));
  },
);

/** The sum of two convolutions, with Relu6. */
function sumNetwork(): { network: NetworkSpec; expected: number[] } {
  const [one, two] = [randomKernel([3, 3, 3, 3]), randomKernel([1, 3, 3, 3], true)];
  const first = convolution(one, { activation: "relu" }, ["picture", "first"]);
  const second = convolution(two, {}, ["first", "second"]);
  const a = convolve(picture, one, { activation: "relu" });
  const b = convolve(a, two, {});
  const values = a.values.map((value, i) => activate(value + b.values[i]!, "relu6"));
  return {
    network: {
      tensors: [
        { name: "picture", shape: [1, side, side, 3] },
        ...first.tensors,
        ...second.tensors,
        { name: "sum", shape: [1, side, side, 3] },
        { name: "scores", shape: [1, side, side, 3] },
      ],
      operators: [
        first.operator,
        second.operator,
        {
          code: codes.add,
          inputs: ["first", "second"],
          outputs: ["sum"],
          options: addOptions("relu6"),
        },
        { code: codes.softmax, inputs: ["sum"], outputs: ["scores"] },
      ],
      inputs: ["picture"],
      outputs: ["scores"],
    },
    expected: meanOf({ ...a, values }),
  };
}

test("a sum with an activation", async () => {
  const { network, expected } = sumNetwork();
  expectClose(await run(network, "sum", frame), expected);
});

test("an operator that is not supported is refused by its name", async () => {
  const { network } = sumNetwork();
  const refused = run(network, "scores", frame);
  await expect(refused).rejects.toMatchObject({ code: "ERR_MODEL_INVALID", path: name });
  await expect(refused).rejects.toThrow("SOFTMAX");
});

test("a layer that is not there is told together with those that are", async () => {
  const { network } = sumNetwork();
  const refused = run(network, "total", frame);
  await expect(refused).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "layer" });
  await expect(refused).rejects.toThrow(/"total".*\n\s+first\n\s+second\n\s+sum\n\s+scores$/);
});

test.each<[string, (network: NetworkSpec) => NetworkSpec]>([
  [
    "in a circle",
    (network) => ({
      ...network,
      operators: network.operators.map((operator) =>
        operator.outputs[0] === "first"
          ? { ...operator, inputs: ["sum", ...operator.inputs.slice(1)] }
          : operator,
      ),
    }),
  ],
  [
    "with a kernel that does not fit its input",
    (network) => ({
      ...network,
      tensors: network.tensors.map((tensor) =>
        tensor.name === "picture" ? { ...tensor, shape: [1, side, side, 4] } : tensor,
      ),
    }),
  ],
  [
    "with a bias too short",
    (network) => ({
      ...network,
      tensors: network.tensors.map((tensor) =>
        tensor.name === "first/bias" ? constant("first/bias", [2], [1, 2]) : tensor,
      ),
    }),
  ],
  [
    "whose sum lacks a term",
    (network) => ({
      ...network,
      operators: network.operators.map((operator) =>
        operator.outputs[0] === "sum" ? { ...operator, inputs: ["first", ""] } : operator,
      ),
    }),
  ],
])("a network %s is refused", async (_, alter) => {
  const { network } = sumNetwork();
  await expect(run(alter(network), "sum", frame)).rejects.toMatchObject({
    code: "ERR_MODEL_INVALID",
  });
});

test("the embedded network has 62 operators and ends under the names that MobileNet's package looks up", async () => {
  const model = readTflite(await readEmbeddedWeights(), "mobilenet-v2");
  const layer = "FeatureExtractor/MobilenetV2/Conv_1/Relu6";
  const meanNode = "module_apply_default/MobilenetV2/Logits/AvgPool";
  const { artifacts } = tfliteToGraphModel(model, { name: "mobilenet-v2", layer, meanNode });
  const { node } = artifacts.modelTopology as { node: { name: string; op: string }[] };
  const named = (wanted: string): string[] =>
    node.filter(({ op }) => op === wanted).map((one) => one.name);
  expect(named("_FusedConv2D")).toHaveLength(35);
  expect(named("FusedDepthwiseConv2dNative")).toHaveLength(17);
  expect(named("AddV2")).toHaveLength(10);
  expect(named("Mean")).toEqual([meanNode]);
});
