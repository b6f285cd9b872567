import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openRangeMeter } from "../../src/features/quantise/measure-ranges.js";
import { quantiseNetwork } from "../../src/features/quantise/quantise-network.js";
import { int8Saturates } from "../../src/onnx/int8-saturation.js";
import { readModel, writeModel } from "../../src/onnx/read-model.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, uint8 } from "../../src/onnx/tensor.js";
import {
  addConvolution,
  compute,
  cosine,
  network,
  noisyFrames,
  normal,
  type Pixels,
  quantised,
} from "./int8-networks.js";

/** Of one layer nearly nothing is lost; a kernel laid out wrongly gives something else altogether. */
const alike = 0.9995;

/** Where the colours' zeros lie apart, the edge of the picture, here a quarter of it, is padded a little off. */
const alikeButForTheEdge = 0.998;

/** Of several layers in a row each adds its rounding. */
const alikeAfterSeveral = 0.998;

async function likeness(prepared: ReturnType<typeof network>): Promise<number> {
  const frames = noisyFrames(prepared.inputSize);
  const int8 = await quantised(prepared, frames);
  const operators = readModel(int8.graph).graph.node.map(({ opType }) => opType);
  expect(operators).toContain("QuantizeLinear");
  return cosine(await compute(prepared, frames), await compute(int8, frames));
}

describe("the convolution that sees the frames", () => {
  test.each([
    { size: 16, kernel: 3, stride: 2, padding: { auto_pad: { s: "SAME_UPPER" } } },
    { size: 16, kernel: 3, stride: 2, padding: { auto_pad: { s: "SAME_LOWER" } } },
    { size: 16, kernel: 3, stride: 2, padding: { pads: { ints: [1, 1, 1, 1] } } },
    { size: 16, kernel: 7, stride: 2, padding: { pads: { ints: [3, 3, 3, 3] } } },
    { size: 16, kernel: 7, stride: 4, padding: { pads: { ints: [3, 3, 3, 3] } } },
    { size: 16, kernel: 4, stride: 4, padding: {} },
    { size: 18, kernel: 3, stride: 2, padding: { auto_pad: { s: "SAME_UPPER" } } },
    { size: 15, kernel: 3, stride: 2, padding: { auto_pad: { s: "VALID" } } },
    { size: 16, kernel: 3, stride: 1, padding: { auto_pad: { s: "SAME_UPPER" } } },
  ])("kernel $kernel, stride $stride, frames of $size pixels", async (layer) => {
    const { size, kernel, stride, padding } = layer;
    const small = network(size, (graph, pixels) => {
      const strides = { ints: [stride, stride] };
      const value = addConvolution(graph, pixels, [16, 3, kernel, kernel], { strides, ...padding });
      return graph.node("Relu", [value]);
    });
    expect(await likeness(small)).toBeGreaterThan(alike);
  });

  test.each<[string, Pixels]>([
    ["bytes as they are", { scale: 1, mean: [0, 0, 0] }],
    ["colours swapped", { channels: "bgr", mean: [0.9, 1, 1.1] }],
    [
      "ImageNet's means and deviations",
      { scale: 1 / 255, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
    ],
    ["zeros far apart", { mean: [0.2, 1, 1.8] }],
    ["a zero that is no byte", { mean: [-1, -1, -1] }],
  ])("preprocessing: %s", async (_, preprocessing) => {
    const small = network(
      16,
      (graph, pixels) =>
        addConvolution(graph, pixels, [16, 3, 3, 3], {
          strides: { ints: [2, 2] },
          auto_pad: { s: "SAME_UPPER" },
        }),
      preprocessing,
    );
    expect(await likeness(small)).toBeGreaterThan(alikeButForTheEdge);
  });
});

describe("what stands between the convolutions", () => {
  const layers: readonly [string, Parameters<typeof network>[1]][] = [
    [
      "depthwise convolutions, with Relu6",
      (graph, pixels) => {
        const wide = addConvolution(graph, pixels, [16, 3, 1, 1]);
        const bounds = [0, 6].map((bound) => graph.constant(float32([bound], [])));
        const value = graph.node("Clip", [wide, ...bounds]);
        return addConvolution(graph, value, [16, 1, 3, 3], { group: { i: 16 } });
      },
    ],
    [
      "a sum, with Relu",
      (graph, pixels) => {
        const a = addConvolution(graph, pixels, [16, 3, 1, 1]);
        const b = addConvolution(graph, a, [16, 16, 1, 1]);
        return graph.node("Relu", [graph.node("Add", [a, b])]);
      },
    ],
    [
      "pooling and joining",
      (graph, pixels) => {
        const a = addConvolution(graph, pixels, [16, 3, 3, 3]);
        const options = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } };
        const most = graph.node("MaxPool", [a], options);
        const mean = graph.node("AveragePool", [a], options);
        const both = graph.node("Concat", [most, mean], { axis: { i: 1 } });
        return addConvolution(graph, both, [16, 32, 1, 1]);
      },
    ],
    [
      "normalisation, which becomes part of the convolution",
      (graph, pixels) => {
        const value = addConvolution(graph, pixels, [16, 3, 3, 3]);
        const vector = (name: string, values: Float32Array): string =>
          graph.constant(float32(values, [16]), name);
        const normalised = graph.node("BatchNormalization", [
          value,
          vector("scale", normal("scale", 16)),
          vector("shift", normal("shift", 16)),
          vector("mean", normal("mean", 16)),
          vector(
            "variance",
            normal("variance", 16).map((v) => v * v + 0.1),
          ),
        ]);
        return addConvolution(graph, graph.node("Relu", [normalised]), [16, 16, 1, 1]);
      },
    ],
    [
      "something that int8 does not know",
      (graph, pixels) => {
        const value = addConvolution(graph, pixels, [16, 3, 3, 3]);
        const gate = graph.node("Sigmoid", [graph.node("GlobalAveragePool", [value])]);
        return addConvolution(graph, graph.node("Mul", [value, gate]), [16, 16, 1, 1]);
      },
    ],
    [
      "a channel that is always 0",
      (graph, pixels) => {
        const zeros = graph.constant(float32(new Float32Array(16 * 3), [16, 3, 1, 1]));
        const none = graph.node("Conv", [pixels, zeros]);
        const some = addConvolution(graph, pixels, [16, 3, 1, 1]);
        return graph.node("Add", [none, some]);
      },
    ],
  ];
  test.each(layers)("%s", async (_, build) => {
    expect(await likeness(network(16, build))).toBeGreaterThan(alikeAfterSeveral);
  });

  test("a normalisation leaves nothing behind to be computed", async () => {
    const [, build] = layers.find(([name]) => name.startsWith("normalisation"))!;
    const int8 = await quantised(network(16, build), noisyFrames(16));
    const operators = readModel(int8.graph).graph.node.map(({ opType }) => opType);
    expect(operators).not.toContain("BatchNormalization");
    expect(operators).not.toContain("Relu");
  });
});

test("networks in an older operator set, which knows no scale for each channel", async () => {
  const { graph, ...facts } = network(16, (builder, pixels) => {
    const value = addConvolution(builder, pixels, [16, 3, 3, 3]);
    return addConvolution(builder, builder.node("Relu", [value]), [16, 16, 1, 1]);
  });
  const older = { ...readModel(graph), opsetImport: [{ version: 11 }] };
  expect(await likeness({ ...facts, graph: writeModel(older) })).toBeGreaterThan(alikeAfterSeveral);
});

describe("ranges", () => {
  const small = network(16, (graph, pixels) =>
    addConvolution(
      graph,
      graph.node("Relu", [addConvolution(graph, pixels, [16, 3, 3, 3])]),
      [16, 16, 1, 1],
    ),
  );

  test("are the least and the greatest value, whatever the number of frames measured at once", async () => {
    const frames = noisyFrames(16);
    await using meter = await openRangeMeter(small);
    const together = await meter.measure(frames);
    const [a, b] = [
      await meter.measure(frames.subarray(0, frames.length / 2)),
      await meter.measure(frames.subarray(frames.length / 2)),
    ];
    const values = await compute(small, frames);
    const [last] = Object.keys(together).slice(-1);
    expect(together[last!]![0]).toBeCloseTo(Math.min(...values), 4);
    expect(together[last!]![1]).toBeCloseTo(Math.max(...values), 4);
    for (const [value, [low, high]] of Object.entries(together)) {
      expect(low).toBeCloseTo(Math.min(a[value]![0], b[value]![0]), 4);
      expect(high).toBeCloseTo(Math.max(a[value]![1], b[value]![1]), 4);
    }
    await expect(meter.measure(frames.subarray(1))).rejects.toBeInstanceOf(RangeError);
    await expect(meter.measure(new Uint8Array())).rejects.toBeInstanceOf(RangeError);
  });

  test("values beyond them are cut off, not wrapped around", async () => {
    const frames = noisyFrames(16);
    await using meter = await openRangeMeter(small);
    const ranges = await meter.measure(frames);
    const halved = Object.fromEntries(
      Object.entries(ranges).map(([value, [low, high]]) => [value, [low / 2, high / 2] as const]),
    );
    const int8 = await compute(quantiseNetwork(small, halved, "small"), frames);
    const [last] = Object.values(halved).slice(-1);
    expect(Math.max(...int8)).toBeLessThanOrEqual(last![1] * 1.01);
    expect(cosine(await compute(small, frames), int8)).toBeGreaterThan(0.9);
  });

  test.each([
    ["of another network", { other: [0, 1] as const }],
    ["that are no numbers", { Relu: [Number.NaN, 1] as const, Conv_1: [0, 1] as const }],
    ["that no float32 holds", { Relu: [0, 1e300] as const, Conv_1: [0, 1] as const }],
    ["that only an object's prototype has", { constructor: [0, 1] as const }],
  ])("%s are refused by the name of the value", (_, ranges) => {
    expect(() => quantiseNetwork(small, ranges, "small.onnx")).toThrow(
      expect.objectContaining({ code: "ERR_USAGE", parameter: "ranges" }),
    );
    expect(() => quantiseNetwork(small, ranges, "small.onnx")).toThrow(/"Relu" of small\.onnx/);
  });

  test("a network without convolutions says that int8 is not for it", () => {
    const none = network(4, (graph, pixels) => graph.node("Sigmoid", [pixels]));
    expect(() => quantiseNetwork(none, {}, "none.onnx")).toThrow(
      expect.objectContaining({ code: "ERR_MODEL_INVALID", path: "none.onnx" }),
    );
  });
});

test("the exact kernels for processors that lose large sums give the same", async () => {
  const small = network(16, (graph, pixels) => addConvolution(graph, pixels, [16, 3, 3, 3]));
  const frames = noisyFrames(16);
  const { graph } = await quantised(small, frames);
  await using exact = await openOnnxSession(graph, { exactInt8: true });
  const { features } = await exact.run({ frames: uint8(frames, [2, 16, 16, 3]) });
  const likenessToFloat = cosine(await compute(small, frames), features!.data as Float32Array);
  expect(likenessToFloat).toBeGreaterThan(alike);
});

const vnni = existsSync("/proc/cpuinfo") && /vnni/.test(readFileSync("/proc/cpuinfo", "utf8"));
test.skipIf(!vnni)("a processor with VNNI loses no sum", async () => {
  expect(await int8Saturates()).toBe(false);
});
