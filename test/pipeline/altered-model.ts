import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDataset, type TrainOptions, train } from "muybridge";
import { expect } from "vitest";
import { sha256 } from "../../src/core/digest.js";
import type { MuybridgeError } from "../../src/core/errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/core/safetensors.js";
import { openModel } from "../../src/pipeline/model.js";
import { writeCsvRamps } from "./csv-ramps.js";

/** A sequence to ask models of: two steps of three values. */
export const clip = Float32Array.of(0.1, 0.5, -0.2, 0.4, 0.1, 0.3);

/** A small model, as it was saved. */
export interface RampModel {
  readonly directory: string;
  /** What it said of {@link clip} when it was trained. */
  readonly expected: Float32Array;
}

/** Trains a small model of sequences that rise or fall, in a directory of its own. */
export async function trainRampModel(root: string, options: TrainOptions = {}): Promise<RampModel> {
  await writeCsvRamps(join(root, "ramps"), 12);
  const dataset = await openDataset(join(root, "ramps"));
  const small = { hidden: 3, epochs: 2, batchSize: 4, cacheDir: join(root, "cache") };
  await using model = await train(dataset, { ...small, ...options });
  const directory = join(root, "model");
  await model.save(directory);
  return { directory, expected: (await model.predict(clip, 2)).probabilities };
}

/** The error by which a model is refused, when it is opened or first asked. */
export async function refusalOf(directory: string): Promise<MuybridgeError> {
  const refused = (async () => {
    await using model = await openModel(directory);
    await model.predict(clip, 2);
  })();
  const error = await refused.then(
    () => new Error("it was not refused"),
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "ERR_MODEL_INVALID" });
  return error as MuybridgeError;
}

/** A model.json as plain data, to be altered. */
// biome-ignore lint/suspicious/noExplicitAny: what is altered is not to fit any type.
export type AnyRecord = any;

/** A copy of a model directory. */
export async function copyModel(from: string, to: string): Promise<string> {
  await cp(from, to, { recursive: true });
  return to;
}

/** Alters a model's model.json. */
export async function alterRecord(
  directory: string,
  change: (record: AnyRecord) => void,
): Promise<void> {
  const file = join(directory, "model.json");
  const record = JSON.parse(await readFile(file, "utf8"));
  change(record);
  await writeFile(file, JSON.stringify(record));
}

/** Replaces a file of a model, and the digest that the record names, as one does who knows the format. */
export async function replaceFile(
  directory: string,
  kind: "weights" | "sequence",
  bytes: Uint8Array,
): Promise<void> {
  const name = kind === "weights" ? "weights.safetensors" : "sequence.onnx";
  await writeFile(join(directory, name), bytes);
  await alterRecord(directory, (record) => {
    record.files[kind] = sha256(bytes);
  });
}

/** Alters a model's weights, their digest with them. */
export async function alterWeights(
  directory: string,
  change: (tensors: Map<string, Tensor>) => void,
): Promise<void> {
  const tensors = decodeSafetensors(await readFile(join(directory, "weights.safetensors")));
  change(tensors);
  await replaceFile(directory, "weights", encodeSafetensors(Object.fromEntries(tensors)));
}
