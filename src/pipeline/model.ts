import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeDirectoryAtomically } from "../core/atomic-directory.js";
import { sha256 } from "../core/digest.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../core/safetensors.js";
import type { CnnChoice } from "../features/cnn-choice.js";
import { resolveCnn } from "../features/resolve-cnn.js";
import { type MeanPoolClassifier, predictMeanPool } from "../sequence/mean-pool-baseline.js";
import { predictMany } from "../sequence/predict-sequences.js";
import { openSequenceModel, type SequenceModel } from "../sequence/sequence-model.js";
import {
  type Standardisation,
  standardise,
  standardiseSteps,
} from "../sequence/standardisation.js";
import type { FeatureSettings } from "./feature-stage.js";
import { meanOfRows } from "./mean-of-rows.js";
import { featureDimension, type ModelRecord, modelRecordSchema } from "./model-record.js";
import type { NetworkInput } from "./network-recipe.js";

/** A trained model: features of a video, or another sequence of vectors, in, probabilities of the classes out. Whoever opens it closes it. */
export interface Model extends AsyncDisposable {
  /** SHA-256 of `model.json`, which names the digests of all the rest. */
  readonly digest: string;
  /** In the order of the probabilities. */
  readonly classes: readonly string[];
  /** How files must be turned into features for this model. */
  readonly settings: FeatureSettings;
  readonly record: ModelRecord;
  /**
   * @param features float32, row-major [n, dimension], not standardised
   * @param n frames, at least 1
   * @returns float32 [classes] each: the network's probabilities, their mean over time where it labels each frame, and
   * the mean-pool baseline's
   */
  predict(features: Float32Array, n: number): Promise<ModelPrediction>;
  /** Whether its network labels each frame rather than a clip. */
  readonly isPerFrame: boolean;
  /**
   * What the network says of sequences, each by itself, computed together.
   *
   * @param sequences each float32, row-major [n, dimension], not standardised, n at least 1
   * @returns probabilities, float32 [classes] each, or [n, classes] where it labels each frame
   */
  predictEach(sequences: readonly Float32Array[]): Promise<Float32Array[]>;
  /**
   * Writes the model as a directory, all of it or nothing.
   *
   * @throws MuybridgeError ERR_USAGE where the directory exists and is not a model.
   */
  save(directory: string): Promise<void>;
  /** What it is made of, to be written in another form. */
  parts(): ModelParts;
  close(): Promise<void>;
}

/** What a model says of one sequence. */
export interface ModelPrediction {
  readonly probabilities: Float32Array;
  readonly meanPool: Float32Array;
}

/** The parts a model is made of. */
export interface ModelParts {
  readonly record: Omit<ModelRecord, "files">;
  readonly standardisation: Standardisation;
  readonly meanPool: MeanPoolClassifier;
  /** Parameters of the network by name; none for the mean-pool model. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The network as an ONNX model; none for the mean-pool model. */
  readonly sequence: Uint8Array | undefined;
}

const fileNames = {
  record: "model.json",
  weights: "weights.safetensors",
  sequence: "sequence.onnx",
} as const;

/** Bytes a file of a model directory may have; larger ones are refused unread. */
const maxFileSize = 2 ** 31;

/** Puts a freshly trained model together. */
export function createModel(parts: ModelParts): Model {
  const weights = encodeSafetensors({
    ...parts.parameters,
    "meanPool.kernel": parts.meanPool.kernel,
    "meanPool.bias": parts.meanPool.bias,
    "standardisation.mean": vector(parts.standardisation.mean),
    "standardisation.deviation": vector(parts.standardisation.deviation),
    "standardisation.changeDeviation": vector(parts.standardisation.changeDeviation),
  });
  const { sequence } = parts;
  const record: ModelRecord = {
    ...parts.record,
    files: { weights: sha256(weights), sequence: sequence ? sha256(sequence) : null },
  };
  return modelOf({ json: `${JSON.stringify(record, undefined, 1)}\n`, record, weights, sequence });
}

/**
 * Opens a model directory. Its files are checked against their digests; no code from it is run.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID (naming the field), ERR_MODEL_MISMATCH where
 * the CNN it was trained with is another than the one installed.
 */
export async function openModel(directory: string): Promise<Model> {
  const json = (await readModelFile(directory, fileNames.record)).toString("utf8");
  const record = parseRecord(json, join(directory, fileNames.record));
  await checkCnn(record, directory);
  const weights = await readChecked(directory, fileNames.weights, record.files.weights);
  const sequence = record.files.sequence
    ? await readChecked(directory, fileNames.sequence, record.files.sequence)
    : undefined;
  return modelOf({ json, record, weights, sequence });
}

/** The CNN that is installed must be the one whose features the model was trained on. */
async function checkCnn({ features, muybridge }: ModelRecord, directory: string): Promise<void> {
  if (features.kind === "sequence") return;
  const cnn = await resolveCnn(features.cnn.choice as CnnChoice);
  if (cnn.digest === features.cnn.digest) return;
  throw new MuybridgeError(
    "ERR_MODEL_MISMATCH",
    `${directory} was trained with another version of the CNN ${cnn.id}; train it again, or use Muybridge ${muybridge}.`,
    { path: directory },
  );
}

/** Whether a directory holds a model, by its `model.json`. */
export async function isModelDirectory(directory: string): Promise<boolean> {
  try {
    const text = await readFile(join(directory, fileNames.record), "utf8");
    return (JSON.parse(text) as { format?: unknown }).format === "muybridge";
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

interface ModelFiles {
  readonly json: string;
  readonly record: ModelRecord;
  readonly weights: Uint8Array;
  readonly sequence: Uint8Array | undefined;
}

function modelOf(files: ModelFiles): Model {
  const { record } = files;
  const input = record.network?.input ?? "changes";
  const dimension = featureDimension(record);
  let opened: Promise<OpenedWeights> | undefined;
  const close = async (): Promise<void> => {
    const weights = await opened?.catch(() => undefined);
    await weights?.network?.close();
    opened = undefined;
  };
  return {
    digest: sha256(files.json),
    classes: record.classes,
    settings: settingsOf(record),
    record,
    async predict(features, n) {
      if (features.length !== n * dimension || n < 1) {
        throw new RangeError(`features must hold n * ${dimension} values, n at least 1.`);
      }
      // Late, since a prediction that the cache holds needs no network.
      opened ??= openWeights(files);
      const { standardisation, meanPool, network } = await opened;
      const { context, changes } = standardise(features, standardisation);
      const baseline = predictMeanPool(meanPool, context);
      if (!network) return { probabilities: baseline, meanPool: baseline };
      const results =
        input === "changes"
          ? await network.predict(changes, n, context)
          : await network.predict(stepsOf(features, standardisation, input), n);
      return { probabilities: meanOfRows(results, record.classes.length), meanPool: baseline };
    },
    isPerFrame: record.network?.output === "sequence",
    async predictEach(sequences) {
      opened ??= openWeights(files);
      const { standardisation, meanPool, network } = await opened;
      if (network && input !== "changes") {
        const steps = sequences.map((each) => stepsOf(each, standardisation, input));
        return predictMany(network, steps);
      }
      const parts = sequences.map((each) => standardise(each, standardisation));
      const contexts = parts.map(({ context }) => context);
      if (!network) return contexts.map((context) => predictMeanPool(meanPool, context));
      return predictMany(
        network,
        parts.map(({ changes }) => changes),
        contexts,
      );
    },
    save: (directory) => saveModel(directory, files),
    parts: () => partsOf(files),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function settingsOf({ features }: ModelRecord): FeatureSettings {
  if (features.kind === "sequence") return features;
  return { ...features, cnn: features.cnn.choice } as FeatureSettings;
}

/** What a network sees that takes frames each by itself. */
function stepsOf(
  features: Float32Array,
  standardisation: Standardisation,
  input: NetworkInput,
): Float32Array {
  return input === "features" ? features : standardiseSteps(features, standardisation);
}

interface OpenedWeights {
  readonly standardisation: Standardisation;
  readonly meanPool: MeanPoolClassifier;
  readonly network: SequenceModel | undefined;
}

async function openWeights(files: ModelFiles): Promise<OpenedWeights> {
  const { standardisation, meanPool, sequence } = partsOf(files);
  const { classes, network } = files.record;
  const inputSize = featureDimension(files.record);
  return {
    standardisation,
    meanPool,
    network:
      sequence &&
      (await openSequenceModel(sequence, {
        inputSize,
        contextSize: network?.input === "changes" ? inputSize : 0,
        output: network?.output ?? "last",
        head: { type: "classification", classes: classes.length },
      })),
  };
}

function partsOf({ record, weights, sequence }: ModelFiles): ModelParts {
  const tensors = decodeSafetensors(weights);
  const dimension = featureDimension(record);
  const classes = record.classes.length;
  const take = (name: string, shape: readonly number[]): Tensor & { data: Float32Array } => {
    const tensor = tensors.get(name);
    if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
      throw new MuybridgeError(
        "ERR_MODEL_INVALID",
        `The model's ${fileNames.weights} has no float32 tensor "${name}" of shape [${shape.join(", ")}].`,
        { parameter: name },
      );
    }
    return tensor as Tensor & { data: Float32Array };
  };
  const own = ["meanPool.", "standardisation."];
  const network = [...tensors].filter(([name]) => !own.some((start) => name.startsWith(start)));
  return {
    record,
    standardisation: {
      mean: take("standardisation.mean", [dimension]).data,
      deviation: take("standardisation.deviation", [dimension]).data,
      changeDeviation: take("standardisation.changeDeviation", [dimension]).data,
    },
    meanPool: {
      kernel: take("meanPool.kernel", [dimension, classes]),
      bias: take("meanPool.bias", [classes]),
    },
    parameters: Object.fromEntries(network),
    sequence,
  };
}

async function saveModel(directory: string, files: ModelFiles): Promise<void> {
  await checkModelTarget(directory);
  await writeDirectoryAtomically(directory, {
    [fileNames.weights]: files.weights,
    ...(files.sequence ? { [fileNames.sequence]: files.sequence } : {}),
    [fileNames.record]: files.json,
  });
}

function parseRecord(json: string, path: string): ModelRecord {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new MuybridgeError("ERR_MODEL_INVALID", `${path} is not JSON: ${messageOf(error)}`, {
      path,
      cause: error,
    });
  }
  const result = modelRecordSchema.safeParse(value);
  if (result.success) return result.data;
  const field = result.error.issues[0]?.path.join(".") ?? "";
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${path} is not a model of this version.\n${z.prettifyError(result.error)}`,
    {
      path,
      parameter: field,
    },
  );
}

async function readChecked(directory: string, name: string, digest: string): Promise<Uint8Array> {
  const bytes = await readModelFile(directory, name);
  if (sha256(bytes) === digest) return bytes;
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${join(directory, name)} is not the file that ${fileNames.record} names (its SHA-256 differs).`,
    { path: join(directory, name), parameter: "files" },
  );
}

async function readModelFile(directory: string, name: string): Promise<Buffer> {
  const path = join(directory, name);
  const stats = await stat(path).catch((error: unknown) => {
    const code = name === fileNames.record ? "ERR_FILE_NOT_FOUND" : "ERR_MODEL_INVALID";
    throw new MuybridgeError(code, `${path} cannot be read; is ${directory} a model?`, {
      path,
      cause: error,
    });
  });
  if (!stats.isFile() || stats.size > maxFileSize) {
    throw new MuybridgeError("ERR_MODEL_INVALID", `${path} is not a file of a model.`, { path });
  }
  return readFile(path);
}

function vector(data: Float32Array): Tensor {
  return { shape: [data.length], data };
}
