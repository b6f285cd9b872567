import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { readBoundedFile } from "../../core/bounded-file.js";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../core/safetensors.js";
import { describeIssues } from "../../core/schema-issues.js";
import { parseStrictJson } from "../../core/strict-json.js";
import type { NamedParameters } from "../optimisers/optimiser.js";
import type { TrainingState } from "./training-state.js";

/** Name of the file in a checkpoint's directory. One file, so that it is always of one moment. */
const fileName = "checkpoint.safetensors";

/** Bytes a checkpoint may have, in which Adam keeps three arrays of each parameter, and the best ones a fourth. */
const maxSize = 2 ** 32 - 1;

/** Version of the file's format. */
const formatVersion = 1;

/** Name of the tensor that holds what is no array, as JSON. */
const recordName = "training";

const natural = z.int().min(0);

const recordSchema = z.strictObject({
  version: z.literal(formatVersion),
  /** Digest of all that decides the training. */
  recipe: z.string(),
  history: z.array(
    z.strictObject({
      epoch: z.int().min(1),
      loss: z.number(),
      validationLoss: z.number().optional(),
      validationAccuracy: z.number().optional(),
      learningRate: z.number(),
      gradientNorm: z.number(),
    }),
  ),
  steps: natural,
  schedule: z.strictObject({ factor: z.number(), best: z.number().nullable(), waited: natural }),
  random: z.array(z.int32()).length(4),
  best: z.strictObject({ epoch: z.int().min(1), loss: z.number() }).nullable(),
});

/** Writes the state of a training, so that whatever happens, the old one or the new one is there. */
export async function writeCheckpoint(
  directory: string,
  recipe: string,
  state: TrainingState,
): Promise<void> {
  const { history, optimiser, schedule, random, best } = state;
  const record: z.infer<typeof recordSchema> = {
    version: formatVersion,
    recipe,
    history: [...history],
    steps: optimiser.steps,
    schedule,
    random: [...random],
    best: best ? { epoch: best.epoch, loss: best.loss } : null,
  };
  const text = new TextEncoder().encode(JSON.stringify(record));
  const file = encodeSafetensors({
    ...prefixed("parameters", state.parameters),
    ...prefixed("optimiser", optimiser.slots),
    ...prefixed("best", best?.parameters ?? {}),
    [recordName]: { shape: [text.length], data: text },
  });
  await mkdir(directory, { recursive: true });
  await writeFileAtomically(join(directory, fileName), file);
}

/**
 * Reads the state of a training.
 *
 * @param initial the parameters at the start, of which the kept ones must have the names and shapes
 * @returns undefined where there is none yet
 * @throws MuybridgeError ERR_USAGE where it is of another training, ERR_MODEL_INVALID where it cannot be read.
 */
export async function readCheckpoint(
  directory: string,
  recipe: string,
  initial: NamedParameters,
): Promise<TrainingState | undefined> {
  const path = join(directory, fileName);
  let file: Uint8Array;
  try {
    file = await readBoundedFile(path, maxSize, (why) => new Error(`it ${why}.`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw invalid(path, error);
  }
  let state: z.infer<typeof recordSchema>;
  let tensors: Map<string, Tensor>;
  try {
    tensors = decodeSafetensors(file);
    const record = tensors.get(recordName)?.data;
    if (!(record instanceof Uint8Array)) throw new Error(`"${recordName}" is missing, or no text.`);
    const result = recordSchema.safeParse(parseStrictJson(new TextDecoder().decode(record)));
    if (!result.success) throw new Error(`\n${describeIssues(result.error).text}\n`);
    state = result.data;
  } catch (error) {
    throw invalid(path, error);
  }
  if (state.recipe !== recipe) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${path} is of a training with other data or options. Give those it was begun with, or begin anew without resume.`,
      { path, parameter: "resume" },
    );
  }
  const { history, steps, schedule, random, best } = state;
  const parametersOf = (prefix: string): NamedParameters => {
    const found = unprefixed(prefix, tensors);
    return Object.fromEntries(
      // In the order of the network: the sum that is the gradients' norm goes by it.
      Object.entries(initial).map(([name, { shape }]) => {
        const parameter = Object.hasOwn(found, name) ? found[name] : undefined;
        if (parameter?.shape.join() === shape.join()) return [name, parameter];
        throw invalid(path, new Error(`"${prefix}:${name}" is missing or of another shape.`));
      }),
    );
  };
  return {
    history: history as TrainingState["history"],
    parameters: parametersOf("parameters"),
    optimiser: { steps, slots: unprefixed("optimiser", tensors) },
    schedule,
    random,
    best: best ? { ...best, parameters: parametersOf("best") } : undefined,
  };
}

function prefixed(prefix: string, parameters: NamedParameters): NamedParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [`${prefix}:${name}`, parameter]),
  );
}

function unprefixed(prefix: string, tensors: ReadonlyMap<string, Tensor>): NamedParameters {
  const found: [string, NamedParameters[string]][] = [];
  for (const [name, { shape, data }] of tensors) {
    if (!name.startsWith(`${prefix}:`) || !(data instanceof Float32Array)) continue;
    found.push([name.slice(prefix.length + 1), { shape, data }]);
  }
  return Object.fromEntries(found);
}

function invalid(path: string, cause: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_MODEL_INVALID",
    `The checkpoint ${path} cannot be read: ${messageOf(cause)} Remove it, or begin anew without resume.`,
    { path, cause },
  );
}
