import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { MuybridgeError } from "../../core/errors.js";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import type { Preprocessing } from "../preprocessing.js";

/** A network on TensorFlow.js that takes one frame at a time. Whoever opens it disposes of it. */
export interface FrameNetwork {
  /** Values a frame gives. */
  readonly dimension: number;
  /** Side of the square frames it takes, in pixels. */
  readonly inputSize: number;
  /**
   * The features of a frame, of `dimension` elements. To be called inside `tf.tidy`.
   *
   * @param frame uint8 RGB [inputSize, inputSize, 3]
   */
  features(frame: Uint8Array): Tensor;
  dispose(): void;
}

/** Colour channels of a frame. */
const channels = 3;

/** Makes the function that turns a frame, uint8 RGB [size, size, 3], into a network's input, float32 of 4 axes. */
export function frameInput(
  tf: Tfjs,
  { inputSize, channels: order, scale, mean, deviation, layout }: Preprocessing,
): (frame: Uint8Array) => Tensor4D {
  // A pixel has 256 levels, so that the scaling of each is computed once.
  const tables = mean.map((offset, c) =>
    Float32Array.from({ length: 256 }, (_, level) => (level * scale - offset) / deviation[c]!),
  );
  const area = inputSize * inputSize;
  return (frame) => {
    const values = new Float32Array(frame.length);
    for (let c = 0; c < channels; c++) {
      const from = order === "rgb" ? c : channels - 1 - c;
      const table = tables[c]!;
      for (let p = 0; p < area; p++) {
        const to = layout === "nhwc" ? p * channels + c : c * area + p;
        values[to] = table[frame[p * channels + from]!]!;
      }
    }
    return layout === "nhwc"
      ? tf.tensor4d(values, [1, inputSize, inputSize, channels])
      : tf.tensor4d(values, [1, channels, inputSize, inputSize]);
  };
}

/**
 * A layer's value for one frame as its features: the mean over height and width of one of four axes, one of two
 * axes as it is.
 *
 * @throws MuybridgeError ERR_USAGE where it has another number of axes, or stands for several frames.
 */
export function pool(
  tf: Tfjs,
  value: Tensor,
  layout: Preprocessing["layout"],
  { id, layer }: { readonly id: string; readonly layer: string },
): Tensor {
  const { rank, shape } = value;
  if ((rank === 4 || rank === 2) && shape[0] === 1) {
    const numbers = tf.cast(value, "float32");
    return rank === 2 ? numbers : tf.mean(numbers, layout === "nhwc" ? [1, 2] : [2, 3]);
  }
  throw new MuybridgeError(
    "ERR_USAGE",
    `The layer ${layer} of ${id} gives [${shape.join(", ")}] for a frame; features are taken from layers of [1, height, width, channels] or [1, values].`,
    { path: id, parameter: "layer" },
  );
}
