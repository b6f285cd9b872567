import { createGraph, encodeModel, type Graph } from "../onnx/graph.js";
import { float32, int64 } from "../onnx/tensor.js";
import { directionsOf, layerInputSize, type NetworkShape } from "./network-shape.js";
import type { GraphParameters } from "./parameters.js";

/**
 * The network as an ONNX model of its own, its weights inside, on ONNX's own LSTM operator:
 * `features` float32 [batch, time, input], `lengths` int32 [batch] and, where the network has one, `context`
 * float32 [batch, contextSize] → `probabilities` float32 [batch, classes].
 */
export function buildInferenceGraph(
  shape: NetworkShape,
  parameters: GraphParameters,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = createGraph("muybridge");
  const features = graph.input("features", "float32", ["batch", "time", shape.inputSize]);
  const lengths = graph.input("lengths", "int32", ["batch"]);
  const width = directionsOf(shape) * shape.hidden;
  let value = graph.node("Transpose", [features], { perm: { ints: [1, 0, 2] } });
  let last = "";
  for (let layer = 0; layer < shape.layers; layer++) {
    const [states, hidden] = addLayer(graph, shape, parameters, layer, value, lengths);
    // [T, directions, B, hidden] → [T, B, directions · hidden]
    const byBatch = graph.node("Transpose", [states], { perm: { ints: [0, 2, 1, 3] } });
    value = graph.node("Reshape", [byBatch, graph.constant(int64([0, 0, width]))]);
    last = hidden;
  }
  const pooled =
    shape.pooling === "last" ? lastStates(graph, last, width) : meanState(graph, value, lengths);
  const weights = (name: string): string => {
    const { data, shape: dims } = parameters[name]!;
    return graph.constant(float32(data, dims), name);
  };
  const seen =
    shape.contextSize === 0
      ? pooled
      : graph.node(
          "Concat",
          [pooled, graph.input("context", "float32", ["batch", shape.contextSize])],
          { axis: { i: 1 } },
        );
  const product = graph.node("MatMul", [seen, weights("head.kernel")]);
  const logits = graph.node("Add", [product, weights("head.bias")]);
  const probabilities = graph.node("Softmax", [logits], { axis: { i: 1 } });
  graph.output(probabilities, "float32", ["batch", shape.classes], "probabilities");
  return encodeModel(graph, metadata);
}

/** [directions, B, hidden] → [B, width] */
function lastStates(graph: Graph, last: string, width: number): string {
  const byBatch = graph.node("Transpose", [last], { perm: { ints: [1, 0, 2] } });
  return graph.node("Reshape", [byBatch, graph.constant(int64([0, width]))]);
}

/** Mean over each sequence's own steps: [T, B, width], zero in the padding → [B, width] */
function meanState(graph: Graph, states: string, lengths: string): string {
  const sum = graph.node("ReduceSum", [states, graph.constant(int64([0]))], { keepdims: { i: 0 } });
  const steps = graph.node("Cast", [lengths], { to: { i: 1 } });
  return graph.node("Div", [sum, graph.node("Unsqueeze", [steps, graph.constant(int64([1]))])]);
}

function addLayer(
  graph: Graph,
  shape: NetworkShape,
  parameters: GraphParameters,
  layer: number,
  value: string,
  lengths: string,
): [string, string] {
  const directions = directionsOf(shape);
  const width = 4 * shape.hidden;
  const inputSize = layerInputSize(shape, layer);
  const kernel = parameters[`layer${layer}.kernel`]!.data;
  const recurrent = parameters[`layer${layer}.recurrent`]!.data;
  const bias = parameters[`layer${layer}.bias`]!.data;
  // ONNX: W [directions, 4·hidden, input], R [directions, 4·hidden, hidden], B [directions, 8·hidden].
  const w = new Float32Array(directions * width * inputSize);
  const r = new Float32Array(directions * width * shape.hidden);
  const b = new Float32Array(directions * 2 * width);
  for (let side = 0; side < directions; side++) {
    for (let gate = 0; gate < width; gate++) {
      const column = side * width + gate;
      b[side * 2 * width + gate] = bias[column]!;
      for (let i = 0; i < inputSize; i++) {
        w[column * inputSize + i] = kernel[i * directions * width + column]!;
      }
      for (let i = 0; i < shape.hidden; i++) {
        r[column * shape.hidden + i] = recurrent[(side * shape.hidden + i) * width + gate]!;
      }
    }
  }
  return graph.nodes(
    "LSTM",
    [
      value,
      graph.constant(float32(w, [directions, width, inputSize]), `layer${layer}.W`),
      graph.constant(float32(r, [directions, width, shape.hidden]), `layer${layer}.R`),
      graph.constant(float32(b, [directions, 2 * width]), `layer${layer}.B`),
      lengths,
    ],
    [`layer${layer}.states`, `layer${layer}.last`],
    {
      hidden_size: { i: shape.hidden },
      direction: { s: shape.bidirectional ? "bidirectional" : "forward" },
    },
  ) as [string, string];
}
