import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeDirectoryAtomically } from "../core/atomic-directory.js";
import { readBoundedFile } from "../core/bounded-file.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../core/safetensors.js";
import { describeIssues } from "../core/schema-issues.js";
import { parseStrictJson } from "../core/strict-json.js";
import { chooseNetworkOptions, type NetworkOptions } from "./network-options.js";
import {
  cells,
  gateActivations,
  type NetworkShape,
  outputs,
  poolings,
  stateActivations,
} from "./network-shape.js";
import type { Parameter } from "./parameters.js";

const fileNames = { record: "network.json", weights: "weights.safetensors" } as const;

/** Bytes a network.json may have; it takes some hundred. */
const maxRecordSize = 2 ** 16;

/** Bytes the weights may have; they are held in memory as a whole. */
const maxWeightsSize = 2 ** 31;

const size = z.int().min(1).max(1_000_000);
const rate = z.number().min(0).lt(1);

/** What `network.json` holds. */
const recordSchema = z.strictObject({
  format: z.literal("muybridge-network"),
  version: z.literal(1),
  cell: z.enum(cells),
  bidirectional: z.boolean(),
  layers: z.int().min(1).max(1000),
  inputSize: size,
  hidden: size,
  stateActivation: z.enum(stateActivations),
  gateActivation: z.enum(gateActivations),
  resetAfter: z.boolean(),
  output: z.enum(outputs),
  pooling: z.enum(poolings),
  contextSize: z.int().min(0).max(1_000_000),
  head: z
    .union([
      z.strictObject({ type: z.enum(["classification", "multilabel"]), classes: size }),
      z.strictObject({ type: z.literal("regression"), size }),
    ])
    .nullable(),
  dropout: rate,
  inputDropout: rate,
  seed: z.number(),
});

/** A network as it is kept on disk. */
export interface NetworkFile {
  readonly options: NetworkOptions;
  /** Under their documented names. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/**
 * Writes a network as a directory, `network.json` and `weights.safetensors`, all of it or nothing.
 *
 * @throws MuybridgeError ERR_USAGE where the directory exists and is not a network.
 */
export async function saveNetwork(
  directory: string,
  shape: NetworkShape,
  settings: { readonly dropout: number; readonly inputDropout: number; readonly seed: number },
  parameters: Readonly<Record<string, Parameter>>,
): Promise<void> {
  const exists = await stat(directory).catch(() => undefined);
  const isNetwork = await stat(join(directory, fileNames.record)).catch(() => undefined);
  if (exists && !isNetwork) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${directory} exists and is not a network; choose another place, or remove it.`,
      { path: directory },
    );
  }
  const { dropout, inputDropout, seed } = settings;
  const record = {
    format: "muybridge-network",
    version: 1,
    ...shape,
    dropout,
    inputDropout,
    seed,
  } satisfies z.infer<typeof recordSchema>;
  await writeDirectoryAtomically(directory, {
    [fileNames.weights]: encodeSafetensors(parameters),
    [fileNames.record]: `${JSON.stringify(record, undefined, 1)}\n`,
  });
}

/**
 * Reads what {@link saveNetwork} wrote. Everything is checked; no code from it is run.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID.
 */
export async function readNetwork(directory: string): Promise<NetworkFile> {
  const path = join(directory, fileNames.record);
  let value: unknown;
  const text = (await readNetworkFile(path, maxRecordSize)).toString("utf8");
  try {
    value = parseStrictJson(text);
  } catch (error) {
    throw invalid(path, `is not JSON: ${messageOf(error)}`);
  }
  const result = recordSchema.safeParse(value);
  if (!result.success) {
    const { field, text: issues } = describeIssues(result.error);
    throw invalid(path, `is not a network of this version.\n${issues}`, field);
  }
  const { format: _, version: __, ...options } = result.data;
  try {
    chooseNetworkOptions(options);
  } catch (error) {
    throw invalid(path, `is not a network that can be: ${messageOf(error)}`);
  }
  const weightsPath = join(directory, fileNames.weights);
  const weights = await readNetworkFile(weightsPath, maxWeightsSize);
  const parameters = Object.fromEntries(decodeSafetensors(weights, weightsPath));
  for (const [name, { data }] of Object.entries(parameters)) {
    if (data instanceof Float32Array && data.some((number) => !Number.isFinite(number))) {
      throw invalid(weightsPath, `holds a number in "${name}" that is not finite.`, name);
    }
  }
  return { options, parameters };
}

async function readNetworkFile(path: string, limit: number): Promise<Buffer> {
  const refuse = (why: string): MuybridgeError =>
    invalid(path, `is not a file of a network: it ${why}.`);
  try {
    return await readBoundedFile(path, limit, refuse);
  } catch (error) {
    if (error instanceof MuybridgeError) throw error;
    throw new MuybridgeError(
      "ERR_FILE_NOT_FOUND",
      `${path} cannot be read: ${messageOf(error)}. Is this the directory that save() wrote?`,
      { path, cause: error },
    );
  }
}

function invalid(path: string, why: string, parameter?: string): MuybridgeError {
  return new MuybridgeError("ERR_MODEL_INVALID", `${path} ${why}`, {
    path,
    ...(parameter === undefined ? {} : { parameter }),
  });
}
