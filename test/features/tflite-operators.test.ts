import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { readTflite } from "../../src/features/tflite/read-tflite.js";
import { tfliteToOnnx } from "../../src/features/tflite/tflite-to-onnx.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { uint8 } from "../../src/onnx/tensor.js";
import { type Planes, pool } from "./reference-convolution.js";
import {
  type ConvolutionSpec,
  codes,
  float32Bytes,
  int32Bytes,
  type NetworkSpec,
  type OperatorSpec,
  poolOptions,
  type TensorSpec,
  writeTflite,
} from "./tflite-file.js";

const random = createRandom("operators");
const [height, width] = [5, 7];
const frames = Uint8Array.from({ length: 2 * height * width * 3 }, () => random.integer(0, 255));

/** The pictures as the operators get them: pixels as they are, so that sums are exact. */
const pictures: Planes[] = [0, 1].map((i) => ({
  height,
  width,
  channels: 3,
  values: [...frames.subarray(i * height * width * 3, (i + 1) * height * width * 3)],
}));

const outputs = 4;

/**
 * Runs operators on both pictures. What they make, called "made", goes through a FULLY_CONNECTED, so that each
 * value in its place counts.
 */
async function project(
  operators: readonly OperatorSpec[],
  tensors: readonly TensorSpec[],
): Promise<{ weights: number[]; results: number[][] }> {
  const made = tensors.find(({ name }) => name === "made")!;
  const size = made.shape.reduce((a, b) => a * b, 1);
  const weights = Array.from({ length: outputs * size }, () => Math.fround(random.normal()));
  const network: NetworkSpec = {
    tensors: [
      { name: "picture", shape: [1, height, width, 3] },
      ...tensors,
      { name: "weights", shape: [outputs, size], data: float32Bytes(weights) },
      { name: "projected", shape: [1, outputs] },
    ],
    operators: [
      ...operators,
      { code: codes.fullyConnected, inputs: ["made", "weights", ""], outputs: ["projected"] },
    ],
    inputs: ["picture"],
    outputs: ["projected"],
  };
  return { weights, results: await run(network, "projected") };
}

async function run(network: NetworkSpec, layer: string): Promise<number[][]> {
  const name = "operators.tflite";
  const { graph, dimension } = tfliteToOnnx(readTflite(writeTflite(network), name), {
    name,
    layer,
    preprocessing: { scale: 1, inputSize: 8 },
  });
  await using session = await openOnnxSession(graph);
  const { features } = await session.run({ frames: uint8(frames, [2, height, width, 3]) });
  expect(features!.dims).toEqual([2, dimension]);
  const data = [...(features!.data as Float32Array)];
  return [data.slice(0, dimension), data.slice(dimension)];
}

async function expectMade(
  operators: readonly OperatorSpec[],
  tensors: readonly TensorSpec[],
  expected: (picture: Planes) => readonly number[],
): Promise<void> {
  const { weights, results } = await project(operators, tensors);
  for (const [i, picture] of pictures.entries()) {
    const values = expected(picture);
    expect(values.length * outputs).toBe(weights.length);
    for (let o = 0; o < outputs; o++) {
      const terms = values.map((value, j) => value * weights[o * values.length + j]!);
      const sum = terms.reduce((a, b) => a + b, 0);
      const size = terms.reduce((a, b) => a + Math.abs(b), 1);
      expect(Math.abs(results[i]![o]! - sum) / size).toBeLessThan(1e-5);
    }
  }
}

const same = (values: readonly number[]): TensorSpec => ({
  name: "numbers",
  shape: [values.length],
  data: float32Bytes(values),
});
const ints = (name: string, values: readonly number[], shape = [values.length]): TensorSpec => ({
  name,
  shape,
  type: 2,
  data: int32Bytes(values),
});
const made = (...shape: number[]): TensorSpec => ({ name: "made", shape });
const mapped = (change: (value: number, channel: number) => number) => (picture: Planes) =>
  picture.values.map((value, i) => change(value, i % 3));

test.each<["average" | "max", [number, number], ConvolutionSpec]>([
  ["average", [3, 3], {}],
  ["average", [2, 3], { stride: [2, 2] }],
  ["average", [2, 3], { padding: "VALID", stride: [1, 2] }],
  ["average", [5, 7], { padding: "VALID" }],
  ["max", [3, 3], { stride: [2, 2] }],
  ["max", [2, 2], {}],
  ["max", [3, 2], { padding: "VALID", stride: [2, 1], activation: "relu6" }],
])("a pool of the %s over %j with %j gives TensorFlow's numbers", async (kind, window, spec) => {
  const expected = (picture: Planes): Planes => pool(picture, kind, window, spec);
  const shape = expected(pictures[0]!);
  const operator = {
    code: kind === "max" ? codes.maxPool : codes.averagePool,
    inputs: ["picture"],
    outputs: ["made"],
    options: poolOptions(spec, window),
  };
  await expectMade(
    [operator],
    [made(1, shape.height, shape.width, 3)],
    (picture) => expected(picture).values,
  );
});

const one = (code: number, ...inputs: string[]): OperatorSpec => ({
  code,
  inputs: ["picture", ...inputs],
  outputs: ["made"],
});
const whole = made(1, height, width, 3);

test("MUL and ADD take a constant a channel, with a fused activation", async () => {
  const factors = [0.5, -1, 2];
  await expectMade(
    [{ ...one(codes.mul, "numbers"), options: [[0, 8, 1]] }],
    [same(factors), whole],
    mapped((value, c) => Math.max(0, value * factors[c]!)),
  );
  const offsets = [-255, 1, 2];
  await expectMade(
    [{ ...one(codes.add, "numbers"), options: [[0, 8, 2]] }],
    [same(offsets), whole],
    mapped((value, c) => Math.min(1, Math.max(-1, value + offsets[c]!))),
  );
});

test.each<[string, number, (value: number) => number]>([
  ["RELU", codes.relu, (value) => Math.max(0, value)],
  ["RELU6", codes.relu6, (value) => Math.min(6, Math.max(0, value))],
  ["RELU_N1_TO_1", codes.reluN1To1, (value) => Math.min(1, Math.max(-1, value))],
  ["LOGISTIC", codes.logistic, (value) => 1 / (1 + Math.exp(-value))],
])("%s as an operator", async (_, code, activation) => {
  const factors = [0.05, -0.05, 0.02];
  await expectMade(
    [
      { code: codes.mul, inputs: ["picture", "numbers"], outputs: ["scaled"] },
      { code, inputs: ["scaled"], outputs: ["made"] },
    ],
    [same(factors), { name: "scaled", shape: [1, height, width, 3] }, whole],
    mapped((value, c) => activation(value * Math.fround(factors[c]!))),
  );
});

test("SOFTMAX over the channels, of beta times the values", async () => {
  await expectMade(
    [{ ...one(codes.softmax), options: [[0, "float", 0.01]] }],
    [whole],
    ({ values }) =>
      values.map((value, i) => {
        const pixel = values.slice(i - (i % 3), i - (i % 3) + 3);
        const sum = pixel.reduce((a, b) => a + Math.exp(0.01 * b), 0);
        return Math.exp(0.01 * value) / sum;
      }),
  );
});

test.each([-1, 1, 2])("CONCATENATION along axis %i", async (axis) => {
  const shape = [1, height, width, 3];
  shape.splice(axis, 1, 2 * shape.at(axis)!);
  await expectMade(
    [
      { code: codes.mul, inputs: ["picture", "numbers"], outputs: ["doubled"] },
      { ...one(codes.concatenation, "doubled"), options: [[0, 32, axis]] },
    ],
    [same([2]), { name: "doubled", shape: [1, height, width, 3] }, made(...shape)],
    ({ values }) => {
      const run = axis === -1 ? 3 : axis === 2 ? 3 * width : values.length;
      const joined: number[] = [];
      for (let i = 0; i < values.length; i += run) {
        const part = values.slice(i, i + run);
        joined.push(...part, ...part.map((value) => 2 * value));
      }
      return joined;
    },
  );
});

test("PAD sets zeros around, on each side as many as it says", async () => {
  await expectMade(
    [one(codes.pad, "paddings")],
    [ints("paddings", [0, 0, 1, 2, 0, 3, 0, 1], [4, 2]), made(1, height + 3, width + 3, 4)],
    (picture) => {
      const values = Array<number>((height + 3) * (width + 3) * 4).fill(0);
      for (const [i, value] of picture.values.entries()) {
        const [pixel, c] = [Math.floor(i / 3), i % 3];
        const [y, x] = [Math.floor(pixel / width), pixel % width];
        values[((y + 1) * (width + 3) + x) * 4 + c] = value;
      }
      return values;
    },
  );
});

test.each<[number[], boolean, number[], (y: number, x: number, c: number) => number]>([
  [[1, 2], false, [1, 3], (_y, _x, c) => c],
  [[2, 1], true, [1, 1, 1, 3], (_y, _x, c) => c],
  [[-1], false, [1, height, width], (y, x) => y * width + x],
  [[1], false, [1, width, 3], (_y, x, c) => x * 3 + c],
  [[-2], true, [1, height, 1, 3], (y, _x, c) => y * 3 + c],
])("MEAN over the axes %j, kept: %s", async (axes, keep, shape, place) => {
  await expectMade(
    [{ ...one(codes.mean, "axes"), options: [[0, 8, keep ? 1 : 0]] }],
    [ints("axes", axes), made(...shape)],
    ({ values }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const sums = Array<number>(size).fill(0);
      for (const [i, value] of values.entries()) {
        const [pixel, c] = [Math.floor(i / 3), i % 3];
        sums[place(Math.floor(pixel / width), pixel % width, c)]! += value;
      }
      return sums.map((sum) => (sum * size) / values.length);
    },
  );
});

test.each([
  ["a constant", [1, -1, 3], [1, height * width, 3]],
  ["a constant without the number of pictures", [-1, width, height, 3], [1, width, height, 3]],
  ["what is computed, of the output's shape", undefined, [1, 3 * height * width]],
])("RESHAPE to %s keeps TensorFlow's order", async (_, shape, output) => {
  await expectMade(
    [one(codes.reshape, shape ? "shape" : "picture")],
    [...(shape ? [ints("shape", shape)] : []), made(...output)],
    ({ values }) => values,
  );
});

test("SQUEEZE leaves out axes of one", async () => {
  const pooled = { name: "pooled", shape: [1, 1, 1, 3] };
  for (const axes of [
    [1, 2],
    [-2, 1],
  ]) {
    await expectMade(
      [
        {
          code: codes.averagePool,
          inputs: ["picture"],
          outputs: ["pooled"],
          options: poolOptions({ padding: "VALID" }, [height, width]),
        },
        {
          code: codes.squeeze,
          inputs: ["pooled"],
          outputs: ["made"],
          options: [[0, "ints", axes]],
        },
      ],
      [pooled, made(1, 3)],
      (picture) => pool(picture, "average", [height, width], { padding: "VALID" }).values,
    );
  }
});

test.each<[string, OperatorSpec, readonly TensorSpec[], string]>([
  [
    "a RESHAPE that mixes pictures",
    one(codes.reshape, "shape"),
    [ints("shape", [-1, 3]), made(height * width, 3)],
    "mixes pictures",
  ],
  [
    "a SQUEEZE of all there is",
    { ...one(codes.squeeze), options: [[0, "ints", [0]]] },
    [made(height, width, 3)],
    "SQUEEZE",
  ],
  [
    "a PAD without end",
    one(codes.pad, "paddings"),
    [ints("paddings", [0, 0, 2 ** 30, 0, 0, 0, 0, 0], [4, 2]), whole],
    "PAD",
  ],
  ["a MEAN over axes that are computed", one(codes.mean, "picture"), [made(1, 3)], "MEAN"],
  [
    "a MEAN over the pictures",
    one(codes.mean, "axes"),
    [ints("axes", [0]), made(height, width, 3)],
    "MEAN",
  ],
  [
    "a pool over nothing",
    { ...one(codes.maxPool), options: poolOptions({}, [0, 2]) },
    [whole],
    "MAX_POOL_2D",
  ],
  ["a CONCATENATION of pictures", one(codes.concatenation, "picture"), [whole], "CONCATENATION"],
  ["an operator that is not known", one(codes.tanh), [whole], "TANH is not supported"],
])("%s is refused by its name", async (_, operator, tensors, named) => {
  const working = project([operator], tensors);
  await expect(working).rejects.toMatchObject({
    code: "ERR_MODEL_INVALID",
    path: "operators.tflite",
  });
  await expect(working).rejects.toThrow(named);
});
