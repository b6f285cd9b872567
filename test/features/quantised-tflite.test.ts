import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openContentStore } from "../../src/core/content-store.js";
import { MuybridgeError } from "../../src/core/errors.js";
import { createRandom } from "../../src/core/random.js";
import { openFeatureExtractor } from "../../src/features/open-feature-extractor.js";
import { readTflite } from "../../src/features/tflite/read-tflite.js";
import { type TapOptions, tfliteToOnnx } from "../../src/features/tflite/tflite-to-onnx.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { uint8 } from "../../src/onnx/tensor.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { readBmp } from "./bmp.js";
import { convolve, meanOf } from "./reference-convolution.js";
import {
  codes,
  convOptions,
  depthwiseOptions,
  int32Bytes,
  type NetworkSpec,
  type TensorSpec,
  writeTflite,
} from "./tflite-file.js";

const random = createRandom("quantised");
const name = "quantised.tflite";

function stored(count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, () => random.integer(low, high));
}

interface InputSpec {
  readonly type: number;
  readonly scale: number;
  readonly zeroPoint: number;
}

const kernel = { scale: 0.02, zeroPoint: 120, values: stored(4 * 9 * 3, 0, 255) };
const depth = {
  scale: [0.5, 0.01, 0.02, 0.04],
  zeroPoint: [0, 3, -5, 0],
  values: stored(9 * 4, -128, 127),
};
const bias = { scale: [0.001, 0.002, 0.003, 0.004], values: stored(4, -2000, 2000) };

/**
 * A convolution with uint8 weights and one scale, and a depthwise one with int8 weights and int32 biases that have
 * a scale a channel. The first one's ReLU6 is in nothing but the range of its output, as some converters leave it.
 */
function quantisedNetwork(input: InputSpec): NetworkSpec {
  const plain = (name: string, type: number, scale: number, zeroPoint: number): TensorSpec => ({
    name,
    shape: [1, 8, 8, 4],
    type,
    quantisation: { scale: [scale], zeroPoint: [zeroPoint] },
  });
  return {
    tensors: [
      {
        name: "picture",
        shape: [1, 8, 8, 3],
        type: input.type,
        quantisation: { scale: [input.scale], zeroPoint: [input.zeroPoint] },
      },
      {
        name: "kernel",
        shape: [4, 3, 3, 3],
        type: 3,
        data: Uint8Array.from(kernel.values),
        quantisation: { scale: [kernel.scale], zeroPoint: [kernel.zeroPoint] },
      },
      plain("bounded", 3, 6 / 255, 0),
      {
        name: "depth kernel",
        shape: [1, 3, 3, 4],
        type: 9,
        data: Uint8Array.from(Int8Array.from(depth.values)),
        quantisation: { scale: depth.scale, zeroPoint: depth.zeroPoint, axis: 3 },
      },
      {
        name: "bias",
        shape: [4],
        type: 2,
        data: int32Bytes(bias.values),
        quantisation: { scale: bias.scale, zeroPoint: [0, 0, 0, 0] },
      },
      plain("layer", 9, 1, 0),
      plain("requantised", 3, 1, 128),
      plain("real", 0, 1, 0),
    ],
    operators: [
      {
        code: codes.conv,
        inputs: ["picture", "kernel", ""],
        outputs: ["bounded"],
        options: convOptions({}),
      },
      {
        code: codes.depthwiseConv,
        inputs: ["bounded", "depth kernel", "bias"],
        outputs: ["layer"],
        options: depthwiseOptions({}),
      },
      { code: codes.quantize, inputs: ["layer"], outputs: ["requantised"] },
      { code: codes.dequantize, inputs: ["requantised"], outputs: ["real"] },
    ],
    inputs: ["picture"],
    outputs: ["real"],
  };
}

const frame = Uint8Array.from({ length: 8 * 8 * 3 }, () => random.integer(0, 255));

async function run(
  network: NetworkSpec,
  options: Partial<TapOptions> = {},
): Promise<{ features: number[]; inputSize: number }> {
  const model = readTflite(writeTflite(network), name);
  const { graph, inputSize } = tfliteToOnnx(model, { name, preprocessing: {}, ...options });
  await using session = await openOnnxSession(graph);
  const { features } = await session.run({ frames: uint8(frame, [1, 8, 8, 3]) });
  return { features: [...(features!.data as Float32Array)], inputSize };
}

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

test.each<[string, InputSpec, (pixel: number) => number]>([
  ["uint8", { type: 3, scale: 1 / 128, zeroPoint: 127 }, (p) => (p - 127) / 128],
  ["int8", { type: 9, scale: 1 / 128, zeroPoint: -1 }, (p) => (p - 128 + 1) / 128],
  ["int8 from 0 on", { type: 9, scale: 1 / 255, zeroPoint: -128 }, (p) => p / 255],
])(
  "a network of %s takes pixels as its scale says and computes in real numbers",
  async (_, input, real) => {
    const { features, inputSize } = await run(quantisedNetwork(input));
    expect(inputSize).toBe(8);
    const first = convolve(
      { height: 8, width: 8, channels: 3, values: [...frame].map(real) },
      {
        shape: [4, 3, 3, 3],
        values: kernel.values.map((value) => kernel.scale * (value - kernel.zeroPoint)),
      },
      {},
    );
    const bounded = first.values.map((value) => clamp(value, 0, 6));
    expect(bounded).toContain(0);
    expect(bounded).toContain(6);
    const second = convolve(
      { ...first, values: bounded },
      {
        shape: [1, 3, 3, 4],
        values: depth.values.map(
          (value, i) => depth.scale[i % 4]! * (value - depth.zeroPoint[i % 4]!),
        ),
        bias: bias.values.map((value, c) => bias.scale[c]! * value),
        depthwise: true,
      },
      {},
    );
    const values = second.values.map((value) => clamp(value, -128, 127));
    expect(values).toContain(127);
    for (const [c, mean] of meanOf({ ...second, values }).entries()) {
      expect(features[c]).toBeCloseTo(mean, 3);
    }
  },
);

test("preprocessing that is given replaces all of the scale's", async () => {
  const network = quantisedNetwork({ type: 3, scale: 1 / 128, zeroPoint: 127 });
  const usual = await run(network);
  const same = await run(network, {
    preprocessing: { scale: 1 / 128, mean: [127 / 128, 127 / 128, 127 / 128] },
  });
  for (const [c, value] of usual.features.entries()) expect(same.features[c]).toBeCloseTo(value, 4);
  const unscaled = await run(network, { preprocessing: { scale: 1 / 128 } });
  expect(unscaled.features).not.toEqual(usual.features);
});

test.each<[string, string, Partial<TensorSpec>]>([
  ["scales that do not fit", "depth kernel", { quantisation: { scale: [1, 2, 3], axis: 3 } }],
  ["an axis past the last", "depth kernel", { quantisation: { scale: [1, 2], axis: 9 } }],
  ["an axis before the first", "depth kernel", { quantisation: { scale: [1, 2], axis: -1 } }],
])("%s are refused with the tensor's name", async (_, tensor, change) => {
  const network = quantisedNetwork({ type: 3, scale: 1, zeroPoint: 0 });
  const tensors = network.tensors.map((spec) =>
    spec.name === tensor ? { ...spec, ...change } : spec,
  );
  const running = run({ ...network, tensors });
  await expect(running).rejects.toMatchObject({ code: "ERR_MODEL_INVALID", path: name });
  await expect(running).rejects.toThrow(tensor);
});

const shared = fileURLToPath(new URL("../../../shared/data", import.meta.url));
const arePresent = existsSync(join(shared, "weights")) && existsSync(join(shared, "images"));
if (!arePresent) {
  console.warn(
    "SKIPPED: quantised ImageNet networks, as ../shared/data/weights and images are missing.",
  );
}
const directory = sharedDirectory();

test.skipIf(!arePresent).each([
  ["mobilenet_v1_0.75_192_quant", "MobilenetV1/Predictions/Reshape_1", 192, 768, 0.98],
  ["mobilenet_v2_1.0_224_quant", "MobilenetV2/Predictions/Softmax", 224, 1280, 0.98],
  ["tf2_mobilenet_v2_1.0_224_ptq", "Identity", 224, 1280, 0.75],
])("%s sees a chickadee and a cat", async (file, layer, size, dimension, certainty) => {
  const path = join(shared, "weights", `${file}.tflite`);
  const labels = readFileSync(join(shared, "weights/imagenet_labels.txt"), "utf8").split("\n");
  const store = openContentStore(join(directory, file));
  await using classifier = await openFeatureExtractor(path, { layer, store });
  expect(classifier).toMatchObject({ dimension: 1001, inputSize: size });
  const judge = async (picture: string): Promise<{ label: string; probability: number }> => {
    const pixels = await readBmp(join(shared, "images", picture), size);
    const probabilities = await classifier.extract(pixels, 1);
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { label: labels[best]!, probability: probabilities[best]! };
  };
  const bird = await judge("bird.bmp");
  expect(bird.label).toBe("chickadee");
  expect(bird.probability).toBeCloseTo(certainty, 1);
  expect((await judge("cat.bmp")).label).toMatch(/\bcat\b/);
  // Without a name, the layer is what the classifier begins with.
  await using features = await openFeatureExtractor(path, { store });
  expect(features.dimension).toBe(dimension);
});

test("a damaged file is computed or refused, never anything else", async () => {
  const file = writeTflite(quantisedNetwork({ type: 3, scale: 1 / 128, zeroPoint: 127 }));
  const damage = fc.tuple(fc.nat(file.length - 1), fc.constantFrom(0, 1, 2, 4, 127, 128, 255));
  let computed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (bytes) => {
      const damaged = Uint8Array.from(file);
      for (const [at, value] of bytes) damaged[at] = value;
      try {
        const { graph } = tfliteToOnnx(readTflite(damaged, name), { name, preprocessing: {} });
        await using session = await openOnnxSession(graph);
        await session.run({ frames: uint8(frame, [1, 8, 8, 3]) });
        computed += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(MuybridgeError);
      }
    }),
    { numRuns: 400, seed: 5 },
  );
  expect(computed).toBeGreaterThan(10);
});
