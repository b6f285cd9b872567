import { expect, test } from "vitest";
import { MuybridgeError } from "../../src/core/errors.js";
import { createGraph, encodeModel } from "../../src/onnx/graph.js";
import { takeModelApart } from "../../src/onnx/model-parts.js";
import { GraphParts, ModelParts, ModelProto, NodeParts } from "../../src/onnx/onnx-schema.js";

function refusalOf(file: Uint8Array): MuybridgeError {
  try {
    takeModelApart(file, "m.onnx");
  } catch (error) {
    if (error instanceof MuybridgeError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** A model file with this graph, in bytes. */
function modelOf(graph: Uint8Array): Uint8Array {
  return ModelParts.encode({ irVersion: 8, opsetImport: [{ version: 18 }], graph }).finish();
}

/** A field of bytes as it lies in a message. */
function field(id: number, bytes: Uint8Array): Buffer {
  const length: number[] = [];
  for (let left = bytes.length; ; left = Math.floor(left / 128)) {
    length.push(left >= 128 ? (left % 128) | 128 : left);
    if (left < 128) break;
  }
  return Buffer.concat([Uint8Array.of(id * 8 + 2), Uint8Array.from(length), bytes]);
}

test("a graph of millions of empty nodes is refused before they are made", () => {
  // Two bytes each; as objects they would take half a gigabyte.
  const graph = Buffer.alloc(6_000_000, Uint8Array.of(10, 0));
  expect(refusalOf(modelOf(graph))).toMatchObject({
    code: "ERR_MODEL_INVALID",
    path: "m.onnx",
    message: expect.stringContaining("it has more than 2000000 parts"),
  });
});

test("a list of whole numbers of an attribute counts for as many as it may hold", () => {
  const attribute = field(5, field(8, new Uint8Array(3_000_000)));
  expect(refusalOf(modelOf(field(1, attribute))).message).toContain("more than 2000000 parts");
});

test("graphs in graphs are followed sixteen deep, and no further", () => {
  const nested = (depth: number): Uint8Array => {
    let graph: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < depth; i++) graph = field(1, field(5, field(6, graph)));
    return modelOf(graph.length === 0 ? field(2, Buffer.from("g")) : graph);
  };
  expect(takeModelApart(nested(15), "m.onnx").nodes).toHaveLength(1);
  expect(refusalOf(nested(18)).message).toContain("graphs more than 16 deep");
  expect(refusalOf(nested(1000)).message).toContain("graphs more than 16 deep");
});

test("weights in another file are found in a message that is there twice, of which readers take the last or both", () => {
  const outside = ModelProto.encode({
    graph: { initializer: [{ name: "w", dataLocation: 1, externalData: [{ key: "location" }] }] },
  }).finish();
  const [tensor] = (
    GraphParts.decode(
      (ModelParts.decode(outside) as unknown as { graph: Uint8Array }).graph,
    ) as unknown as { initializer: Uint8Array[] }
  ).initializer;
  const harmless = field(8, Buffer.from("v"));
  const attribute = Buffer.concat([field(5, tensor!), field(5, harmless)]);
  const node = NodeParts.encode({
    opType: "Constant",
    output: ["c"],
    attribute: [attribute],
  }).finish();
  expect(refusalOf(modelOf(field(1, node))).message).toContain(
    'the weights of "w" in another file',
  );
  // In a function's attributes, too.
  const withFunction = ModelParts.encode({
    opsetImport: [{ version: 18 }],
    graph: field(2, Buffer.from("g")),
    functions: [field(11, attribute)],
  }).finish();
  expect(refusalOf(withFunction).message).toContain('the weights of "w" in another file');
});

test.each([
  ["a group", Uint8Array.of(11)],
  ["a field of no kind", Uint8Array.of(15)],
  ["a length without an end", Uint8Array.of(10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)],
  ["a length past the end", Uint8Array.of(10, 100)],
])("%s in a graph is refused", (_, graph) => {
  expect(refusalOf(modelOf(graph))).toMatchObject({ code: "ERR_MODEL_INVALID", path: "m.onnx" });
});

test("fifty thousand values of one name get names of their own, in their order", () => {
  const graph = createGraph("many");
  let value = graph.input("x", "float32", [1]);
  for (let i = 0; i < 50_000; i++) value = graph.node("Relu", [value]);
  expect(value).toBe("Relu_49999");
  graph.output(value, "float32", [1], "y");
  expect(encodeModel(graph).length).toBeGreaterThan(1_000_000);
});
