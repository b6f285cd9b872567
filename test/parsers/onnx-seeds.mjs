import { createGraph, encodeModel } from "../../dist/src/onnx/graph.js";
import { ModelProto } from "../../dist/src/onnx/onnx-schema.js";
import { float32, int64 } from "../../dist/src/onnx/tensor.js";

/** A network with a graph in a graph. */
export function onnxNetwork() {
  const body = createGraph("body", "body/");
  const row = body.input("body/row", "float32", [2]);
  body.output(body.node("Add", [row, "bias"]), "float32", [2]);
  const graph = createGraph("network");
  const x = graph.input("x", "float32", ["n", 2]);
  graph.constant(float32([1, 2], [2]), "bias");
  const scanned = graph.node("Scan", [x], { body: { g: body }, num_scan_inputs: { i: 1 } });
  const turned = graph.node("Transpose", [scanned], { perm: { ints: [1, 0] } });
  const shaped = graph.node("Reshape", [turned, graph.constant(int64([-1]))]);
  graph.output(shaped, "float32", ["m"]);
  return encodeModel(graph, { about: "seed" });
}

/** A network with sparse constants, a function and constants in nodes. */
export function onnxWithSparse() {
  const one = { name: "v", dims: [1], dataType: 1, floatData: [1] };
  const node = {
    opType: "Constant",
    output: ["c"],
    attribute: [{ name: "value", type: 4, t: one }],
  };
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ version: 18 }, { domain: "own", version: 1 }],
    functions: [{ name: "f", domain: "own", output: ["c"], node: [node] }],
    graph: {
      node: [node, { opType: "Add", name: "sum", input: ["c", "v", ""], output: ["y", ""] }],
      sparseInitializer: [
        { values: one, indices: { dims: [1], dataType: 7, int64Data: [0] }, dims: [4] },
      ],
      input: [{ name: "v" }],
      output: [{ name: "y" }],
    },
  }).finish();
}
