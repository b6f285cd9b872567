import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom, type Random } from "../../src/core/random.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32 } from "../../src/onnx/tensor.js";
import { initialParameters } from "../../src/sequence/initial-parameters.js";
import { padSequences } from "../../src/sequence/mini-batch.js";
import { createNetwork } from "../../src/sequence/network.js";
import { batchFeeds, contextFeeds, parameterFeeds } from "../../src/sequence/network-feeds.js";
import { chooseNetworkOptions, type NetworkOptions } from "../../src/sequence/network-options.js";
import {
  cells,
  directionsOf,
  gateActivations,
  type Head,
  type NetworkShape,
  outputSize,
  poolings,
  stateActivations,
} from "../../src/sequence/network-shape.js";
import type { GraphParameters } from "../../src/sequence/parameters.js";
import { batchTargets, type Target } from "../../src/sequence/targets.js";
import { buildNetworkGraph, dropoutName, gradientName } from "../../src/sequence/training-graph.js";

const lengths = [4, 2, 5];
const inputSize = 3;

const heads: readonly Head[] = [
  { type: "classification", classes: 3 },
  { type: "multilabel", classes: 2 },
  { type: "regression", size: 2 },
];

const base = { inputSize, hidden: 4, bidirectional: true, seed: 3 } as const;

/** Every cell, activation, pooling and head, in one and two layers. */
const variants: readonly NetworkOptions[] = [
  ...cells.flatMap((cell) =>
    heads.flatMap((head) =>
      (["last", "sequence"] as const).map((output) => ({ ...base, cell, head, output })),
    ),
  ),
  ...poolings.flatMap((pooling) =>
    [1, 2].map((layers) => ({ ...base, cell: "lstm" as const, pooling, layers, head: heads[0]! })),
  ),
  ...stateActivations.flatMap((stateActivation) =>
    gateActivations.flatMap((gateActivation) =>
      cells.map((cell) => ({ ...base, cell, stateActivation, gateActivation, head: heads[2]! })),
    ),
  ),
  { ...base, cell: "gru", resetAfter: false, layers: 2, head: heads[0]! },
  { ...base, cell: "gru", layers: 2, bidirectional: false, output: "sequence", head: heads[2]! },
  { ...base, cell: "rnn", layers: 3, bidirectional: false, head: heads[1]! },
  { ...base, cell: "lstm", contextSize: 2, pooling: "attention", head: heads[0]! },
];

function describe(options: NetworkOptions): string {
  const { inputSize: _, hidden: __, seed: ___, head, ...others } = options;
  return Object.values({ ...others, head: head?.type }).join(" ");
}

function normal(random: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => random.normal());
}

function targetOf({ head, output }: NetworkShape, steps: number, random: Random): Target {
  const items = output === "sequence" ? steps : 1;
  if (head?.type === "classification") {
    const classes = Array.from({ length: items }, () => random.integer(0, head.classes - 1));
    return output === "sequence" ? classes : classes[0]!;
  }
  const size = items * (head?.type === "regression" ? head.size : (head?.classes ?? 0));
  if (head?.type === "regression") return normal(random, size);
  return Array.from({ length: size }, () => random.integer(0, 1));
}

test.each(variants.map((options) => [describe(options), options] as const))(
  "the gradients are the finite differences of the loss: %s",
  async (_, options) => {
    const { shape } = chooseNetworkOptions(options);
    const random = createRandom(`finite differences ${describe(options)}`);
    const parameters = initialParameters(shape, random.fork("weights"));
    // Biases of zero would leave some terms untried.
    for (const { data } of Object.values(parameters)) {
      for (let i = 0; i < data.length; i++) data[i]! += 0.1 * random.normal();
    }
    const batch = padSequences(
      lengths.map((steps) => normal(random, steps * inputSize)),
      inputSize,
    );
    const y = lengths.map((steps) => targetOf(shape, steps, random));
    const { targets, weights } = batchTargets(shape, y, lengths, batch.steps);
    const width = directionsOf(shape) * shape.hidden;
    const factors = Array.from({ length: shape.layers }, (_, layer) => {
      const perStep = layer < shape.layers - 1 || shape.output === "sequence";
      const dims = perStep ? [batch.steps, batch.size, width] : [batch.size, width];
      const data = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () =>
        random.next() < 0.3 ? 0 : 1.5,
      );
      return [dropoutName(layer), float32(data, dims)] as const;
    });
    const feeds = {
      ...batchFeeds(batch),
      ...contextFeeds(
        lengths.map(() => normal(random, shape.contextSize)),
        shape.contextSize,
      ),
      ...Object.fromEntries(factors),
      targets,
      weights,
    };
    await using session = await openOnnxSession(buildNetworkGraph(shape, "train"));
    const run = async (at: GraphParameters) => {
      const outputs = await session.run({ ...feeds, ...parameterFeeds(at) });
      return { outputs, loss: (outputs.loss!.data as Float32Array)[0]! };
    };
    const { outputs, loss } = await run(parameters);
    expect(loss).toBeGreaterThan(0);
    for (const [name, { shape: dims, data }] of Object.entries(parameters)) {
      const gradient = outputs[gradientName(name)]!.data as Float32Array;
      const direction = normal(random, data.length);
      const norm = Math.hypot(...direction);
      const step = 4e-3;
      const moved = (sign: number): GraphParameters => ({
        ...parameters,
        [name]: {
          shape: dims,
          data: data.map((value, i) => value + (sign * step * direction[i]!) / norm),
        },
      });
      const difference = (await run(moved(1))).loss - (await run(moved(-1))).loss;
      const expected = difference / (2 * step);
      const found = gradient.reduce((sum, value, i) => sum + (value * direction[i]!) / norm, 0);
      const size = Math.hypot(...gradient);
      expect(Math.abs(found - expected), name).toBeLessThan(2e-4 + 2e-3 * size);
    }
  },
);

test("a loss and its gradients do not depend on the padding, whatever it holds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...variants.filter(({ layers = 1 }) => layers < 3)),
      fc.integer({ min: 1, max: 4 }),
      async (options, more) => {
        const { shape } = chooseNetworkOptions(options);
        const random = createRandom(`padding ${describe(options)}`);
        const sequences = lengths.map((steps) => normal(random, steps * inputSize));
        const longer = normal(random, (5 + more) * inputSize);
        await using network = createNetwork({
          ...options,
          head: null,
          pooling: "last",
          output: "last",
        });
        const width = directionsOf(shape) * shape.hidden;
        const dStates = lengths.map((steps) => normal(random, steps * width));
        const dLast = lengths.map(() => normal(random, width));
        const alone = await network.gradients(sequences, dStates, dLast);
        // A longer sequence beside them, whose own gradients are zero.
        const padded = await network.gradients(
          [...sequences, longer],
          [...dStates, new Float32Array((5 + more) * width)],
          [...dLast, new Float32Array(width)],
        );
        const states = await network.forward(sequences);
        const beside = await network.forward([...sequences, longer]);
        for (const [b, own] of states.entries()) expectClose(own, beside[b]!);
        for (const [name, { data }] of Object.entries(alone)) expectClose(data, padded[name]!.data);
      },
    ),
    { numRuns: 12 },
  );
});

test("the order within a batch does not change a result", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...variants),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      async (options, order) => {
        const { shape } = chooseNetworkOptions(options);
        const random = createRandom("order");
        const x = lengths.map((steps) => normal(random, steps * inputSize));
        const context = x.map(() => normal(random, shape.contextSize));
        await using network = createNetwork(options);
        const straight = await network.predict(x, context);
        const shuffled = await network.predict(
          order.map((index) => x[index]!),
          order.map((index) => context[index]!),
        );
        for (const [place, index] of order.entries()) {
          expectClose(shuffled[place]!, straight[index]!);
        }
        const rows = shape.output === "sequence" ? lengths : lengths.map(() => 1);
        for (const [index, result] of straight.entries()) {
          expect(result.length).toBe(rows[index]! * outputSize(shape));
        }
      },
    ),
    { numRuns: 12 },
  );
});

function expectClose(a: Float32Array, b: Float32Array): void {
  expect(a.length).toBe(b.length);
  for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(2e-5);
}
