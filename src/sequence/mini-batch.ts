import { float32, type OnnxTensor } from "../onnx/tensor.js";

/** Sequences of different lengths, padded to the longest, as the graphs take them. */
export interface MiniBatch {
  /** [T, B, input], zero in the padding */
  readonly x: OnnxTensor;
  /** int64 [B] */
  readonly lengths: OnnxTensor;
  /** [T, B, 1] */
  readonly mask: OnnxTensor;
  readonly steps: number;
  readonly size: number;
}

/**
 * Puts sequences side by side, padded on the right.
 *
 * @param sequences each float32 [T_i, inputSize], row-major, T_i at least 1
 */
export function padSequences(sequences: readonly Float32Array[], inputSize: number): MiniBatch {
  const size = sequences.length;
  const lengths = sequences.map((sequence) => sequence.length / inputSize);
  const steps = Math.max(...lengths);
  const x = new Float32Array(steps * size * inputSize);
  const mask = new Float32Array(steps * size);
  for (const [b, sequence] of sequences.entries()) {
    for (let t = 0; t < lengths[b]!; t++) {
      x.set(sequence.subarray(t * inputSize, (t + 1) * inputSize), (t * size + b) * inputSize);
      mask[t * size + b] = 1;
    }
  }
  return {
    x: float32(x, [steps, size, inputSize]),
    lengths: {
      type: "int64",
      dims: [size],
      data: BigInt64Array.from(lengths, (length) => BigInt(length)),
    },
    mask: float32(mask, [steps, size, 1]),
    steps,
    size,
  };
}
