import type { Kernel } from "./pixel-input.js";

/** A kernel in int8, with the scales of its output channels, and the bias in the products' own scale. */
export interface RoundedKernel {
  /** int8, as the kernel it was made of. */
  readonly weights: Int8Array;
  /** A weight is its int8 times the scale of its output channel. */
  readonly scales: Float32Array;
  /** int32: bias / (input scale * scale of the channel). */
  readonly bias: Int32Array;
  /** input scale * scale of the channel */
  readonly biasScales: Float32Array;
}

/** Largest int8 weight; -128 is left out so that weights are symmetric. */
const largestWeight = 127;

/** Largest bias, so that the products' sum still fits an int32 beside it. */
const largestBias = 2 ** 30;

/** Least scale: a channel of zeros still needs one. */
const leastScale = 1e-12;

/** Rounds a kernel, each output channel with a scale of its own. */
export function roundKernel(kernel: Kernel, inputScale: number): RoundedKernel {
  const [channels] = kernel.shape;
  const size = kernel.weights.length / channels;
  const weights = new Int8Array(kernel.weights.length);
  const scales = new Float32Array(channels);
  const bias = new Int32Array(channels);
  for (let o = 0; o < channels; o++) {
    const channel = kernel.weights.subarray(o * size, (o + 1) * size);
    const peak = channel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    const needed = Math.abs(kernel.bias[o]!) / inputScale / largestBias;
    const scale = Math.fround(Math.max(peak / largestWeight, needed, leastScale));
    scales[o] = scale;
    for (let i = 0; i < size; i++) weights[o * size + i] = Math.round(channel[i]! / scale);
    bias[o] = Math.round(kernel.bias[o]! / (inputScale * scale));
  }
  return { weights, scales, bias, biasScales: scales.map((scale) => scale * inputScale) };
}
