import { createRandom } from "../../src/core/random.js";
import { addPreprocessing, type PreparedNetwork } from "../../src/features/prepared-network.js";
import { openRangeMeter } from "../../src/features/quantise/measure-ranges.js";
import { quantiseNetwork } from "../../src/features/quantise/quantise-network.js";
import { type Attribute, createGraph, encodeModel, type Graph } from "../../src/onnx/graph.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, int64, uint8 } from "../../src/onnx/tensor.js";

/** Small networks to be computed in both precisions. */

/** Numbers of a normal distribution. */
export function normal(seed: string, n: number, deviation = 1): Float32Array {
  const random = createRandom(seed);
  const uniform = (): number => (random.integer(0, 999_999) + 0.5) / 1_000_000;
  return Float32Array.from(
    { length: n },
    () => deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** A convolution with random weights. */
export function addConvolution(
  graph: Graph,
  input: string,
  [out, inner, height, width]: readonly [number, number, number, number],
  attributes: Readonly<Record<string, Attribute>> = {},
): string {
  const size = inner * height * width;
  const weights = normal(`${input} kernel`, out * size, 1 / Math.sqrt(size));
  return graph.node(
    "Conv",
    [
      input,
      graph.constant(float32(weights, [out, inner, height, width])),
      graph.constant(float32(normal(`${input} bias`, out, 0.3), [out])),
    ],
    attributes,
  );
}

/** The preprocessing of a network, where it is not the usual one. */
export type Pixels = Partial<Parameters<typeof addPreprocessing>[1]>;

/** A network of the layers that `build` adds to the preprocessed frames; it gives every value of the last one. */
export function network(
  inputSize: number,
  build: (graph: Graph, pixels: string) => string,
  pixels: Pixels = {},
): PreparedNetwork {
  const graph = createGraph("small");
  const input = addPreprocessing(graph, {
    channels: "rgb",
    scale: 1 / 127.5,
    mean: [1, 1, 1],
    deviation: [1, 1, 1],
    ...pixels,
  });
  const last = build(graph, input);
  const flat = graph.node("Reshape", [last, graph.constant(int64([0, -1]))]);
  graph.output(flat, "float32", ["n", "values"], "features");
  return { graph: encodeModel(graph), dimension: 0, inputSize };
}

/** Two frames of noise over a slope of light. */
export function noisyFrames(inputSize: number): Uint8Array {
  const random = createRandom(`frames of ${inputSize}`);
  const row = inputSize * 3;
  return Uint8Array.from({ length: 2 * inputSize * row }, (_, i) =>
    Math.min(255, Math.round((150 * (i % row)) / row) + random.integer(0, 105)),
  );
}

/** What a network gives for frames. */
export async function compute(
  { graph, inputSize }: PreparedNetwork,
  frames: Uint8Array,
): Promise<Float32Array> {
  await using session = await openOnnxSession(graph);
  const n = frames.length / (3 * inputSize ** 2);
  const output = await session.run({ frames: uint8(frames, [n, inputSize, inputSize, 3]) });
  return output.features!.data as Float32Array;
}

/** The network in int8, its ranges measured on these very frames. */
export async function quantised(
  prepared: PreparedNetwork,
  frames: Uint8Array,
): Promise<PreparedNetwork> {
  await using meter = await openRangeMeter(prepared);
  return quantiseNetwork(prepared, await meter.measure(frames), "small");
}

/** How alike two vectors are: 1 where they point the same way. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, ofA, ofB] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    dot += value * b[i]!;
    ofA += value * value;
    ofB += b[i]! * b[i]!;
  }
  return dot / Math.sqrt(ofA * ofB);
}
