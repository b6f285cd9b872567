import { MuybridgeError } from "../core/errors.js";

/** Three numbers, one a colour channel, in the order of {@link Preprocessing.channels}. */
export type PerChannel = readonly [number, number, number];

/** How a frame's pixels become a network's input: a pixel p in 0..255 goes in as (p * scale - mean) / deviation. */
export interface Preprocessing {
  /** Side of the square frames, in pixels. */
  readonly inputSize: number;
  /** Order of the channels the network was trained on. */
  readonly channels: "rgb" | "bgr";
  readonly scale: number;
  readonly mean: PerChannel;
  readonly deviation: PerChannel;
  /** Order of the axes of the network's input: [n, height, width, 3] or [n, 3, height, width]. */
  readonly layout: "nhwc" | "nchw";
}

/** The part of {@link Preprocessing} that makes a number of a pixel. */
export type PixelScaling = Pick<Preprocessing, "scale" | "mean" | "deviation">;

/**
 * The scaling of a network that comes as a file: as the file's format has it, unless the caller says anything of
 * it. Then what is left out is 1, 0 and 1: a scale never meets a mean that was meant for another one.
 */
export function pixelScaling(
  { scale, mean, deviation }: Partial<PixelScaling>,
  usual: PixelScaling,
): PixelScaling {
  if (scale === undefined && mean === undefined && deviation === undefined) return usual;
  return { scale: scale ?? 1, mean: mean ?? [0, 0, 0], deviation: deviation ?? [1, 1, 1] };
}

/** Side of the frames where neither the caller nor the network says one, in pixels: that of ImageNet's networks. */
export const usualInputSize = 224;

/** Orders of the channels. */
export const channelOrders = ["rgb", "bgr"] as const;

/** Orders of the axes. */
export const layouts = ["nhwc", "nchw"] as const;

/** Largest side of a network's input, in pixels. */
export const maxInputSize = 4096;

/**
 * Checks what a caller says of the preprocessing.
 *
 * @throws MuybridgeError ERR_USAGE naming the field.
 */
export function checkPreprocessing(preprocessing: Partial<Preprocessing>): void {
  const { inputSize, channels, scale, mean, deviation, layout } = preprocessing;
  const check = (parameter: string, ok: boolean, wanted: string): void => {
    if (ok) return;
    throw new MuybridgeError("ERR_USAGE", `${parameter} must be ${wanted}.`, { parameter });
  };
  const isTriple = (values: PerChannel): boolean =>
    values.length === 3 && values.every((value) => Number.isFinite(value));
  check(
    "inputSize",
    inputSize === undefined ||
      (Number.isInteger(inputSize) && inputSize >= 1 && inputSize <= maxInputSize),
    `a whole number of pixels from 1 to ${maxInputSize}`,
  );
  check("channels", channels === undefined || channelOrders.includes(channels), "rgb or bgr");
  check("layout", layout === undefined || layouts.includes(layout), "nhwc or nchw");
  check("scale", scale === undefined || (Number.isFinite(scale) && scale !== 0), "a number, not 0");
  check("mean", mean === undefined || isTriple(mean), "three numbers");
  check(
    "deviation",
    deviation === undefined || (isTriple(deviation) && !deviation.includes(0)),
    "three numbers, none of them 0",
  );
}
