import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, type OnnxTensor } from "../../src/onnx/tensor.js";
import { initialParameters } from "../../src/sequence/initial-parameters.js";
import { padSequences } from "../../src/sequence/mini-batch.js";
import { createNetwork } from "../../src/sequence/network.js";
import { batchFeeds, parameterFeeds } from "../../src/sequence/network-feeds.js";
import { chooseNetworkOptions, type NetworkOptions } from "../../src/sequence/network-options.js";
import { directionsOf, type NetworkShape } from "../../src/sequence/network-shape.js";
import { batchTargets } from "../../src/sequence/targets.js";
import { buildNetworkGraph, dropoutName } from "../../src/sequence/training-graph.js";

const base = {
  inputSize: 3,
  hidden: 4,
  layers: 2,
  seed: 5,
  head: { type: "classification", classes: 2 },
} as const;

const variants: readonly NetworkOptions[] = [
  ...(["rnn", "lstm", "gru"] as const).flatMap((cell) => [
    { ...base, cell, bidirectional: true },
    { ...base, cell, bidirectional: false, pooling: "mean" as const },
  ]),
  { ...base, cell: "gru", resetAfter: false, bidirectional: true, pooling: "max" },
  { ...base, cell: "lstm", bidirectional: true, stateActivation: "relu", pooling: "max" },
];

const lengths = [4, 1, 3];

/** All of a training step's inputs, with some steps of padding behind the longest sequence. */
function feedsOf(shape: NetworkShape, more: number): Record<string, OnnxTensor> {
  const { inputSize, hidden, layers } = shape;
  const random = createRandom("padding");
  const sequences = lengths.map((steps) =>
    Float32Array.from({ length: steps * inputSize }, () => random.normal()),
  );
  const { x, mask, lengths: own, steps, size } = padSequences(sequences, inputSize);
  const width = directionsOf(shape) * hidden;
  const T = steps + more;
  const ones = (...dims: number[]): OnnxTensor =>
    float32(new Float32Array(dims.reduce((a, b) => a * b)).fill(1), dims);
  const longer = (values: OnnxTensor, n: number): OnnxTensor => {
    const data = new Float32Array(T * size * n);
    data.set(values.data as Float32Array);
    return float32(data, [T, size, n]);
  };
  const longMask = longer(mask, 1);
  const longX = longer(x, inputSize);
  // Whatever the padding holds, it is never looked at.
  const values = longX.data as Float32Array;
  for (let i = 0; i < values.length; i++) {
    if ((longMask.data as Float32Array)[Math.floor(i / inputSize)] === 0) values[i] = Number.NaN;
  }
  const y = lengths.map((_, b) => b % 2);
  const { targets, weights } = batchTargets(shape, y, lengths, steps);
  const factors = Array.from({ length: layers }, (_, layer) => [
    dropoutName(layer),
    layer < layers - 1 ? ones(T, size, width) : ones(size, width),
  ]);
  return {
    ...batchFeeds({ x: longX, lengths: own, mask: longMask, steps: T, size }),
    ...Object.fromEntries(factors),
    ...parameterFeeds(initialParameters(shape, random.fork("weights"))),
    targets,
    weights,
  };
}

test.each(variants)("padding changes no bit of a loss and its gradients: %o", async (options) => {
  const { shape } = chooseNetworkOptions(options);
  await using session = await openOnnxSession(buildNetworkGraph(shape, "train"));
  const short = await session.run(feedsOf(shape, 0));
  const long = await session.run(feedsOf(shape, 5));
  expect((short.loss!.data as Float32Array)[0]).toBeGreaterThan(0);
  for (const [name, { data }] of Object.entries(short)) {
    expect(Array.from(long[name]!.data as Float32Array), name).toEqual(
      Array.from(data as Float32Array),
    );
  }
});

test.each([false, true])(
  "a state that would grow without end stays finite behind its sequence, bidirectional %s",
  async (bidirectional) => {
    await using network = createNetwork({
      cell: "rnn",
      stateActivation: "relu",
      bidirectional,
      inputSize: 2,
      hidden: 2,
      head: { type: "regression", size: 1 },
    });
    const grow = { shape: [2, 2], data: Float32Array.of(10, 0, 0, 10) };
    const parameters = Object.entries(network.getParameters()).map(([name, parameter]) => [
      name,
      name.startsWith("layer") && name.endsWith("ernel") ? grow : parameter,
    ]);
    network.setParameters(Object.fromEntries(parameters));
    const short = Float32Array.of(1, 2, 3, 4);
    const long = new Float32Array(2 * 100);
    const [alone] = await network.forward([short]);
    expect(alone!.every((value) => value > 0)).toBe(true);
    expect((await network.forward([short, long]))[0]).toEqual(alone);
    // A loss that is not a number would be refused.
    const { history } = await network.fit({ x: [short, long], y: [0, 0] }, { epochs: 1 });
    expect(history[0]!.loss).toBeGreaterThan(0);
  },
);
