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
