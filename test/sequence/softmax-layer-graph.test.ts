import { expect, test } from "vitest";
import { createGraph, encodeModel } from "../../src/onnx/graph.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32 } from "../../src/onnx/tensor.js";
import { logMean, predictSoftmax } from "../../src/sequence/softmax-layer.js";
import { addLogMean, addSoftmaxLayer } from "../../src/sequence/softmax-layer-graph.js";

test("the graph of the mean of two heads is that mean, also where they are sure of opposite things", async () => {
  const pairs = [
    [
      [0.2, 0.5, 0.3],
      [0.6, 0.3, 0.1],
    ],
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
    [
      [1, 2 ** -149, 0],
      [2 ** -120, 1, 0],
    ],
  ] as const;
  const graph = createGraph("mean");
  const [first, second] = ["first", "second"].map((name) =>
    graph.input(name, "float32", ["batch", 3]),
  ) as [string, string];
  graph.output(addLogMean(graph, first, second), "float32", ["batch", 3], "mean");
  await using session = await openOnnxSession(encodeModel(graph));
  const { mean } = await session.run({
    first: float32(
      pairs.flatMap(([row]) => row),
      [3, 3],
    ),
    second: float32(
      pairs.flatMap(([, row]) => row),
      [3, 3],
    ),
  });
  const expected = pairs.flatMap(([a, b]) => [
    ...logMean(Float32Array.of(...a), Float32Array.of(...b)),
  ]);
  expect([...(mean!.data as Float32Array)]).toEqual(
    expected.map((value) => expect.closeTo(value, 6)),
  );
  expect(expected.slice(3, 5)).toEqual([0.5, 0.5]);
});

test("the graph of a softmax layer keeps small differences of large values", async () => {
  // What the kernel makes of 1000 and -1000 together is nothing.
  const kernel = { shape: [2, 2], data: Float32Array.of(3e4, 0, 3e4, 0) };
  const bias = { shape: [2], data: Float32Array.of(0, 0.5) };
  const rows = [
    [1000, -1000],
    [1000 + 2 ** -14, -1000],
  ] as const;
  const graph = createGraph("layer");
  const vectors = graph.input("vectors", "float32", ["batch", 2]);
  const told = addSoftmaxLayer(graph, vectors, { kernel, bias }, "linear");
  graph.output(told, "float32", ["batch", 2], "told");
  await using session = await openOnnxSession(encodeModel(graph));
  const outputs = await session.run({ vectors: float32(rows.flat(), [2, 2]) });
  const expected = rows.flatMap((row) => [
    ...predictSoftmax({ kernel, bias }, Float32Array.of(...row)),
  ]);
  expect([...(outputs.told!.data as Float32Array)]).toEqual(
    expected.map((value) => expect.closeTo(value, 6)),
  );
});
