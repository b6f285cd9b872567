import { MuybridgeError } from "../../core/errors.js";
import { createGraph, encodeModel } from "../../onnx/graph.js";
import { int64 } from "../../onnx/tensor.js";
import { addPreprocessing, type PreparedNetwork } from "../prepared-network.js";
import {
  maxInputSize,
  type PixelScaling,
  type Preprocessing,
  pixelScaling,
  usualInputSize,
} from "../preprocessing.js";
import { type Conversion, computedValue, rankOf, refusal } from "./conversion.js";
import { findLayer, stepsTo } from "./layers.js";
import { operatorConverters } from "./operators/index.js";
import type { TfliteModel, TfliteOperator, TfliteTensor } from "./read-tflite.js";

/** What a network does to the pixels, and which of its values is the feature. */
export interface TapOptions {
  /** Name of the tensor to take: [n, height, width, channels], averaged over height and width, or [n, values]. */
  readonly layer?: string;
  readonly preprocessing: Partial<Preprocessing>;
  /** Name of the file, for errors. */
  readonly name: string;
}

/** Most values of a frame: as many as a model's record takes. */
const maxDimension = 1_000_000;

/**
 * Rewrites a convolutional network from TFLite to ONNX, cut at a layer. Steps that do not lead to the layer are
 * left out. Quantised networks become real ones: their stored numbers are widened here, and what they compute is
 * not rounded.
 *
 * The ONNX graph takes `frames`, uint8 [n, height, width, 3], of any size as far as the network itself goes, and
 * gives `features`, float32 [n, channels].
 *
 * @throws MuybridgeError ERR_MODEL_INVALID naming the operator or tensor that cannot be converted; ERR_USAGE
 * listing the layers where there is none of that name.
 */
export function tfliteToOnnx(model: TfliteModel, options: TapOptions): PreparedNetwork {
  const { name, preprocessing } = options;
  const tapped = findLayer(model, options.layer, name);
  const conversion: Conversion = {
    model,
    name,
    graph: createGraph(options.layer ?? name),
    values: new Map(),
    widened: { numbers: 0 },
  };
  const { graph, values } = conversion;
  const input = pictureOf(conversion);
  if (preprocessing.layout === "nchw") {
    const message = `${name} takes its pictures as [n, height, width, 3], as all TFLite files do: the layout is nhwc.`;
    throw new MuybridgeError("ERR_USAGE", message, { path: name, parameter: "layout" });
  }
  const { channels = "rgb" } = preprocessing;
  const scaling = pixelScaling(preprocessing, usualScaling(input));
  values.set(model.inputs[0]!, addPreprocessing(graph, { channels, ...scaling }));
  for (const operator of stepsTo(model, tapped)) convert(conversion, operator);
  const dimension = model.tensors[tapped]!.shape.at(-1) ?? 0;
  if (dimension < 1 || dimension > maxDimension) {
    throw refusal(conversion, `the layer has ${dimension} values, not 1 to ${maxDimension}`);
  }
  graph.output(addMean(conversion, tapped, dimension), "float32", ["n", dimension], "features");
  return { graph: encodeModel(graph), dimension, inputSize: inputSizeOf(conversion, options) };
}

/** The tensor that takes the picture. */
function pictureOf(conversion: Conversion): TfliteTensor {
  const { model } = conversion;
  const input = model.tensors[model.inputs[0] ?? -1];
  if (input?.shape.length === 4 && input.shape[3] === 3) return input;
  const shape = input ? `[${input.shape.join(", ")}]` : "nothing";
  throw refusal(conversion, `it takes ${shape}, not pictures [1, height, width, 3]`);
}

function inputSizeOf(conversion: Conversion, { preprocessing }: TapOptions): number {
  const [, height = 0, width = 0] = pictureOf(conversion).shape;
  if (preprocessing.inputSize !== undefined) return preprocessing.inputSize;
  // A file that leaves its size open has 1 in its place.
  if (height <= 1 && width <= 1) return usualInputSize;
  if (height === width && height <= maxInputSize) return height;
  throw refusal(
    conversion,
    `it takes pictures of ${height} x ${width} pixels, not square ones of ${maxInputSize} at most; give an input size`,
  );
}

/**
 * The scaling of pixels p where the caller says nothing: of a real network p / 127.5 - 1; of one that takes
 * stored numbers, what these stand for: the pixel itself as uint8, p - 128 as int8.
 */
function usualScaling({ type, quantisation }: TfliteTensor): PixelScaling {
  const scale = quantisation?.scale[0] ?? 0;
  if ((type !== "uint8" && type !== "int8") || !(scale > 0)) {
    return { scale: 1 / 127.5, mean: [1, 1, 1], deviation: [1, 1, 1] };
  }
  const zero = Number(quantisation?.zeroPoint[0] ?? 0) + (type === "int8" ? 128 : 0);
  const mean = scale * zero;
  return { scale, mean: [mean, mean, mean], deviation: [1, 1, 1] };
}

function convert(conversion: Conversion, operator: TfliteOperator): void {
  const converter = operatorConverters.get(operator.kind);
  if (!converter) throw refusal(conversion, `the operator ${operator.kind} is not supported`);
  if (operator.outputs.length === 0) {
    throw refusal(conversion, `an operator ${operator.kind} has no output`);
  }
  try {
    converter(conversion, operator);
  } catch (error) {
    // An operator's options are read only here, and may lead outside the file.
    if (!(error instanceof RangeError)) throw error;
    throw refusal(conversion, `the options of an operator ${operator.kind} cannot be read`, error);
  }
}

/** The mean over height and width of a layer that has them: [n, channels]. */
function addMean(conversion: Conversion, tapped: number, dimension: number): string {
  const { graph } = conversion;
  const layer = computedValue(conversion, tapped);
  if (rankOf(conversion, tapped) === 2) return layer;
  const pooled = graph.node("GlobalAveragePool", [layer]);
  return graph.node("Reshape", [pooled, graph.constant(int64([0, dimension]))]);
}
