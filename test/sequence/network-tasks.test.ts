import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { createNetwork, openNetwork } from "../../src/sequence/network.js";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "muybridge-network-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Sequences of zeros and ones, of one value a step. */
function bits(count: number, seed: string): Float32Array[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: random.integer(4, 10) }, () => random.integer(0, 1)),
  );
}

const learning = { epochs: 60, learningRate: 0.02, batchSize: 16 } as const;

test.each(["lstm", "gru"] as const)(
  "a label for every step: %s learns the parity",
  async (cell) => {
    // Whether the ones so far are odd in number: no single step tells.
    const parity = (x: Float32Array): number[] => {
      let odd = 0;
      return Array.from(x, (bit) => (odd = (odd + bit) % 2));
    };
    await using network = createNetwork({
      cell,
      inputSize: 1,
      hidden: 16,
      output: "sequence",
      head: { type: "classification", classes: 2 },
    });
    const x = bits(128, "train");
    const { history } = await network.fit(
      { x, y: x.map(parity), validation: { x, y: x.map(parity) } },
      { ...learning, epochs: 120, patience: 120 },
    );
    expect(history.at(-1)!.validationAccuracy).toBeGreaterThan(0.95);
    const test = bits(40, "test");
    const steps = (await network.predict(test)).flatMap((rows, index) =>
      parity(test[index]!).map((odd, t) => (rows[2 * t + 1]! > 0.5 ? 1 : 0) === odd),
    );
    expect(steps.filter(Boolean).length / steps.length).toBeGreaterThan(0.95);
  },
);

test("several labels at once: which of two values ever came up", async () => {
  const random = createRandom("labels");
  const make = (count: number): { x: Float32Array[]; y: number[][] } => {
    const y = Array.from({ length: count }, () => [random.integer(0, 1), random.integer(0, 1)]);
    const x = y.map(([a = 0, b = 0]) => {
      const sequence = Float32Array.from({ length: 12 }, () => 0.1 * random.normal());
      if (a) sequence[random.integer(0, 5)]! += 2;
      if (b) sequence[random.integer(0, 5) + 6]! -= 2;
      return sequence;
    });
    return { x, y };
  };
  await using network = createNetwork({
    cell: "rnn",
    bidirectional: true,
    inputSize: 1,
    hidden: 8,
    pooling: "max",
    head: { type: "multilabel", classes: 2 },
  });
  await network.fit(make(128), learning);
  const { x, y } = make(40);
  const rows = await network.predict(x);
  const right = rows.flatMap((row, i) => [...row].map((p, k) => (p > 0.5 ? 1 : 0) === y[i]![k]));
  expect(right.filter(Boolean).length / right.length).toBeGreaterThan(0.95);
});

test("one value for a sequence: its mean", async () => {
  const x = bits(96, "mean");
  const mean = (sequence: Float32Array): number =>
    sequence.reduce((sum, value) => sum + value, 0) / sequence.length;
  await using network = createNetwork({
    cell: "gru",
    inputSize: 1,
    hidden: 12,
    pooling: "mean",
    head: { type: "regression", size: 1 },
  });
  await network.fit({ x, y: x.map(mean) }, learning);
  const test = bits(30, "mean test");
  const predicted = await network.predict(test);
  const error = Math.sqrt(
    predicted.reduce((sum, [value = 0], i) => sum + (value - mean(test[i]!)) ** 2, 0) / test.length,
  );
  expect(error).toBeLessThan(0.05);
});

test("a forecast goes on with a wave by itself, and states are kept from part to part", async () => {
  const wave = (from: number, steps: number): Float32Array =>
    Float32Array.from({ length: steps }, (_, t) => Math.sin(0.4 * (from + t)));
  await using network = createNetwork({
    cell: "lstm",
    inputSize: 1,
    hidden: 24,
    output: "sequence",
    head: { type: "regression", size: 1 },
  });
  // The next value at every step.
  const starts = Array.from({ length: 48 }, (_, i) => i * 0.7);
  await network.fit(
    { x: starts.map((from) => wave(from, 24)), y: starts.map((from) => wave(from + 1, 24)) },
    { epochs: 80, learningRate: 0.01 },
  );
  const forecast = await network.forecast(wave(3, 30), 16);
  const truth = wave(33, 16);
  for (const [t, value] of forecast.entries())
    expect(Math.abs(value - truth[t]!)).toBeLessThan(0.2);

  const x = wave(5, 12);
  const [whole] = await network.predict([x]);
  const parts: number[] = [];
  for (const [from, to] of [
    [0, 1],
    [1, 7],
    [7, 12],
  ]) {
    parts.push(...(await network.predictAndUpdateState(x.subarray(from, to))));
  }
  for (const [t, value] of whole!.entries()) expect(parts[t]).toBeCloseTo(value, 5);
  // Without a reset the sequence goes on; after it a new one begins.
  const [goesOn] = await network.predictAndUpdateState(x.subarray(0, 1));
  expect(Math.abs(goesOn! - whole![0]!)).toBeGreaterThan(1e-3);
  await network.resetState();
  const [anew] = await network.predictAndUpdateState(x.subarray(0, 1));
  expect(anew).toBeCloseTo(whole![0]!, 5);
});

test("states from part to part and forecasts are refused where they have no meaning", async () => {
  const options = { cell: "lstm", inputSize: 2, hidden: 3, bidirectional: true } as const;
  await using both = createNetwork({ ...options, head: { type: "regression", size: 2 } });
  const part = new Float32Array(4);
  await expect(both.predictAndUpdateState(part)).rejects.toMatchObject({ code: "ERR_USAGE" });
  await expect(both.forecast(part, 3)).rejects.toThrow(/one direction/);
  const head = { type: "regression", size: 1 } as const;
  await using narrow = createNetwork({ ...options, bidirectional: false, head });
  await expect(narrow.forecast(part, 3)).rejects.toThrow(/as many values as an input has, 2/);
});

test("a saved network is the same network, and goes on learning", async () => {
  const x = bits(24, "saved");
  const y = x.map((sequence) => sequence.at(-1)!);
  await using network = createNetwork({
    cell: "gru",
    inputSize: 1,
    hidden: 5,
    pooling: "attention",
    resetAfter: false,
    head: { type: "classification", classes: 2 },
  });
  await network.fit({ x, y }, { epochs: 3 });
  const path = join(directory, "network");
  await network.save(path);
  await network.save(path);
  expect((await readdir(path)).sort()).toEqual(["network.json", "weights.safetensors"]);
  expect(await readdir(directory)).toEqual(["network"]);
  await using opened = await openNetwork(path);
  expect(await opened.predict(x)).toEqual(await network.predict(x));
  const { history } = await opened.fit({ x, y }, { epochs: 3, learningRate: 0.02 });
  expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
  await expect(openNetwork(join(directory, "nothing"))).rejects.toMatchObject({
    code: "ERR_FILE_NOT_FOUND",
  });
  await writeFile(join(path, "network.json"), "{}");
  await expect(openNetwork(path)).rejects.toMatchObject({ code: "ERR_MODEL_INVALID" });
  await expect(network.save(directory)).rejects.toMatchObject({ code: "ERR_USAGE" });
});

test("a saved network is refused by the name of what is wrong with it, before anything of its size is made", async () => {
  const head = { type: "classification", classes: 2 } as const;
  await using network = createNetwork({ cell: "lstm", inputSize: 1, hidden: 2, head });
  const path = join(directory, "altered");
  await network.save(path);
  const record = JSON.parse(await readFile(join(path, "network.json"), "utf8"));
  const refusalOf = async (change: object): Promise<object> => {
    await writeFile(join(path, "network.json"), JSON.stringify({ ...record, ...change }));
    return openNetwork(path).then(
      () => ({}),
      (error: object) => error,
    );
  };
  const code = "ERR_MODEL_INVALID";
  expect(await refusalOf({ layers: 1000, hidden: 1_000_000 })).toMatchObject({
    code,
    parameter: "layer0.forward.kernel",
  });
  expect(await refusalOf({ hidden: "2" })).toMatchObject({ code, parameter: "hidden" });
  expect(await refusalOf({ more: 1 })).toMatchObject({ code, parameter: "more" });
  // Each value may be, but not both together.
  expect(await refusalOf({ output: "sequence", pooling: "mean" })).toMatchObject({ code });
  network.setParameters({
    ...network.getParameters(),
    "head.bias": { shape: [2], data: Float32Array.of(0, Number.NaN) },
  });
  await network.save(path);
  expect(await refusalOf({})).toMatchObject({ code, parameter: "head.bias" });
});

test("a target that does not fit the network is refused with its place", async () => {
  const x = [new Float32Array(4), new Float32Array(6)];
  const options = { cell: "rnn", inputSize: 2, hidden: 2 } as const;
  await using steps = createNetwork({
    ...options,
    output: "sequence",
    head: { type: "classification", classes: 2 },
  });
  await expect(
    steps.fit({
      x,
      y: [
        [0, 1],
        [0, 1],
      ],
    }),
  ).rejects.toThrow(/y\[1\] must be 3 values/);
  await using values = createNetwork({ ...options, head: { type: "regression", size: 2 } });
  await expect(
    values.fit({
      x,
      y: [
        [0, 1],
        [0, Number.NaN],
      ],
    }),
  ).rejects.toThrow(/y\[1\] must be 2 finite values/);
});
