import { join } from "node:path";
import { sha256 } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import { predictMeanPool } from "../sequence/mean-pool-baseline.js";
import { poolBlocks } from "../sequence/pooled-blocks.js";
import { predictMany } from "../sequence/predict-sequences.js";
import { openSequenceModel, type SequenceModel } from "../sequence/sequence-model.js";
import { logMean, predictSoftmax } from "../sequence/softmax-layer.js";
import {
  type Standardisation,
  type StandardisedSequence,
  standardise,
  standardiseSteps,
} from "../sequence/standardisation.js";
import type { FeatureSettings } from "./feature-stage.js";
import { pooledBlocks } from "./linear-blocks.js";
import { meanOfRows } from "./mean-of-rows.js";
import { checkCnn } from "./model-cnn.js";
import {
  type ModelFiles,
  modelFiles,
  readModelDirectory,
  writeModelDirectory,
} from "./model-directory.js";
import { buildSequence, networkShape } from "./model-network.js";
import { featureDimension, type ModelRecord } from "./model-record.js";
import { type ModelWeights, packWeights, unpackWeights } from "./model-weights.js";
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
   * @throws MuybridgeError ERR_MODEL_INVALID where the weights are not those of the network that the record names, or
   * so large that nothing comes of them
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
export interface ModelParts extends ModelWeights {
  readonly record: Omit<ModelRecord, "files">;
}

/** Puts a freshly trained model together. */
export function createModel(parts: ModelParts): Model {
  const weights = packWeights(parts);
  const sequence = buildSequence(parts.record, parts.parameters);
  const record: ModelRecord = {
    ...parts.record,
    files: { weights: sha256(weights), sequence: sequence ? sha256(sequence) : null },
  };
  return modelOf({ json: `${JSON.stringify(record, undefined, 1)}\n`, record, weights }, parts);
}

/**
 * Opens a model directory, which may come from anywhere: everything in it is checked, and no code from it is run.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID (naming the field), ERR_MODEL_MISMATCH where
 * the CNN it was trained with is another than the one installed, ERR_WEIGHTS_UNAVAILABLE where it was one from a file
 * that is not there.
 */
export async function openModel(directory: string): Promise<Model> {
  const files = await readModelDirectory(directory);
  const path = join(directory, modelFiles.weights);
  const weights = unpackWeights(files.record, files.weights, path);
  await checkCnn(files.record, directory);
  return modelOf(files, weights);
}

function modelOf(files: ModelFiles, weights: ModelWeights): Model {
  const { record } = files;
  const input = record.network?.input ?? "changes";
  const dimension = featureDimension(record);
  const { standardisation, meanPool, parameters } = weights;
  const linear = linearHead(record, weights);
  const sequence = (): Uint8Array | undefined =>
    buildSequence(record, parameters, record.files.sequence);
  let opened: Promise<SequenceModel | undefined> | undefined;
  const close = async (): Promise<void> => {
    await (await opened?.catch(() => undefined))?.close();
    opened = undefined;
  };
  const predictNetwork = (
    network: SequenceModel,
    sequences: readonly Float32Array[],
    parts: () => readonly StandardisedSequence[],
  ): Promise<Float32Array[]> => {
    if (input !== "changes") {
      const steps = sequences.map((each) => stepsOf(each, standardisation, input));
      return predictMany(network, steps);
    }
    const standardised = parts();
    return predictMany(
      network,
      standardised.map(({ changes }) => changes),
      standardised.map(({ context }) => context),
    );
  };
  const split = (features: Float32Array): StandardisedSequence =>
    standardise(features, standardisation);
  const predictAll = async (
    sequences: readonly Float32Array[],
    parts: () => readonly StandardisedSequence[],
  ): Promise<Float32Array[]> => {
    // Late, since a prediction that the cache holds needs no network.
    opened ??= openSequence(record, sequence);
    const network = await opened;
    const told = network && (await predictNetwork(network, sequences, parts));
    if (linear) {
      const own = sequences.map(linear);
      return told ? own.map((each, index) => logMean(each, told[index]!)) : own;
    }
    if (told) return told;
    return parts().map(({ context }) => predictMeanPool(meanPool, context));
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
      const parts = split(features);
      const baseline = predictMeanPool(meanPool, parts.context);
      checkProbabilities(baseline);
      if (record.head === "meanpool") return { probabilities: baseline, meanPool: baseline };
      const [results] = await predictAll([features], () => [parts]);
      checkProbabilities(results!);
      return { probabilities: meanOfRows(results!, record.classes.length), meanPool: baseline };
    },
    isPerFrame: record.network?.output === "sequence",
    async predictEach(sequences) {
      const results = await predictAll(sequences, () => sequences.map(split));
      for (const each of results) checkProbabilities(each);
      return results;
    },
    save: (directory) => writeModelDirectory(directory, files, sequence()),
    parts: () => ({ record, ...weights }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What the linear head of a model says of a sequence; undefined for a model without one. */
function linearHead(
  record: ModelRecord,
  { linear }: ModelWeights,
): ((features: Float32Array) => Float32Array) | undefined {
  const blocks = pooledBlocks(record);
  if (!blocks || !linear) return undefined;
  return (features) => predictSoftmax(linear, poolBlocks(features, blocks));
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

async function openSequence(
  record: ModelRecord,
  build: () => Uint8Array | undefined,
): Promise<SequenceModel | undefined> {
  const shape = networkShape(record);
  const sequence = build();
  return shape && sequence ? openSequenceModel(sequence, shape) : undefined;
}

/** What a probability may be above 1 by rounding. */
const tolerance = 1e-3;

/** Weights may be finite, each, and too large together. */
function checkProbabilities(values: Float32Array): void {
  const wrong = values.find((value) => !(value >= 0 && value <= 1 + tolerance));
  if (wrong === undefined) return;
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    `The model gives ${wrong} for a probability: its weights, or the features of this file, are too large. Train it again.`,
    { parameter: "files.weights" },
  );
}
