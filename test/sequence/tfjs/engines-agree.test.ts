import { join } from "node:path";
import { expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { createNetwork, openNetwork } from "../../../src/sequence/network.js";
import type { NetworkOptions } from "../../../src/sequence/network-options.js";
import type { Parameter } from "../../../src/sequence/parameters.js";
import type { FitResult } from "../../../src/sequence/training/fit-options.js";
import { sharedDirectory } from "../../frames/shared-directory.js";

const root = sharedDirectory();
const inputSize = 3;
const lengths = [4, 1, 6, 3, 5, 2];

const base: NetworkOptions = {
  cell: "lstm",
  inputSize,
  hidden: 4,
  head: { type: "classification", classes: 3 },
  seed: 5,
};

function noise(seed: string, length: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
}

const x = lengths.map((steps, i) => noise(`x ${i}`, steps * inputSize));

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

function largestDifference(
  a: Readonly<Record<string, Parameter>>,
  b: Readonly<Record<string, Parameter>>,
): number {
  expect(Object.keys(a)).toEqual(Object.keys(b));
  return Math.max(...Object.keys(a).map((name) => difference(a[name]!.data, b[name]!.data)));
}

/** Targets of any head, for whole sequences or for each step. */
function targets({ head, output }: NetworkOptions): (number | Float32Array)[] {
  return lengths.map((steps, i) => {
    const rows = output === "sequence" ? steps : 1;
    if (head!.type === "classification") {
      return rows === 1 && output !== "sequence"
        ? i % head!.classes
        : Float32Array.from({ length: rows }, (_, t) => (i + t) % 3);
    }
    const width = head!.type === "regression" ? head!.size : head!.classes;
    return Float32Array.from({ length: rows * width }, (_, k) => (i + k) % 2);
  });
}

/** What a training came to. */
interface Trained extends Pick<FitResult, "history"> {
  readonly parameters: Readonly<Record<string, Parameter>>;
}

const networks: readonly (readonly [string, Partial<NetworkOptions>])[] = [
  ["an RNN", { cell: "rnn" }],
  ["an RNN of two directions", { cell: "rnn", bidirectional: true }],
  ["an LSTM", {}],
  ["an LSTM of two directions", { bidirectional: true }],
  [
    "a GRU that resets before, the largest states, several labels",
    {
      cell: "gru",
      resetAfter: false,
      bidirectional: true,
      pooling: "max",
      head: { type: "multilabel", classes: 4 },
    },
  ],
  [
    "two layers, a context, attention",
    { layers: 2, bidirectional: true, contextSize: 2, pooling: "attention" },
  ],
  [
    "a label for every step, softsign and hard gates",
    {
      output: "sequence",
      bidirectional: true,
      stateActivation: "softsign",
      gateActivation: "hardSigmoid",
    },
  ],
  [
    "rectified states, their mean, values",
    {
      cell: "rnn",
      stateActivation: "relu",
      layers: 2,
      pooling: "mean",
      head: { type: "regression", size: 2 },
    },
  ],
];

test.each(networks)(
  "%s: from the same weights, both engines come to the same losses and weights in ten steps",
  async (_, changes) => {
    const options = { ...base, ...changes };
    const contexts = lengths.map((__, i) => noise(`context ${i}`, options.contextSize ?? 0));
    const data = { x, y: targets(options), ...(options.contextSize ? { context: contexts } : {}) };
    const trained: Trained[] = [];
    for (const engine of ["onnx", "tfjs"] as const) {
      await using network = createNetwork({ ...options, engine });
      const { history } = await network.fit(
        { ...data, validation: data },
        { epochs: 5, batchSize: 3, learningRate: 0.02 },
      );
      trained.push({ history, parameters: network.getParameters() });
    }
    const [ours, theirs] = trained as [Trained, Trained];
    const losses = ({ history }: Trained): number[] =>
      history.flatMap(({ loss, validationLoss }) => [loss, validationLoss!]);
    expect(losses(ours)).toHaveLength(10);
    expect(losses(ours).at(-1)).toBeLessThan(losses(ours)[0]!);
    expect(difference(losses(ours), losses(theirs))).toBeLessThan(1e-4);
    expect(largestDifference(ours.parameters, theirs.parameters)).toBeLessThan(1e-3);
  },
);

test.each(networks)("%s: both engines give the same states and gradients", async (_, changes) => {
  const options = { ...base, ...changes };
  const width = base.hidden * (options.bidirectional ? 2 : 1);
  const all = width * (options.layers ?? 1);
  const dStates = lengths.map((steps, i) => noise(`states ${i}`, steps * width));
  const dLast = lengths.map((__, i) => noise(`last ${i}`, all));
  await using ours = createNetwork(options);
  await using theirs = createNetwork({ ...options, engine: "tfjs" });
  const states = [await ours.forward(x), await theirs.forward(x)] as const;
  for (const [i, row] of states[0].entries()) {
    expect(difference(row, states[1][i]!)).toBeLessThan(1e-5);
  }
  const gradients = await ours.gradients(x, dStates, dLast);
  expect(largestDifference(gradients, await theirs.gradients(x, dStates, dLast))).toBeLessThan(
    1e-4,
  );
});

test("dropout, shuffles and early stopping are the same for both engines", async () => {
  const histories = [];
  for (const engine of ["onnx", "tfjs"] as const) {
    await using network = createNetwork({
      ...base,
      layers: 2,
      dropout: 0.3,
      inputDropout: 0.2,
      engine,
    });
    const { history, bestEpoch } = await network.fit(
      { x, y: targets(base), validation: { x: x.slice(0, 2), y: [1, 0] } },
      { epochs: 8, batchSize: 2, learningRate: 0.02, patience: 1 },
    );
    histories.push({ losses: history.map(({ loss }) => loss), bestEpoch });
  }
  const [ours, theirs] = histories;
  expect(theirs!.bestEpoch).toBe(ours!.bestEpoch);
  expect(difference(ours!.losses, theirs!.losses)).toBeLessThan(1e-4);
});

test("what one engine has trained, the other goes on with", async () => {
  const directory = join(root, "network");
  const data = { x, y: targets(base) };
  const predictions = [];
  {
    await using network = createNetwork({ ...base, engine: "tfjs" });
    await network.fit(data, { epochs: 3, learningRate: 0.02 });
    predictions.push(await network.predict(x));
    await network.save(directory);
  }
  const losses = [];
  for (const engine of ["onnx", "tfjs"] as const) {
    await using network = await openNetwork(directory, { engine });
    predictions.push(await network.predict(x));
    losses.push((await network.fit(data, { epochs: 2 })).history[1]!.loss);
  }
  expect(predictions[1]).toEqual(predictions[0]);
  expect(predictions[2]).toEqual(predictions[0]);
  expect(Math.abs(losses[0]! - losses[1]!)).toBeLessThan(1e-4);
});

test("the same seed gives the same weights to the bit on TensorFlow.js too", async () => {
  const weights = async (): Promise<Float32Array> => {
    await using network = createNetwork({ ...base, dropout: 0.2, engine: "tfjs" });
    await network.fit({ x, y: targets(base) }, { epochs: 2 });
    return network.getParameters()["layer0.forward.kernel"]!.data;
  };
  expect(await weights()).toEqual(await weights());
});

test("a GRU that resets after the product is refused with what to do", () => {
  const options: NetworkOptions = { ...base, cell: "gru", engine: "tfjs" };
  expect(() => createNetwork(options)).toThrow(
    expect.objectContaining({
      code: "ERR_USAGE",
      parameter: "resetAfter",
      message: expect.stringContaining("resetAfter: false"),
    }),
  );
});
