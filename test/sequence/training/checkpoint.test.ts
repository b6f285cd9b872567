import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNetwork } from "../../../src/sequence/network.js";
import type { NetworkOptions } from "../../../src/sequence/network-options.js";
import type { FitOptions, FitResult } from "../../../src/sequence/training/fit-options.js";
import type { TrainingData } from "../../../src/sequence/training/training-data.js";
import { temporaryDirectory } from "../../core/temporary-directory.js";
import { ramps, smallNetwork } from "./sequences.js";

const noisy = { ...smallNetwork, dropout: 0.3, inputDropout: 0.2 };

/** A training in a network of its own → what it came to, and its weights. */
async function trained(data: TrainingData, options: FitOptions, network: NetworkOptions = noisy) {
  await using opened = createNetwork(network);
  const result: FitResult = await opened.fit(data, options);
  return { result, parameters: opened.getParameters() };
}

/** Trains until an epoch is over, and is then interrupted in the next one. */
async function trainedUntil(epoch: number, data: TrainingData, options: FitOptions): Promise<void> {
  const controller = new AbortController();
  const fitting = trained(data, {
    ...options,
    signal: controller.signal,
    onEpoch: (record) => {
      if (record.epoch === epoch) controller.abort(new Error("interrupted"));
    },
  });
  await expect(fitting).rejects.toThrow("interrupted");
}

test.each<FitOptions>([
  { weightDecay: 2, patience: 3 },
  { optimizer: "adamw", schedule: { type: "cosine", warmUp: { steps: 5 } }, bucketByLength: true },
  {
    optimizer: { type: "sgd", nesterov: true },
    learningRate: 0.3,
    schedule: { type: "plateau", patience: 1, factor: 0.5 },
    classWeights: "balanced",
  },
  {
    optimizer: "rmsprop",
    schedule: { type: "piecewise", everyEpochs: 3, warmUp: { epochs: 2 } },
    truncate: { steps: 5, keep: "random" },
    clip: { by: "norm", limit: 0.1 },
    l2: 0.01,
  },
])(
  "a training that was interrupted and resumed is the uninterrupted one, to the bit: %o",
  async (given) => {
    const directory = await temporaryDirectory();
    const data = { ...ramps(30), validation: 0.3 };
    const options = { epochs: 9, batchSize: 4, learningRate: 0.02, ...given };
    const kept = (name: string) => ({
      checkpoint: { directory: join(directory, name) },
      log: join(directory, `${name}.jsonl`),
    });
    const whole = await trained(data, { ...options, ...kept("whole") });
    await trainedUntil(2, data, { ...options, ...kept("parts") });
    await trainedUntil(5, data, { ...options, ...kept("parts"), resume: true });
    const parts = await trained(data, { ...options, ...kept("parts"), resume: true });
    expect(parts).toEqual(whole);
    // Optimiser, schedule, random source and best weights too: all of the file is the same.
    const file = (name: string) => readFile(join(directory, name, "checkpoint.safetensors"));
    expect((await file("parts")).equals(await file("whole"))).toBe(true);
    const log = (name: string) => readFile(join(directory, `${name}.jsonl`), "utf8");
    expect(await log("parts")).toBe(await log("whole"));
    expect(
      (await log("whole"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(whole.result.history);
    // Nothing half written is left beside it.
    expect(await readdir(join(directory, "parts"))).toEqual(["checkpoint.safetensors"]);
  },
);

test("a finished training answers from its checkpoint, and goes on for more epochs", async () => {
  const checkpoint = { directory: await temporaryDirectory(), everyEpochs: 2 };
  const data = ramps(12);
  const first = await trained(data, { epochs: 3, checkpoint });
  const epochs: number[] = [];
  const onEpoch = ({ epoch }: { epoch: number }): number => epochs.push(epoch);
  expect(await trained(data, { epochs: 3, checkpoint, resume: true, onEpoch })).toEqual(first);
  expect(epochs).toEqual([]);
  const more = await trained(data, { epochs: 5, checkpoint, resume: true, onEpoch });
  expect(epochs).toEqual([4, 5]);
  expect(more).toEqual(await trained(data, { epochs: 5 }));
});

test("without resume a training begins anew; with it, where there is nothing yet, too", async () => {
  const checkpoint = { directory: join(await temporaryDirectory(), "new", "place") };
  const data = ramps(8);
  const first = await trained(data, { epochs: 2, checkpoint, resume: true });
  const again = await trained(data, { epochs: 2, checkpoint });
  expect(again).toEqual(first);
  expect(again.result.history).toHaveLength(2);
});

test("other data, options or weights are not mixed into a kept training", async () => {
  const checkpoint = { directory: await temporaryDirectory() };
  const data = ramps(8);
  const options = { epochs: 1, checkpoint, resume: true };
  await trained(data, options);
  const other = { code: "ERR_USAGE", parameter: "resume" };
  const changed = ramps(8);
  changed.x[3]![2]! += 1;
  await expect(trained(changed, options)).rejects.toMatchObject(other);
  await expect(trained(data, { ...options, learningRate: 0.5 })).rejects.toMatchObject(other);
  await expect(trained(data, { ...options, clipNorm: 1 })).rejects.toMatchObject(other);
  await expect(trained(data, options, { ...noisy, seed: 8 })).rejects.toMatchObject(other);
  await expect(trained(data, options, { ...noisy, dropout: 0 })).rejects.toMatchObject(other);
  await expect(trained(data, { epochs: 1, resume: true })).rejects.toMatchObject(other);
});

test("a damaged checkpoint is refused with its path", async () => {
  const checkpoint = { directory: await temporaryDirectory() };
  const data = ramps(8);
  await trained(data, { epochs: 1, checkpoint });
  const path = join(checkpoint.directory, "checkpoint.safetensors");
  const whole = await readFile(path);
  const wrong = { code: "ERR_MODEL_INVALID", path };
  const resumed = (): Promise<unknown> => trained(data, { epochs: 2, checkpoint, resume: true });
  for (const file of [
    whole.subarray(0, whole.length / 2),
    Buffer.from("not a checkpoint"),
    Buffer.from(whole.toString("latin1").replace('"steps":1', '"steps":x'), "latin1"),
  ]) {
    await writeFile(path, file);
    await expect(resumed()).rejects.toMatchObject(wrong);
  }
  // An array under another name is missed by its own.
  const renamed = whole
    .toString("latin1")
    .replace("optimiser:head.bias/mean", "optimiser:head.bias/moan");
  await writeFile(path, Buffer.from(renamed, "latin1"));
  await expect(resumed()).rejects.toThrow(/head\.bias\/mean/);
});
