import { expect, test } from "vitest";
import { createGraph, encodeModel } from "../../src/onnx/graph.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32 } from "../../src/onnx/tensor.js";

test("a device that is not there is told, and the CPU computes", async () => {
  const graph = createGraph("double");
  const x = graph.input("x", "float32", ["n"]);
  graph.output(graph.node("Add", [x, x]), "float32", ["n"], "y");
  const warnings: string[] = [];
  await using session = await openOnnxSession(encodeModel(graph), {
    device: process.platform === "darwin" ? "dml" : "coreml",
    onWarning: (message) => warnings.push(message),
  });
  const { y } = await session.run({ x: float32([1, 2], [2]) });
  expect([...(y!.data as Float32Array)]).toEqual([2, 4]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/cannot use (coreml|dml), so the CPU computes/);
});

test("results are written into memory that is given for them", async () => {
  const graph = createGraph("sum and difference");
  const x = graph.input("x", "float32", ["n"]);
  const y = graph.input("y", "float32", ["n"]);
  graph.output(graph.node("Add", [x, y]), "float32", ["n"], "sum");
  graph.output(graph.node("Sub", [x, y]), "float32", ["n"], "difference");
  await using session = await openOnnxSession(encodeModel(graph));
  const memory = new Float32Array(6);
  const sum = memory.subarray(2, 4);
  const feeds = { x: float32([5, 7], [2]), y: float32([1, 2], [2]) };
  const results = await session.run(feeds, { sum: float32(sum, [2]), difference: null });
  expect([...memory]).toEqual([0, 0, 6, 9, 0, 0]);
  expect([...(results.difference!.data as Float32Array)]).toEqual([4, 5]);
  const { difference } = await session.run(feeds, ["difference"]);
  expect([...(difference!.data as Float32Array)]).toEqual([4, 5]);
  await expect(session.run(feeds, { sum: float32([0], [1]) })).rejects.toMatchObject({
    code: "ERR_MODEL_INVALID",
  });
});
