import { createGraph, encodeModel, type Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import { addActivation, addLogits } from "./head.js";
import { directionsOf, type NetworkShape, outputSize } from "./network-shape.js";
import { addOnnxLayer } from "./onnx-layer.js";
import { type GraphParameters, parameterShapes } from "./parameters.js";
import { addPooling } from "./pooling.js";

/** Name of the output of an inference graph. */
export function outputName({ head }: Pick<NetworkShape, "head">): string {
  return head?.type === "regression" ? "values" : "probabilities";
}

/** Options of {@link buildInferenceGraph}. */
export interface InferenceOptions {
  /** Kept in the file as ONNX metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * The states at the start are inputs, `layerL.h0` and for an LSTM `layerL.c0`, float32 [directions, batch, hidden], and
   * those at the end outputs, `layerL.h` and `layerL.c`. Default: they start at zero and are not given.
   */
  readonly stateful?: boolean;
}

/**
 * The network as an ONNX model of its own, its weights inside, on ONNX's own recurrent operators:
 * `features` float32 [batch, time, input], `lengths` int32 [batch] and, where the network has one, `context`
 * float32 [batch, contextSize] → `probabilities`, or `values` of a regression, float32 [batch, outputs], or [batch,
 * time, outputs] where there is a result for each step.
 */
export function buildInferenceGraph(
  shape: NetworkShape,
  parameters: GraphParameters,
  { metadata = {}, stateful = false }: InferenceOptions = {},
): Uint8Array {
  const graph = createGraph("muybridge");
  const features = graph.input("features", "float32", ["batch", "time", shape.inputSize]);
  const lengths = graph.input("lengths", "int32", ["batch"]);
  const { add, reshape, transpose, matMul, unsqueeze } = arithmeticOf(graph);
  const width = directionsOf(shape) * shape.hidden;
  let value = transpose(features, [1, 0, 2]);
  let last = "";
  for (let layer = 0; layer < shape.layers; layer++) {
    const [states, hidden] = addOnnxLayer(graph, shape, parameters, {
      layer,
      x: value,
      lengths,
      stateful,
    });
    // [T, directions, B, hidden] → [T, B, directions · hidden]
    value = reshape(transpose(states, [0, 2, 1, 3]), [0, 0, width]);
    last = hidden;
  }
  const weights = (name: string): string => {
    const { data, shape: dims } = parameters[name]!;
    return graph.constant(float32(data, dims), name);
  };
  for (const name of parameterShapes(shape).keys()) if (!name.startsWith("layer")) weights(name);
  const outputs = outputSize(shape);
  if (shape.output === "sequence") {
    const byBatch = transpose(value, [1, 0, 2]);
    const logits = add(matMul(byBatch, "head.kernel"), "head.bias");
    const result = addActivation(graph, logits, shape.head!);
    graph.output(result, "float32", ["batch", "time", outputs], outputName(shape));
    return encodeModel(graph, metadata);
  }
  const pooled = addPooling(
    graph,
    {
      states: value,
      // [directions, B, hidden] → [B, width]
      last: reshape(transpose(last, [1, 0, 2]), [0, width]),
      mask: shape.pooling === "last" ? "" : maskOf(graph, value, lengths),
      steps: unsqueeze(graph.node("Cast", [lengths], { to: { i: 1 } }), 1),
    },
    shape,
  );
  const seen =
    shape.contextSize === 0
      ? pooled.value
      : graph.node(
          "Concat",
          [pooled.value, graph.input("context", "float32", ["batch", shape.contextSize])],
          { axis: { i: 1 } },
        );
  const result = addActivation(graph, addLogits(graph, seen), shape.head!);
  graph.output(result, "float32", ["batch", outputs], outputName(shape));
  return encodeModel(graph, metadata);
}

/** 1 where a step belongs to its sequence, 0 where it is padding: [T, B, 1] */
function maskOf(graph: Graph, states: string, lengths: string): string {
  const { unsqueeze, squeeze } = arithmeticOf(graph);
  const scalar = (value: number): string =>
    graph.constant({ type: "int64", dims: [], data: BigInt64Array.of(BigInt(value)) });
  const time = squeeze(graph.node("Shape", [states], { start: { i: 0 }, end: { i: 1 } }), 0);
  const steps = graph.node("Range", [scalar(0), time, scalar(1)]);
  const wide = graph.node("Cast", [lengths], { to: { i: 7 } });
  const isStep = graph.node("Less", [unsqueeze(steps, 1), unsqueeze(wide, 0)]);
  return unsqueeze(graph.node("Cast", [isStep], { to: { i: 1 } }), 2);
}
