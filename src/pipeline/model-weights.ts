import { MuybridgeError } from "../core/errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../core/safetensors.js";
import type { MeanPoolClassifier } from "../sequence/mean-pool-baseline.js";
import { namedShapes } from "../sequence/parameters.js";
import { pooledSize } from "../sequence/pooled-blocks.js";
import type { Standardisation } from "../sequence/standardisation.js";
import type { SoftmaxLayer } from "../sequence/temperature-scaling.js";
import { pooledBlocks } from "./linear-blocks.js";
import { networkShape } from "./model-network.js";
import { featureDimension, type ModelRecord } from "./model-record.js";

/** Every number of a model. */
export interface ModelWeights {
  readonly standardisation: Standardisation;
  readonly meanPool: MeanPoolClassifier;
  /** Parameters of the network by name; none for the mean-pool model. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The linear head over the pooled blocks, for a model that has one. */
  readonly linear?: SoftmaxLayer;
}

/** Deviations, by which is divided. */
const deviations = ["standardisation.deviation", "standardisation.changeDeviation"];

/** Writes them as `weights.safetensors`. */
export function packWeights({
  standardisation,
  meanPool,
  parameters,
  linear,
}: ModelWeights): Uint8Array {
  return encodeSafetensors({
    ...parameters,
    ...(linear ? { "linear.kernel": linear.kernel, "linear.bias": linear.bias } : {}),
    "meanPool.kernel": meanPool.kernel,
    "meanPool.bias": meanPool.bias,
    "standardisation.mean": vector(standardisation.mean),
    "standardisation.deviation": vector(standardisation.deviation),
    "standardisation.changeDeviation": vector(standardisation.changeDeviation),
  });
}

/**
 * Reads them. There must be the tensors that the record asks for, and no others: a network that was described
 * wrongly would still compute something.
 *
 * @param path of the file, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID naming the tensor that is missing, too many, of another shape, or holds a
 * number that is not finite, or a deviation that is not above 0.
 */
export function unpackWeights(
  record: Pick<ModelRecord, "network" | "linear" | "features" | "classes">,
  file: Uint8Array,
  path: string,
): ModelWeights {
  const tensors = decodeSafetensors(file, path);
  const dimension = featureDimension(record);
  const classes = record.classes.length;
  const shape = networkShape(record);
  const own: [string, readonly number[]][] = [
    ["standardisation.mean", [dimension]],
    ["standardisation.deviation", [dimension]],
    ["standardisation.changeDeviation", [dimension]],
    ["meanPool.kernel", [dimension, classes]],
    ["meanPool.bias", [classes]],
  ];
  const pooled = pooledBlocks(record);
  if (pooled) {
    const size = pooled.reduce((sum, block) => sum + pooledSize(block), 0);
    own.push(["linear.kernel", [size, classes]], ["linear.bias", [classes]]);
  }
  const named = shape ? namedShapes(shape) : new Map<string, readonly number[]>();
  const wanted = new Map([...own, ...named]);
  const found = new Map(
    [...wanted].map(([name, dims]) => [name, take(tensors.get(name), name, dims, path)]),
  );
  const extra = [...tensors.keys()].find((name) => !wanted.has(name));
  if (extra !== undefined) {
    throw invalid(path, extra, "is not one of the model that model.json describes");
  }
  const numbers = (name: string): Float32Array => found.get(name)!.data;
  return {
    standardisation: {
      mean: numbers("standardisation.mean"),
      deviation: numbers("standardisation.deviation"),
      changeDeviation: numbers("standardisation.changeDeviation"),
    },
    meanPool: { kernel: found.get("meanPool.kernel")!, bias: found.get("meanPool.bias")! },
    ...(pooled
      ? { linear: { kernel: found.get("linear.kernel")!, bias: found.get("linear.bias")! } }
      : {}),
    parameters: Object.fromEntries([...named.keys()].map((name) => [name, found.get(name)!])),
  };
}

function take(
  tensor: Tensor | undefined,
  name: string,
  dims: readonly number[],
  path: string,
): Tensor & { readonly data: Float32Array } {
  if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== dims.join()) {
    const why = tensor ? "is not" : "is not there; it should be";
    throw invalid(path, name, `${why} float32 of shape [${dims.join(", ")}], as model.json asks`);
  }
  const { data } = tensor;
  const least = deviations.includes(name) ? Number.MIN_VALUE : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    // NaN is neither.
    if (Math.abs(value) < Number.POSITIVE_INFINITY && value >= least) continue;
    const asked = least > 0 ? "a finite number above 0" : "a finite number";
    throw invalid(path, name, `holds ${value} at ${i}, which is not ${asked}`);
  }
  return { shape: tensor.shape, data };
}

function invalid(path: string, name: string, why: string): MuybridgeError {
  return new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${path} does not fit its model: the tensor "${name}" ${why}. Copy the model again, or train it again.`,
    { path, parameter: name },
  );
}

function vector(data: Float32Array): Tensor {
  return { shape: [data.length], data };
}
