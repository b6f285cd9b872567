import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../src/core/digest.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/core/safetensors.js";

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
