import { messageOf } from "../core/errors.js";
import { decodeSafetensors, type Tensor } from "../core/safetensors.js";
import {
  checkSequenceSize,
  type FileSequence,
  fileSequence,
  invalidSequence,
} from "./file-sequence.js";

/** Whether a file begins as a safetensors file does: the length of its header, and a brace. */
export function looksLikeSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 9) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return view.getBigUint64(0, true) <= BigInt(size - 8) && head[8] === "{".charCodeAt(0);
}

/**
 * Reads a sequence from a safetensors file: the tensor `features`, or the only one beside `timestamps`, float32
 * [T, D]; and `timestamps` [T] in seconds, if it is there.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID, ERR_TOO_LARGE.
 */
export function safetensorsSequence(path: string, file: Uint8Array): FileSequence {
  const tensors = decode(path, file);
  const { shape, data } = featuresOf(path, tensors);
  if (!(data instanceof Float32Array) || shape.length !== 2) {
    throw invalidSequence(
      path,
      `its tensor is not float32 of two axes, but of [${shape.join(", ")}]`,
    );
  }
  const [n = 0, dimension = 0] = shape;
  checkSequenceSize(path, n, dimension);
  const times = tensors.get("timestamps");
  if (!times) return fileSequence(path, data, dimension);
  const { data: seconds } = times;
  if (!(seconds instanceof Float64Array || seconds instanceof Float32Array)) {
    throw invalidSequence(path, "its timestamps are neither float64 nor float32");
  }
  if (times.shape.length !== 1 || seconds.length !== n) {
    throw invalidSequence(path, `its timestamps are not one for each of ${n} steps`);
  }
  return fileSequence(path, data, dimension, seconds);
}

function decode(path: string, file: Uint8Array): Map<string, Tensor> {
  try {
    return decodeSafetensors(file);
  } catch (error) {
    throw invalidSequence(path, messageOf(error).replace(/\.$/, ""), error);
  }
}

function featuresOf(path: string, tensors: ReadonlyMap<string, Tensor>): Tensor {
  const named = tensors.get("features");
  if (named) return named;
  const [only, ...others] = [...tensors.keys()].filter((name) => name !== "timestamps");
  if (only === undefined || others.length > 0) {
    throw invalidSequence(path, 'it has neither a tensor "features" nor just one tensor');
  }
  return tensors.get(only)!;
}
