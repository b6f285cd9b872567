import { dirname, isAbsolute, relative, resolve } from "node:path";
import type { io } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { readBoundedFile } from "../../core/bounded-file.js";
import { digestOf, sha256 } from "../../core/digest.js";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { describeIssues } from "../../core/schema-issues.js";

/** A network read from a TensorFlow.js model.json and its shards. */
export interface ModelJson {
  /** A TensorFlow graph, or Keras layers. */
  readonly kind: "graph" | "layers";
  readonly artifacts: io.ModelArtifacts;
}

/** Largest model.json that is read, in bytes. Real ones are below 1 MB. */
export const maxModelJsonSize = 64 * 2 ** 20;

/** Most bytes of weights that are read. VGG-16 has 528 MiB. */
export const maxWeightsSize = 2 ** 30;

/** Most shards; a converter makes one of 4 MB each. */
const maxShards = 4096;

const bytesOf = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: z.enum(["float32", "int32", "bool"]),
  quantization: z
    .object({
      dtype: z.enum(["uint8", "uint16", "float16"]),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
});

const schema = z.object({
  format: z.string().optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(
    z.object({ paths: z.array(z.string().min(1)), weights: z.array(weightSchema) }),
  ),
  signature: z.record(z.string(), z.unknown()).optional(),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional(),
});

/** What is read of a model.json. */
export type ParsedModelJson = z.infer<typeof schema>;

/**
 * Parses a model.json, and checks what it says of its shards.
 *
 * @param path of the file, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID naming what is wrong, ERR_TOO_LARGE.
 */
export function parseModelJson(bytes: Uint8Array, path: string): ParsedModelJson {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    throw invalidModelJson(path, `it is not JSON (${messageOf(error)})`, error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw invalidModelJson(path, `\n${describeIssues(parsed.error).text}\n`);
  }
  const { weightsManifest: groups } = parsed.data;
  for (const shard of groups.flatMap(({ paths }) => paths)) {
    if (!staysInside(shard)) {
      throw invalidModelJson(path, `its shard "${shard}" is not beside it`);
    }
  }
  if (groups.reduce((sum, { paths }) => sum + paths.length, 0) > maxShards) {
    throw invalidModelJson(path, `it has more than ${maxShards} shards`);
  }
  const size = groups.reduce((sum, group) => sum + sizeOfGroup(group), 0);
  // Of lengths whose product is past counting, and one that is none.
  if (Number.isNaN(size)) throw invalidModelJson(path, "the size of its weights cannot be told");
  if (size > maxWeightsSize) {
    throw new MuybridgeError(
      "ERR_TOO_LARGE",
      `The weights of ${path} are larger than ${maxWeightsSize / 2 ** 20} MiB.`,
      { path },
    );
  }
  return parsed.data;
}

/** Bytes of all weights of a group, as its shards must hold them together. */
export function sizeOfGroup({ weights }: ParsedModelJson["weightsManifest"][number]): number {
  return weights.reduce((sum, { shape, dtype, quantization }) => {
    return sum + shape.reduce((a, b) => a * b, 1) * bytesOf[quantization?.dtype ?? dtype];
  }, 0);
}

/** Whether a relative path leads to a file in or below the directory that it is relative to. */
function staysInside(path: string): boolean {
  const inner = relative("/directory", resolve("/directory", path));
  return !isAbsolute(path) && !/^[a-z]+:|\\|\0/i.test(path) && inner !== "" && !/^\.\./.test(inner);
}

/**
 * Reads a model.json and its shards.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID naming what is wrong, ERR_TOO_LARGE.
 */
export async function readModelJson(path: string): Promise<ModelJson> {
  const parsed = parseModelJson(await readPart(path, maxModelJsonSize, path), path);
  const { modelTopology, weightsManifest, signature, userDefinedMetadata } = parsed;
  const weightData: ArrayBuffer[] = [];
  for (const group of weightsManifest) {
    let left = sizeOfGroup(group);
    for (const shard of group.paths) {
      const bytes = await readPart(resolve(dirname(path), shard), left, path);
      left -= bytes.length;
      weightData.push(new Uint8Array(bytes).buffer);
    }
    if (left > 0) throw invalidModelJson(path, `its shards are ${left} bytes too short`);
  }
  const kind = kindOf(parsed);
  if (!kind) throw invalidModelJson(path, "it holds neither a graph nor layers");
  return {
    kind,
    artifacts: {
      format: kind === "graph" ? "graph-model" : "layers-model",
      modelTopology,
      weightSpecs: weightsManifest.flatMap(({ weights }) => weights) as io.WeightsManifestEntry[],
      weightData,
      ...(signature === undefined ? {} : { signature }),
      ...(userDefinedMetadata === undefined
        ? {}
        : { userDefinedMetadata: userDefinedMetadata as Record<string, object> }),
    },
  };
}

function kindOf({ format, modelTopology }: ParsedModelJson): ModelJson["kind"] | undefined {
  if (Array.isArray(modelTopology.node)) return "graph";
  const isLayers = "model_config" in modelTopology || "class_name" in modelTopology;
  return isLayers && format !== "graph-model" ? "layers" : undefined;
}

/**
 * The SHA-256 that stands for a model.json and its shards: of their digests.
 *
 * @throws MuybridgeError as {@link readModelJson}.
 */
export async function digestOfModelJson(path: string): Promise<string> {
  const bytes = await readPart(path, maxModelJsonSize, path);
  const shards: string[] = [];
  for (const group of parseModelJson(bytes, path).weightsManifest) {
    // Else one large shard that is named thousands of times would be read as often.
    let left = sizeOfGroup(group);
    for (const shard of group.paths) {
      const part = await readPart(resolve(dirname(path), shard), left, path);
      left -= part.length;
      shards.push(sha256(part));
    }
  }
  return digestOf({ model: sha256(bytes), shards });
}

/** Reads a file of the model, of at most so many bytes. */
async function readPart(file: string, limit: number, model: string): Promise<Uint8Array> {
  const refuse = (why: string, tooLarge: boolean): MuybridgeError =>
    tooLarge ? invalidModelJson(model, `${file} is larger than ${limit} bytes`) : unread(why);
  const unread = (why: string, cause?: unknown): MuybridgeError => {
    const what = file === model ? `The CNN ${model}` : `The shard ${file} of the CNN ${model}`;
    return new MuybridgeError("ERR_FILE_NOT_FOUND", `${what} cannot be read: ${why}`, {
      path: model,
      cause,
    });
  };
  try {
    return await readBoundedFile(file, limit, refuse);
  } catch (error) {
    throw error instanceof MuybridgeError ? error : unread(messageOf(error), error);
  }
}

/** The error of a model.json that cannot be read. */
export function invalidModelJson(path: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${path} is not a TensorFlow.js model that can be read: ${why}.`,
    { path, cause },
  );
}
