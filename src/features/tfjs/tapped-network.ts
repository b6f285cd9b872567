import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { MuybridgeError } from "../../core/errors.js";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import { listLayers } from "../list-layers.js";
import {
  maxInputSize,
  type PixelScaling,
  type Preprocessing,
  pixelScaling,
} from "../preprocessing.js";
import { type FrameNetwork, frameInput, pool } from "./frame-network.js";
import { invalidModelJson } from "./model-json.js";

/** Pixels as TensorFlow's networks mostly take them: -1 to 1. */
const usualScaling: PixelScaling = { scale: 1 / 127.5, mean: [1, 1, 1], deviation: [1, 1, 1] };

/** Pixels as they are, for networks that take whole numbers. */
const wholePixels: PixelScaling = { scale: 1, mean: [0, 0, 0], deviation: [1, 1, 1] };

/** A network any of whose layers can be computed. */
export interface LayeredNetwork {
  /** Lengths of its input's axes; undefined for any. Undefined where the file does not tell. */
  readonly inputShape: readonly (number | undefined)[] | undefined;
  /** Whether its input is whole numbers, so that the levels of pixels go in as they are. */
  readonly takesIntegers: boolean;
  /** Names of its layers. */
  readonly layers: readonly string[];
  /** Layers that its output depends on, from the output backwards. */
  readonly fromOutput: readonly string[];
  /**
   * Computes layers of one frame; to be called inside `tf.tidy`.
   *
   * @throws MuybridgeError ERR_MODEL_INVALID where it cannot.
   */
  compute(input: Tensor4D, layers: readonly string[]): Tensor[];
  dispose(): void;
}

/** How a network from a file is used. */
export interface TapChoice {
  /** Name of the network, for errors. */
  readonly id: string;
  /** Layer whose value is taken. Default: the last one that has height and width; if none has, the output. */
  readonly layer?: string;
  readonly preprocessing: Partial<Preprocessing>;
}

/** Side of frames, in pixels, where neither the choice nor the file tells. */
const usualInputSize = 224;

/** Layers that are computed together to see their shapes. */
const layersAtOnce = 16;

/**
 * Takes a layer of a network as features. The network is disposed of where that fails.
 *
 * @throws MuybridgeError ERR_USAGE listing the layers where there is none of that name, or where the frames it is
 * to take do not fit; ERR_MODEL_INVALID where it cannot be computed.
 */
export function tapNetwork(tf: Tfjs, network: LayeredNetwork, choice: TapChoice): FrameNetwork {
  try {
    return tap(tf, network, choice);
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function tap(tf: Tfjs, network: LayeredNetwork, { id, layer, ...choice }: TapChoice): FrameNetwork {
  if (layer !== undefined && !network.layers.includes(layer)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${id} has no layer "${layer}". ${listLayers(network.layers)}`,
      { path: id, parameter: "layer" },
    );
  }
  const preprocessing = completePreprocessing(network, choice.preprocessing, id);
  const { inputSize, layout } = preprocessing;
  const toInput = frameInput(tf, preprocessing);
  const compute = (frame: Uint8Array, layers: readonly string[]): Tensor[] => {
    const input = toInput(frame);
    return network.compute(network.takesIntegers ? tf.cast(input, "int32") : input, layers);
  };
  const black = new Uint8Array(inputSize * inputSize * 3);
  const tapped =
    layer ??
    lastPicture(tf, network, layout, (layers) => compute(black, layers)) ??
    network.fromOutput[0];
  if (tapped === undefined) throw invalidModelJson(id, "it has no layers");
  const features = (frame: Uint8Array): Tensor =>
    pool(tf, compute(frame, [tapped])[0]!, layout, { id, layer: tapped });
  const dimension = tf.tidy(() => features(black).size);
  return { dimension, inputSize, features, dispose: () => network.dispose() };
}

/** The last layer whose value is more than one pixel high or wide, so that it is not yet the classifier's. */
function lastPicture(
  tf: Tfjs,
  { fromOutput }: LayeredNetwork,
  layout: Preprocessing["layout"],
  compute: (layers: readonly string[]) => Tensor[],
): string | undefined {
  for (let first = 0; first < fromOutput.length; first += layersAtOnce) {
    const names = fromOutput.slice(first, first + layersAtOnce);
    const areas = tf.tidy(() =>
      compute(names).map(({ rank, shape }) => {
        const [height = 0, width = 0] = layout === "nhwc" ? shape.slice(1, 3) : shape.slice(2, 4);
        return rank === 4 ? height * width : 0;
      }),
    );
    const found = areas.findIndex((area) => area > 1);
    if (found >= 0) return names[found];
  }
  return undefined;
}

/** Fills in what the choice leaves open, from the network's input, and checks that they agree. */
function completePreprocessing(
  { inputShape, takesIntegers }: LayeredNetwork,
  choice: Partial<Preprocessing>,
  id: string,
): Preprocessing {
  if (inputShape && inputShape.length !== 4) {
    const shape = inputShape.map((length) => length ?? "any").join(", ");
    throw invalidModelJson(id, `its input [${shape}] is no picture`);
  }
  const [, second, third, fourth] = inputShape ?? [];
  const layout = choice.layout ?? (second === 3 && fourth !== 3 ? "nchw" : "nhwc");
  const [height, width, depth] =
    layout === "nhwc" ? [second, third, fourth] : [third, fourth, second];
  const side = height ?? width;
  if (depth !== undefined && depth !== 3) {
    throw invalidModelJson(id, `its input has ${depth} channels, not 3`);
  }
  if (height !== undefined && width !== undefined && height !== width) {
    throw invalidModelJson(id, `its input is ${height} x ${width} pixels, which is no square`);
  }
  const inputSize = choice.inputSize ?? side ?? usualInputSize;
  if (side !== undefined && inputSize !== side) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${id} takes frames of ${side} pixels, not ${inputSize}.`,
      {
        path: id,
        parameter: "inputSize",
      },
    );
  }
  if (inputSize < 1 || inputSize > maxInputSize) {
    throw invalidModelJson(id, `its input is ${inputSize} pixels wide`);
  }
  return {
    inputSize,
    layout,
    channels: choice.channels ?? "rgb",
    ...pixelScaling(choice, takesIntegers ? wholePixels : usualScaling),
  };
}
