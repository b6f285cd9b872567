import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { writeDirectoryAtomically } from "../core/atomic-directory.js";
import { readBoundedFile } from "../core/bounded-file.js";
import { sha256 } from "../core/digest.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { describeIssues } from "../core/schema-issues.js";
import { parseStrictJson } from "../core/strict-json.js";
import { type ModelRecord, modelRecordSchema } from "./model-record.js";

/** Names of the files of a model directory. No other is looked at. */
export const modelFiles = {
  record: "model.json",
  weights: "weights.safetensors",
  sequence: "sequence.onnx",
} as const;

/** What is read of a model directory. */
export interface ModelFiles {
  /** `model.json`, as it is in the file. */
  readonly json: string;
  readonly record: ModelRecord;
  /** `weights.safetensors`. */
  readonly weights: Uint8Array;
}

/** Bytes a `model.json` may have: it has a line for each clip, and the largest data sets have a million. */
const maxRecordSize = 2 ** 28;

/** Bytes another file may have; it is held in memory as a whole. The largest network that a record can describe and a machine train is below. */
const maxFileSize = 2 ** 31;

/**
 * Reads a model directory. Its files are checked against the digests in its record. Nothing in it is run, and no file
 * outside it is read, not even by a link in it.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND where there is no model.json; ERR_MODEL_INVALID naming the field or file.
 */
export async function readModelDirectory(directory: string): Promise<ModelFiles> {
  const json = (await readModelFile(directory, modelFiles.record, maxRecordSize)).toString("utf8");
  const record = parseModelRecord(json, join(directory, modelFiles.record));
  const weights = await readChecked(directory, "weights", record.files.weights);
  // Only to be checked: what is run is built from the weights (docs/untrusted-models.md).
  if (record.files.sequence) await readChecked(directory, "sequence", record.files.sequence);
  return { json, record, weights };
}

/**
 * Parses a model.json.
 *
 * @param path of the file, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID naming the field that is wrong.
 */
export function parseModelRecord(json: string, path: string): ModelRecord {
  let value: unknown;
  try {
    value = parseStrictJson(json);
  } catch (error) {
    throw new MuybridgeError("ERR_MODEL_INVALID", `${path} is not JSON: ${messageOf(error)}`, {
      path,
      cause: error,
    });
  }
  const result = modelRecordSchema.safeParse(value);
  if (result.success) return result.data;
  const { field, text } = describeIssues(result.error);
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${path} is not a model of this version; copy it again, or train it again.\n${text}`,
    { path, parameter: field },
  );
}

/** Whether a directory holds a model, by its `model.json`. */
export async function isModelDirectory(directory: string): Promise<boolean> {
  try {
    const text = await readModelFile(directory, modelFiles.record, maxRecordSize);
    return (JSON.parse(text.toString("utf8")) as { format?: unknown }).format === "muybridge";
  } catch {
    return false;
  }
}

/**
 * Checks that a model may be written to a directory, before the work that makes it.
 *
 * @throws MuybridgeError ERR_USAGE where it exists and is not a model.
 */
export async function checkModelTarget(directory: string): Promise<void> {
  const stats = await stat(directory).catch(() => undefined);
  if (!stats || (stats.isDirectory() && (await isModelDirectory(directory)))) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `${directory} exists and is not a model; choose another place, or remove it.`,
    { path: directory, parameter: "out" },
  );
}

/**
 * Writes a model as a directory, all of it or nothing.
 *
 * @param sequence the network as an ONNX model, for other programs
 * @throws MuybridgeError ERR_USAGE where the directory exists and is not a model.
 */
export async function writeModelDirectory(
  directory: string,
  { json, weights }: Pick<ModelFiles, "json" | "weights">,
  sequence: Uint8Array | undefined,
): Promise<void> {
  await checkModelTarget(directory);
  await writeDirectoryAtomically(directory, {
    [modelFiles.weights]: weights,
    ...(sequence ? { [modelFiles.sequence]: sequence } : {}),
    [modelFiles.record]: json,
  });
}

async function readChecked(
  directory: string,
  file: "weights" | "sequence",
  digest: string,
): Promise<Uint8Array> {
  const bytes = await readModelFile(directory, modelFiles[file], maxFileSize);
  if (sha256(bytes) === digest) return bytes;
  const path = join(directory, modelFiles[file]);
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${path} is not the file that ${modelFiles.record} names in files.${file} (its SHA-256 differs); copy the model again.`,
    { path, parameter: `files.${file}` },
  );
}

async function readModelFile(directory: string, name: string, limit: number): Promise<Buffer> {
  const path = join(directory, name);
  const refuse = (why: string): MuybridgeError =>
    new MuybridgeError("ERR_MODEL_INVALID", `${path} is not a file of a model: it ${why}.`, {
      path,
    });
  try {
    const inside = relative(await realpath(directory), await realpath(path));
    if (inside.startsWith("..") || isAbsolute(inside)) {
      throw refuse("is a link that leads out of the directory");
    }
    return await readBoundedFile(path, limit, refuse);
  } catch (error) {
    if (error instanceof MuybridgeError) throw error;
    const code = name === modelFiles.record ? "ERR_FILE_NOT_FOUND" : "ERR_MODEL_INVALID";
    throw new MuybridgeError(code, `${path} cannot be read; is ${directory} a model?`, {
      path,
      cause: error,
    });
  }
}
