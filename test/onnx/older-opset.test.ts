import { expect, test } from "vitest";
import { createGraph, encodeModel, type Graph } from "../../src/onnx/graph.js";
import { inOpset } from "../../src/onnx/older-opset.js";
import { readModel, writeModel } from "../../src/onnx/read-model.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { elementTypeNumbers, float32, int64 } from "../../src/onnx/tensor.js";

const asFloat32 = { to: { i: elementTypeNumbers.float32 } };

/** A graph from float32 [n, 3] to float32 values. */
type Build = (graph: Graph, input: string) => string;

const scalar = (graph: Graph, value: number): string => graph.constant(int64([value], []));

const shapeOf = (graph: Graph, input: string): string =>
  graph.node("Shape", [input], { start: { i: 0 }, end: { i: 1 } });

const rangeOf = (graph: Graph, input: string): string => {
  const n = graph.node("Squeeze", [shapeOf(graph, input), graph.constant(int64([0]))]);
  return graph.node("Range", [scalar(graph, 0), n, scalar(graph, 1)]);
};

const cases: readonly (readonly [string, Build, (n: number) => readonly number[]])[] = [
  [
    "a softmax over the first axis",
    (graph, input) => graph.node("Softmax", [input], { axis: { i: 0 } }),
    // All rows are the same.
    (n) => Array<number>(3 * n).fill(1 / n),
  ],
  [
    "one length of a shape",
    (graph, input) => graph.node("Cast", [shapeOf(graph, input)], asFloat32),
    (n) => [n],
  ],
  [
    "the whole numbers below a length",
    (graph, input) => graph.node("Cast", [rangeOf(graph, input)], asFloat32),
    (n) => Array.from({ length: n }, (_, i) => i),
  ],
  [
    "a comparison of whole numbers",
    (graph, input) => {
      const less = graph.node("Less", [rangeOf(graph, input), scalar(graph, 2)]);
      return graph.node("Cast", [less], asFloat32);
    },
    (n) => Array.from({ length: n }, (_, i) => (i < 2 ? 1 : 0)),
  ],
];

for (const [name, build, expected] of cases) {
  test.each([7, 8, 9, 10, 12, 14, 18])(`${name} is said in operator set %i`, async (version) => {
    const graph = createGraph("small");
    graph.outputOfAnyType(build(graph, graph.input("x", "float32", ["n", 3])));
    const older = inOpset(readModel(encodeModel(graph)), version);
    await using session = await openOnnxSession(writeModel(older));
    for (const n of [1, 5, 300]) {
      const x = Float32Array.from({ length: 3 * n }, (_, i) => i % 3);
      const [output] = Object.values(await session.run({ x: float32(x, [n, 3]) }));
      expect([...(output!.data as Float32Array)]).toEqual(
        expected(n).map((value) => expect.closeTo(value, 6)),
      );
    }
  });
}

test("what an operator set cannot say is named, and what to do", () => {
  const graph = createGraph("small");
  graph.outputOfAnyType(rangeOf(graph, graph.input("x", "float32", ["n", 3])));
  const model = readModel(encodeModel(graph));
  expect(() => inOpset(model, 6)).toThrow(
    expect.objectContaining({
      code: "ERR_USAGE",
      parameter: "withCnn",
      message: expect.stringMatching(
        /operator set 6.*Range.*convert it.*or export without the CNN/,
      ),
    }),
  );
});
