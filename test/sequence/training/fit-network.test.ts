import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { createNetwork } from "../../../src/sequence/network.js";
import type { NetworkOptions } from "../../../src/sequence/network-options.js";
import { planBatches } from "../../../src/sequence/training/batch-plan.js";
import type { FitOptions } from "../../../src/sequence/training/fit-options.js";
import type { TrainingData } from "../../../src/sequence/training/training-data.js";
import { ramps, smallNetwork } from "./sequences.js";

const descent = { optimizer: { type: "sgd", momentum: 0 }, clipNorm: Infinity } as const;

async function weightsAfter(
  data: TrainingData,
  options: FitOptions,
  network: Partial<NetworkOptions> = {},
): Promise<number[]> {
  await using opened = createNetwork({ ...smallNetwork, ...network });
  await opened.fit(data, options);
  return Object.values(opened.getParameters()).flatMap(({ data: values }) => [...values]);
}

test.each(["adam", "adamw", "sgd", "rmsprop"] as const)("%s learns", async (optimizer) => {
  await using network = createNetwork(smallNetwork);
  const learningRate = optimizer === "sgd" ? 0.2 : 0.02;
  const { history } = await network.fit(ramps(40), { epochs: 25, optimizer, learningRate });
  expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss / 2);
});

test.each<Partial<NetworkOptions>>([
  { cell: "gru", pooling: "attention" },
  { cell: "gru", resetAfter: false, layers: 2, pooling: "max" },
  { cell: "rnn", bidirectional: false, contextSize: 2 },
  { head: { type: "multilabel", classes: 2 } },
  { head: { type: "regression", size: 2 }, output: "sequence" },
])("training works for all kinds of networks: %o", async (options) => {
  const { x, y } = ramps(24);
  const rows = options.output === "sequence" ? x.map(({ length }) => length / 3) : x.map(() => 1);
  const isClass = options.head === undefined;
  const targets = y.map((label, i) =>
    isClass ? label : Array.from({ length: 2 * rows[i]! }, (_, k) => (k % 2 === label ? 1 : 0)),
  );
  const context = y.map((label) => Float32Array.of(label, 0.5));
  await using network = createNetwork({ ...smallNetwork, ...options });
  const { history } = await network.fit(
    { x, y: targets, ...(options.contextSize ? { context } : {}) },
    { epochs: 25, learningRate: 0.03 },
  );
  expect(history.at(-1)!.loss).toBeLessThan(0.7 * history[0]!.loss);
});

test("a class that weighs twice is as good as having its sequences twice", async () => {
  const { x, y } = ramps(6);
  const falling = x.filter((_, index) => y[index] === 1);
  const twice = { x: [...x, ...falling], y: [...y, ...falling.map(() => 1)] };
  const options = { ...descent, epochs: 3, learningRate: 0.5, batchSize: 100 };
  const weighted = await weightsAfter({ x, y }, { ...options, classWeights: [1, 2] });
  const repeated = await weightsAfter(twice, options);
  for (const [i, value] of weighted.entries()) expect(value).toBeCloseTo(repeated[i]!, 5);
  // Nine sequences of which three rise: balanced is once more what there was at first.
  const balanced = await weightsAfter(twice, { ...options, classWeights: "balanced" });
  const plain = await weightsAfter({ x, y }, options);
  for (const [i, value] of balanced.entries()) expect(value).toBeCloseTo(plain[i]!, 5);
  expect(weighted).not.toEqual(plain);
});

test("label smoothing holds probabilities back from certainty", async () => {
  const least = async (labelSmoothing: number): Promise<number> => {
    await using network = createNetwork(smallNetwork);
    const data = ramps(16);
    await network.fit(data, { epochs: 60, learningRate: 0.05, labelSmoothing });
    return Math.min(...(await network.predict(data.x)).map((row) => Math.min(...row)));
  };
  expect(await least(0)).toBeLessThan(0.02);
  expect(await least(0.4)).toBeGreaterThan(0.1);
});

test("truncation trains on the part that is kept, of the targets too", async () => {
  const options = { epochs: 2, batchSize: 4 };
  const { x, y } = ramps(8);
  const ends = x.map((sequence) => sequence.subarray(-12));
  const truncate = { steps: 4, keep: "end" } as const;
  expect(await weightsAfter({ x, y }, { ...options, truncate })).toEqual(
    await weightsAfter({ x: ends, y }, options),
  );
  const perStep = { output: "sequence" } as const;
  const labels = x.map(({ length }) => Array.from({ length: length / 3 }, (_, t) => t % 2));
  expect(
    await weightsAfter({ x, y: labels }, { ...options, truncate: { steps: 4 } }, perStep),
  ).toEqual(
    await weightsAfter(
      { x: x.map((sequence) => sequence.subarray(0, 12)), y: labels.map((l) => l.slice(0, 4)) },
      options,
      perStep,
    ),
  );
});

test("batches hold every sequence once; by length they pad less; the seed decides", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      (lengths, batchSize, byLength) => {
        const plan = () => planBatches(lengths, batchSize, byLength, createRandom("plan"));
        expect(
          plan()
            .flat()
            .sort((a, b) => a - b),
        ).toEqual([...lengths.keys()]);
        expect(plan()).toHaveLength(Math.ceil(lengths.length / batchSize));
        expect(Math.max(...plan().map(({ length }) => length))).toBeLessThanOrEqual(batchSize);
        expect(plan()).toEqual(plan());
      },
    ),
  );
  const lengths = Array.from({ length: 128 }, (_, index) => 1 + ((index * 37) % 128));
  const padded = (byLength: boolean): number =>
    planBatches(lengths, 8, byLength, createRandom(1)).reduce(
      (sum, batch) => sum + batch.length * Math.max(...batch.map((index) => lengths[index]!)),
      0,
    );
  expect(padded(true)).toBeLessThan(0.7 * padded(false));
});

test("the history tells the learning rate and the norm of the gradients", async () => {
  await using network = createNetwork(smallNetwork);
  const { history } = await network.fit(ramps(8), {
    epochs: 3,
    learningRate: 0.1,
    schedule: { type: "piecewise", factor: 0.5, everyEpochs: 1 },
  });
  expect(history.map(({ learningRate }) => learningRate)).toEqual([0.1, 0.05, 0.025]);
  for (const { gradientNorm } of history) expect(gradientNorm).toBeGreaterThan(0);
});

test("a training that diverges says where, and what to try", async () => {
  await using network = createNetwork({ ...smallNetwork, head: { type: "regression", size: 1 } });
  const { x } = ramps(8);
  const fitting = network.fit({ x, y: x.map(() => 1e30) }, { ...descent, epochs: 5 });
  await expect(fitting).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "learningRate",
    message: expect.stringMatching(
      /not a number in epoch 1, step 1: loss Infinity, learning rate 0\.001, gradient norm .*Lower/,
    ),
  });
  x[5]![3] = Number.NaN;
  await expect(network.fit({ x, y: x.map(() => 1) })).rejects.toThrow(/Sequence 5 holds values/);
});

test.each<[FitOptions, string]>([
  [{ epochs: 0 }, "epochs"],
  [{ batchSize: 1.5 }, "batchSize"],
  [{ learningRate: Number.NaN }, "learningRate"],
  [{ labelSmoothing: 1 }, "labelSmoothing"],
  [{ classWeights: [1] }, "classWeights"],
  [{ classWeights: [1, 0] }, "classWeights"],
  [{ truncate: { steps: 0 } }, "truncate.steps"],
  [{ clipNorm: 0 }, "clip"],
  [{ schedule: { type: "cosine", minimum: 3 } }, "schedule"],
  [{ checkpoint: { directory: "nowhere", everyEpochs: 0 } }, "checkpoint.everyEpochs"],
])("an option out of range is refused with its name: %o", async (options, parameter) => {
  await using network = createNetwork(smallNetwork);
  await expect(network.fit(ramps(4), options)).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter,
  });
});
