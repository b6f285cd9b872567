import { MuybridgeError } from "../../core/errors.js";
import { listLayers } from "../list-layers.js";
import {
  type Constant,
  constantOf,
  constantSource,
  isReal,
  type WidenedNumbers,
} from "./constants.js";
import { optionsOf, refusal } from "./conversion.js";
import { layerName } from "./layers.js";
import { windowOf } from "./operators/window.js";
import type { TfliteModel, TfliteOperator } from "./read-tflite.js";

/** A network from a TFLite file that is being rewritten for an engine. */
export interface TfliteNetwork {
  readonly model: TfliteModel;
  /** Name of the file, for errors. */
  readonly name: string;
  readonly widened: WidenedNumbers;
}

/** How a convolution moves over the picture; activation as the schema numbers it. */
export interface ConvolutionOptions {
  readonly padding: "SAME" | "VALID";
  readonly strides: readonly [height: number, width: number];
  readonly dilations: readonly [height: number, width: number];
  readonly activation: number;
}

/**
 * The tensor of a layer; without a name, the last computed one of four axes.
 *
 * @throws MuybridgeError ERR_USAGE listing the layers where there is none of that name.
 */
export function findLayer(
  { model, name }: Omit<TfliteNetwork, "widened">,
  layer: string | undefined,
): number {
  const made = model.operators
    .filter(({ kind }) => kind !== "DEQUANTIZE")
    .flatMap(({ outputs }) => outputs)
    .filter((output) => model.tensors[output]!.shape.length === 4);
  const names = made.map((output) => layerName(model.tensors[output]!));
  const position = layer === undefined ? names.length - 1 : names.indexOf(layer);
  if (position >= 0) return made[position]!;
  throw new MuybridgeError("ERR_USAGE", `${name} has no layer "${layer}". ${listLayers(names)}`, {
    path: name,
    parameter: "layer",
  });
}

/**
 * The numbers of a constant, whether directly or through a DEQUANTIZE of one. This engine takes real ones alone.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where it is computed, of another type, or not of its shape's size.
 */
export function realConstantOf(network: TfliteNetwork, index: number | undefined): Constant {
  const { model, widened } = network;
  const source = constantSource(model, index);
  if (source?.data && !isReal(source)) {
    const name = model.tensors[index ?? -1]?.name ?? String(index);
    throw refusal(
      network,
      `the constant ${name} is of type ${source.type}, which is not supported`,
    );
  }
  return constantOf(model, index, widened, (why) => refusal(network, why));
}

/**
 * Options of CONV_2D and DEPTHWISE_CONV_2D.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where they are missing or out of range.
 */
export function convolutionOptions(
  network: TfliteNetwork,
  operator: TfliteOperator,
): ConvolutionOptions {
  // DepthwiseConv2DOptions has the depth multiplier between the strides and the activation.
  const rest = operator.kind === "DEPTHWISE_CONV_2D" ? 4 : 3;
  const window = windowOf(network, operator, { width: rest + 1, height: rest + 2 });
  return {
    padding: window.padding === 0 ? "SAME" : "VALID",
    strides: [window.strideHeight, window.strideWidth],
    dilations: [window.dilationHeight, window.dilationWidth],
    activation: optionsOf(network, operator).int8(rest, 0),
  };
}
