import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { createNetwork } from "../../src/sequence/network.js";
import type { NetworkOptions } from "../../src/sequence/network-options.js";

const base: NetworkOptions = {
  cell: "lstm",
  bidirectional: true,
  inputSize: 3,
  hidden: 5,
  head: { type: "classification", classes: 2 },
  seed: 7,
};

/** Sequences of which one class is the other one backwards: rising against falling values, under an offset. */
function ramps(count: number, seed: string): { x: Float32Array[]; y: number[] } {
  const random = createRandom(seed);
  const x: Float32Array[] = [];
  const y: number[] = [];
  for (let index = 0; index < count; index++) {
    const steps = random.integer(4, 9);
    const label = index % 2;
    const offset = random.normal();
    x.push(
      Float32Array.from({ length: steps * 3 }, (_, i) => {
        const t = Math.floor(i / 3) / (steps - 1) - 0.5;
        return offset + (label === 0 ? t : -t) + 0.1 * random.normal();
      }),
    );
    y.push(label);
  }
  return { x, y };
}

function accuracy(predictions: readonly Float32Array[], y: readonly number[]): number {
  return predictions.filter(([a = 0, b = 0], i) => (b > a ? 1 : 0) === y[i]).length / y.length;
}

test.each(["last", "mean"] as const)(
  "a BiLSTM learns the order in time, with the pooling %s",
  async (pooling) => {
    await using network = createNetwork({ ...base, pooling });
    const { history } = await network.fit(ramps(64, "train"), { epochs: 50, learningRate: 0.02 });
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss / 2);
    const { x, y } = ramps(40, "test");
    expect(accuracy(await network.predict(x), y)).toBeGreaterThanOrEqual(0.95);
  },
);

test("the same seed gives the same weights to the bit, another one others", async () => {
  const weights = async (seed: number): Promise<Buffer> => {
    await using network = createNetwork({ ...base, seed, dropout: 0.3, inputDropout: 0.2 });
    await network.fit({ ...ramps(24, "train"), validation: 0.25 }, { epochs: 4 });
    const { data } = network.getParameters()["layer0.backward.recurrentKernel"]!;
    return Buffer.from(data.buffer.slice(0));
  };
  const first = await weights(1);
  expect((await weights(1)).equals(first)).toBe(true);
  expect((await weights(2)).equals(first)).toBe(false);
});

test("the training graph and the inference graph agree, and a batch does not change a result", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 }),
      fc.integer({ min: 1, max: 2 }),
      fc.boolean(),
      fc.constantFrom("last" as const, "mean" as const),
      async (lengths, layers, bidirectional, pooling) => {
        const random = createRandom(lengths.join());
        const x = lengths.map((length) =>
          Float32Array.from({ length: length * 3 }, () => random.normal()),
        );
        await using network = createNetwork({ ...base, layers, bidirectional, pooling });
        const together = await network.forward(x);
        for (const [index, sequence] of x.entries()) {
          const [alone] = await network.forward([sequence]);
          expect(largestDifference(alone!, together[index]!)).toBeLessThan(1e-5);
        }
        // An epoch of rate 0 changes nothing, so that its validation loss is that of predict().
        const y = x.map((_, index) => index % 2);
        const { history } = await network.fit(
          { x, y, validation: { x, y } },
          { epochs: 1, learningRate: 1e-30 },
        );
        const probabilities = await network.predict(x);
        const loss =
          probabilities.reduce((sum, row, i) => sum - Math.log(row[y[i]!]!), 0) / x.length;
        expect(history[0]!.validationLoss).toBeCloseTo(loss, 4);
      },
    ),
    { numRuns: 12 },
  );
});

test("reversing the input swaps the two directions", async () => {
  await using network = createNetwork({ ...base, head: null });
  const parameters = network.getParameters();
  const swapped = Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      name.includes("forward")
        ? name.replace("forward", "backward")
        : name.replace("backward", "forward"),
      parameter,
    ]),
  );
  const random = createRandom("reverse");
  const steps = 6;
  const x = Float32Array.from({ length: steps * 3 }, () => random.normal());
  const [states] = await network.forward([x]);
  network.setParameters(swapped);
  const backwards = new Float32Array(x.length);
  for (let t = 0; t < steps; t++) backwards.set(x.subarray(t * 3, t * 3 + 3), (steps - 1 - t) * 3);
  const [mirrored] = await network.forward([backwards]);
  for (let t = 0; t < steps; t++) {
    const row = [...states!.subarray(t * 10, t * 10 + 10)];
    const other = [...mirrored!.subarray((steps - 1 - t) * 10, (steps - t) * 10)];
    const expected = [...other.slice(5), ...other.slice(0, 5)];
    for (const [k, value] of row.entries()) expect(value).toBeCloseTo(expected[k]!, 5);
  }
});

test.each([
  { layers: 1, pooling: "last" as const, contextSize: 0 },
  { layers: 2, pooling: "mean" as const, contextSize: 4 },
  { layers: 1, pooling: "mean" as const, contextSize: 0 },
  { layers: 2, pooling: "last" as const, contextSize: 4 },
])(
  "a step of training follows the finite differences of the loss: %o",
  async ({ layers, pooling, contextSize }) => {
    await using network = createNetwork({ ...base, layers, pooling, contextSize });
    const random = createRandom("finite differences");
    const numbers = (length: number): Float32Array =>
      Float32Array.from({ length }, () => random.normal());
    const x = [numbers(12), numbers(6), numbers(15)];
    const y = [0, 1, 1];
    const context = contextSize > 0 ? y.map(() => numbers(contextSize)) : undefined;
    const data = { x, y, ...(context ? { context } : {}) };
    const initial = network.getParameters();
    const lossOf = async (): Promise<number> => {
      const rows = await network.predict(x, context);
      return rows.reduce((sum, row, i) => sum - Math.log(row[y[i]!]!), 0) / x.length;
    };
    // Adam's first step moves each parameter by the rate against the sign of its gradient.
    await network.fit(data, { epochs: 1, learningRate: 1e-3, clipNorm: 1e6 });
    const moved = network.getParameters();
    let checked = 0;
    for (const [name, { shape, data: values }] of Object.entries(initial)) {
      for (const index of [0, Math.floor(values.length / 2), values.length - 1]) {
        const step = 0.02;
        const probe = async (shift: number): Promise<number> => {
          const changed = values.slice();
          changed[index]! += shift;
          network.setParameters({ ...initial, [name]: { shape, data: changed } });
          return lossOf();
        };
        const slope = ((await probe(step)) - (await probe(-step))) / (2 * step);
        if (Math.abs(slope) < 1e-3) continue;
        const change = moved[name]!.data[index]! - values[index]!;
        expect(Math.sign(change), `${name}[${index}]`).toBe(-Math.sign(slope));
        expect(Math.abs(change)).toBeCloseTo(1e-3, 4);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(10);
  },
);

test("training stops when the validation loss no longer falls, and keeps the best weights", async () => {
  const { x } = ramps(24, "noise");
  const random = createRandom("labels");
  const labels = (): number[] => x.map(() => random.integer(0, 1));
  await using network = createNetwork({ ...base, hidden: 16 });
  const validation = { x, y: labels() };
  const { history, bestEpoch } = await network.fit(
    { x, y: labels(), validation },
    { epochs: 200, patience: 5, learningRate: 0.02 },
  );
  expect(history.length).toBe(bestEpoch + 5);
  const best = Math.min(...history.map(({ validationLoss = 9 }) => validationLoss));
  const rows = await network.predict(x);
  const loss = rows.reduce((s, row, i) => s - Math.log(row[validation.y[i]!]!), 0) / x.length;
  expect(loss).toBeCloseTo(best, 4);
});

test("a fraction for validation holds out whole groups", async () => {
  await using network = createNetwork(base);
  const { x, y } = ramps(12, "groups");
  await expect(
    network.fit({ x, y, groups: x.map(() => "one"), validation: 0.3 }),
  ).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "validation" });
  const { history } = await network.fit(
    { x, y, groups: x.map((_, i) => i % 4), validation: 0.3 },
    { epochs: 1 },
  );
  expect(history[0]!.validationLoss).toBeGreaterThan(0);
});

test("the context reaches the head", async () => {
  await using network = createNetwork({ ...base, contextSize: 2 });
  const { x } = ramps(40, "context");
  const y = x.map((_, index) => (index % 4 < 2 ? 0 : 1));
  const context = y.map((label) => Float32Array.of(label, 1 - label));
  await network.fit({ x, y, context }, { epochs: 30, learningRate: 0.02 });
  expect(accuracy(await network.predict(x, context), y)).toBe(1);
  await expect(network.predict(x)).rejects.toThrow(RangeError);
});

test("what is out of range is refused with its name", async () => {
  expect(() => createNetwork({ ...base, hidden: 0 })).toThrow(/hidden/);
  expect(() => createNetwork({ ...base, dropout: 1 })).toThrow(/dropout/);
  expect(() => createNetwork({ ...base, head: { type: "classification", classes: 1 } })).toThrow(
    /classes/,
  );
  await using network = createNetwork(base);
  await expect(network.predict([new Float32Array(4)])).rejects.toMatchObject({ parameter: "x" });
  await expect(network.fit({ x: [new Float32Array(3)], y: [2] })).rejects.toMatchObject({
    parameter: "y",
  });
  const nothing = { shape: [1], data: new Float32Array(1) };
  expect(() => network.setParameters({ "head.bias": nothing })).toThrow(/layer0\.forward\.kernel/);
});

test("values that are not finite end the training with an explanation", async () => {
  await using network = createNetwork(base);
  const x = [new Float32Array(6).fill(Number.NaN), new Float32Array(6)];
  await expect(network.fit({ x, y: [0, 1] })).rejects.toThrow(/not a number in epoch 1/);
});

test("an aborted training rejects with the signal's reason", async () => {
  await using network = createNetwork(base);
  const controller = new AbortController();
  const fitting = network.fit(ramps(64, "abort"), {
    epochs: 1000,
    signal: controller.signal,
    onEpoch: ({ epoch }) => {
      if (epoch === 2) controller.abort(new Error("enough"));
    },
  });
  await expect(fitting).rejects.toThrow("enough");
});

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - b[index]!)), 0);
}

test("weights start as they are told to", async () => {
  const named = {
    kernelInitialiser: "he",
    recurrentInitialiser: "glorot",
    unitForgetBias: false,
  } as const;
  await using usual = createNetwork({ ...base, hidden: 32 });
  await using other = createNetwork({ ...base, hidden: 32, ...named });
  const products = (recurrent: Float32Array): number => {
    // The rows of an orthogonal kernel are of length one.
    const row = recurrent.subarray(0, 128);
    return row.reduce((sum, value) => sum + value * value, 0);
  };
  const kernelOf = (network: typeof usual, kind: string): Float32Array =>
    network.getParameters()[`layer0.forward.${kind}`]!.data;
  expect(products(kernelOf(usual, "recurrentKernel"))).toBeCloseTo(1, 4);
  expect(products(kernelOf(other, "recurrentKernel"))).not.toBeCloseTo(1, 2);
  const deviation = Math.hypot(...kernelOf(other, "kernel")) / Math.sqrt(3 * 128);
  expect(deviation).toBeGreaterThan(0.7 * Math.sqrt(2 / 3));
  expect(deviation).toBeLessThan(1.3 * Math.sqrt(2 / 3));
  expect(kernelOf(usual, "bias").reduce((a, b) => a + b)).toBe(32);
  expect(kernelOf(other, "bias").every((value) => value === 0)).toBe(true);
  const wrong = { ...base, kernelInitialiser: "zero" as "he" };
  expect(() => createNetwork(wrong)).toThrow(/kernelInitialiser must be one of glorot/);
});
