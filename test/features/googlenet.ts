import { createRandom } from "../../src/core/random.js";
import { type Attribute, createGraph, encodeModel, type Graph } from "../../src/onnx/graph.js";
import { float32, int64 } from "../../src/onnx/tensor.js";

/** Channels of an inception module: 1x1, 3x3 reduced and full, 5x5 reduced and full, after its pool. */
type Inception = readonly [number, number, number, number, number, number];

/** Table 1 of Szegedy et al. 2015, https://arxiv.org/abs/1409.4842 */
const inceptions: Readonly<Record<string, Inception>> = {
  "3a": [64, 96, 128, 16, 32, 32],
  "3b": [128, 128, 192, 32, 96, 64],
  "4a": [192, 96, 208, 16, 48, 64],
  "4b": [160, 112, 224, 24, 64, 64],
  "4c": [128, 128, 256, 24, 64, 64],
  "4d": [112, 144, 288, 32, 64, 64],
  "4e": [256, 160, 320, 32, 128, 128],
  "5a": [256, 160, 320, 32, 128, 128],
  "5b": [384, 192, 384, 48, 128, 128],
};

/**
 * GoogLeNet as Caffe has it, with random weights: every layer of bvlc_googlenet's deploy.prototxt, under its name,
 * on `data` float32 [1, 3, 224, 224], to `prob` [1, 1000]. The number of pictures is fixed at 1, and the reshaping
 * before the classifier as well, as in the files of the ONNX model zoo.
 *
 * @param thinning divides the channels of all inner layers
 */
export function buildGoogLeNet(thinning = 1): Uint8Array {
  const graph = createGraph("GoogLeNet");
  const random = createRandom("GoogLeNet");
  const thin = (channels: number): number => Math.max(1, Math.round(channels / thinning));
  const weights = (dims: readonly number[], fanIn: number): string => {
    const size = dims.reduce((a, b) => a * b, 1);
    const limit = Math.sqrt(6 / fanIn);
    const data = Float32Array.from({ length: size }, () => random.uniform(-limit, limit));
    return graph.constant(float32(data, dims), "w");
  };
  const convolution = (
    [input, depth]: Layer,
    name: string,
    channels: number,
    side: number,
    stride = 1,
  ): Layer => {
    const pad = (side - 1) / 2;
    const value = graph.node(
      "Conv",
      [
        input,
        weights([channels, depth, side, side], depth * side * side),
        weights([channels], 600),
      ],
      {
        kernel_shape: { ints: [side, side] },
        strides: { ints: [stride, stride] },
        pads: { ints: [pad, pad, pad, pad] },
      },
      name,
    );
    return [graph.node("Relu", [value], {}, `${name}/relu`), channels];
  };
  const inception = (input: Layer, name: string): Layer => {
    const [one, three0, three, five0, five, pooled] = inceptions[name]!.map(
      thin,
    ) as unknown as Inception;
    const prefix = `inception_${name}`;
    const branches = [
      convolution(input, `${prefix}/1x1`, one, 1),
      convolution(convolution(input, `${prefix}/3x3_reduce`, three0, 1), `${prefix}/3x3`, three, 3),
      convolution(convolution(input, `${prefix}/5x5_reduce`, five0, 1), `${prefix}/5x5`, five, 5),
      convolution(maxPool(graph, input, `${prefix}/pool`, 1), `${prefix}/pool_proj`, pooled, 1),
    ];
    const joined = graph.node(
      "Concat",
      branches.map(([value]) => value),
      { axis: { i: 1 } },
      `${prefix}/output`,
    );
    return [joined, branches.reduce((sum, [, channels]) => sum + channels, 0)];
  };

  const data = graph.input("data", "float32", [1, 3, 224, 224]);
  let layer = convolution([data, 3], "conv1/7x7_s2", thin(64), 7, 2);
  layer = normalised(graph, maxPool(graph, layer, "pool1/3x3_s2", 2), "pool1/norm1");
  layer = convolution(layer, "conv2/3x3_reduce", thin(64), 1);
  layer = convolution(layer, "conv2/3x3", thin(192), 3);
  layer = maxPool(graph, normalised(graph, layer, "conv2/norm2"), "pool2/3x3_s2", 2);
  for (const name of ["3a", "3b"]) layer = inception(layer, name);
  layer = maxPool(graph, layer, "pool3/3x3_s2", 2);
  for (const name of ["4a", "4b", "4c", "4d", "4e"]) layer = inception(layer, name);
  layer = maxPool(graph, layer, "pool4/3x3_s2", 2);
  for (const name of ["5a", "5b"]) layer = inception(layer, name);
  const [map, depth] = layer;
  const pool = graph.node("AveragePool", [map], { kernel_shape: { ints: [7, 7] } }, "pool5/7x7_s1");
  const kept = graph.node("Dropout", [pool], {}, "pool5/drop_7x7_s1");
  const flat = graph.node("Reshape", [kept, graph.constant(int64([1, depth]))], {}, "flat");
  const product = [flat, weights([1000, depth], depth), weights([1000], 600)];
  const scores = graph.node("Gemm", product, { transB: { i: 1 } }, "loss3/classifier");
  const prob = graph.node("Softmax", [scores], { axis: { i: 1 } }, "softmax");
  graph.output(prob, "float32", [1, 1000], "prob");
  graph.output(pool, "float32", [1, depth, 1, 1]);
  return encodeModel(graph);
}

type Layer = readonly [value: string, channels: number];

/** 3 x 3; with a stride of 2, Caffe rounds the size up. */
function maxPool(graph: Graph, [input, channels]: Layer, name: string, stride: 1 | 2): Layer {
  const attributes: Record<string, Attribute> = {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [stride, stride] },
    ...(stride === 1 ? { pads: { ints: [1, 1, 1, 1] } } : { ceil_mode: { i: 1 } }),
  };
  return [graph.node("MaxPool", [input], attributes, name), channels];
}

function normalised(graph: Graph, [input, channels]: Layer, name: string): Layer {
  const attributes = { size: { i: 5 }, alpha: { f: 1e-4 }, beta: { f: 0.75 }, bias: { f: 1 } };
  return [graph.node("LRN", [input], attributes, name), channels];
}
