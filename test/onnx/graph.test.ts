import { expect, test } from "vitest";
import { createGraph, encodeModel } from "../../src/onnx/graph.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, int64 } from "../../src/onnx/tensor.js";

test("a graph with constants, attributes and named lengths computes what it says", async () => {
  const graph = createGraph("affine");
  const x = graph.input("x", "float32", ["rows", 2]);
  const weights = graph.constant(float32([1, 2, 3, 4], [2, 2]), "weights");
  const product = graph.node("MatMul", [x, weights]);
  const swapped = graph.node("Transpose", [product], { perm: { ints: [1, 0] } });
  graph.output(swapped, "float32", [2, "rows"], "y");
  await using session = await openOnnxSession(encodeModel(graph));
  const { y } = await session.run({ x: float32([1, 1, 2, 0, 0, 1], [3, 2]) });
  expect(y?.dims).toEqual([2, 3]);
  expect([...(y?.data ?? [])]).toEqual([4, 2, 3, 6, 4, 4]);
});

test("a Scan body is a graph of its own", async () => {
  const body = createGraph("sum", "body/");
  const state = body.input("body/state_in", "float32", [1]);
  const step = body.input("body/step", "float32", [1]);
  const sum = body.node("Add", [state, step]);
  body.output(sum, "float32", [1], "body/state_out");
  body.output(sum, "float32", [1], "body/scan_out");
  const graph = createGraph("running sum");
  const x = graph.input("x", "float32", ["time", 1]);
  const zero = graph.constant(float32([0], [1]));
  const [last, all] = graph.nodes("Scan", [zero, x], 2, {
    body: { g: body },
    num_scan_inputs: { i: 1 },
  });
  graph.output(last!, "float32", [1], "last");
  graph.output(all!, "float32", ["time", 1], "all");
  await using session = await openOnnxSession(encodeModel(graph));
  const result = await session.run({ x: float32([1, 2, 3], [3, 1]) });
  expect([...result.all!.data]).toEqual([1, 3, 6]);
  expect([...result.last!.data]).toEqual([6]);
});

test("nodes that no output needs are left out, those that a body alone needs are kept", async () => {
  const graph = createGraph("needed");
  const x = graph.input("x", "float32", ["time", 1]);
  const twice = graph.node("Add", [x, x]);
  const whole = graph.node("ReduceSum", [twice, graph.constant(int64([0]))], {
    keepdims: { i: 0 },
  });
  // Would fail, were it computed.
  graph.node("Reshape", [twice, graph.constant(int64([7, 7]))]);
  const body = createGraph("step", "body/");
  const state = body.input("body/state", "float32", [1]);
  body.input("body/step", "float32", [1]);
  body.output(body.node("Add", [state, whole]), "float32", [1], "body/next");
  const start = graph.constant(float32([0], [1]));
  const attributes = { body: { g: body }, num_scan_inputs: { i: 1 } };
  graph.output(graph.nodes("Scan", [start, x], 1, attributes)[0]!, "float32", [1], "sum");
  await using session = await openOnnxSession(encodeModel(graph));
  const { sum } = await session.run({ x: float32([1, 2, 3], [3, 1]) });
  expect([...sum!.data]).toEqual([36]);
});

test("int64 constants keep their values", async () => {
  const graph = createGraph("shape");
  const x = graph.input("x", "float32", ["n"]);
  const shape = graph.constant(int64([2, -1]));
  graph.output(graph.node("Reshape", [x, shape]), "float32", [2, "m"], "y");
  await using session = await openOnnxSession(encodeModel(graph));
  const { y } = await session.run({ x: float32([1, 2, 3, 4, 5, 6], [6]) });
  expect(y?.dims).toEqual([2, 3]);
});

test("a model that is none is refused with a code", async () => {
  await expect(openOnnxSession(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({
    code: "ERR_MODEL_INVALID",
  });
});
