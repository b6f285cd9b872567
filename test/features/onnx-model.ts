import { type Attribute, createGraph, encodeModel, type Graph } from "../../src/onnx/graph.js";
import { ModelProto } from "../../src/onnx/onnx-schema.js";
import { float32 } from "../../src/onnx/tensor.js";

/** Weights that are easily told apart. */
export function ramp(dims: readonly number[], step = 0.01): ReturnType<typeof float32> {
  const size = dims.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => step * ((i % 17) - 8));
  return float32(data, dims);
}

/** What a small network is built of. */
export interface SmallNetwork {
  readonly graph: Graph;
  /** Adds a 3 x 3 convolution from 3 to 4 channels. */
  readonly convolve: (input: string, name?: string) => string;
  readonly node: (op: string, inputs: string[], name: string, attributes?: Attributes) => string;
}

type Attributes = Readonly<Record<string, Attribute>>;

/** Builds a model file. */
export function buildModel(build: (network: SmallNetwork) => void): Uint8Array {
  const graph = createGraph("small");
  build({
    graph,
    convolve: (input, name = "conv") =>
      graph.node(
        "Conv",
        [
          input,
          graph.constant(ramp([4, 3, 3, 3]), "kernel"),
          graph.constant(ramp([4], 0.1), "bias"),
        ],
        { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] } },
        name,
      ),
    node: (op, inputs, name, attributes = {}) => graph.node(op, inputs, attributes, name),
  });
  return encodeModel(graph);
}

/** A message of a decoded model, whose fields a test may alter. */
// biome-ignore lint/suspicious/noExplicitAny: the schema's messages have no types of their own.
export type Message = any;

/** A model file with something altered. */
export function altered(file: Uint8Array, change: (model: Message) => void): Uint8Array {
  const model: Message = ModelProto.decode(file);
  change(model);
  return ModelProto.encode(model).finish();
}

/** A model file stamped with another operator set. */
export function inOpset(file: Uint8Array, version: number): Uint8Array {
  return altered(file, (model) => {
    model.opsetImport = [{ domain: "", version }];
  });
}
