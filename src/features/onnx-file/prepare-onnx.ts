import { MuybridgeError } from "../../core/errors.js";
import { createRandom } from "../../core/random.js";
import { type CutGraph, cutGraph, dependentValues } from "../../onnx/cut-graph.js";
import { type OnnxModel, takeModelApart } from "../../onnx/model-parts.js";
import { openOnnxSession } from "../../onnx/session.js";
import { elementTypeNumbers, type OnnxTensor, uint8 } from "../../onnx/tensor.js";
import type { PreparedNetwork } from "../prepared-network.js";
import { type PixelScaling, type Preprocessing, pixelScaling } from "../preprocessing.js";
import { findImageInput } from "./image-input.js";
import { layerValue, wrongLayer } from "./layers.js";
import {
  dimensionOf,
  encodeBare,
  encodeFeatures,
  type FrontEnd,
  type TappedValue,
} from "./tapped-model.js";

/** How a model file is used. */
export interface OnnxFileOptions {
  /** Name of the file, for errors. */
  readonly name: string;
  /**
   * The value to take, by its name or its node's: of four axes, averaged over height and width, or of two. Default:
   * the last value of four axes and more than one pixel, which is what the classifier begins with.
   */
  readonly layer?: string;
  readonly preprocessing: Partial<Preprocessing>;
}

/** What torchvision's networks, and most others that come as ONNX, take of a pixel. */
const torchvisionScaling: PixelScaling = {
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** A network of whole numbers takes pixels as they are. */
const noScaling: PixelScaling = { scale: 1, mean: [0, 0, 0], deviation: [1, 1, 1] };

/**
 * Cuts a model file at a layer and gives it the input `frames` and the output `features`. Whether it takes several
 * frames at once, and how many values it gives, is learned by running it on noise.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID for what is no ONNX model, or none that takes one picture;
 * ERR_USAGE listing the layers where there is none of that name, or it has neither two nor four axes.
 */
export async function prepareOnnx(
  file: Uint8Array,
  options: OnnxFileOptions,
): Promise<PreparedNetwork> {
  const { name } = options;
  try {
    return await prepare(takeModelApart(file, name), options);
  } catch (error) {
    // What onnxruntime says does not name the file.
    if (!(error instanceof MuybridgeError) || error.path !== undefined) throw error;
    throw new MuybridgeError(error.code, `${name} cannot be used: ${error.message}`, {
      path: name,
      cause: error,
    });
  }
}

async function prepare(
  model: OnnxModel,
  { name, layer: wantedLayer, preprocessing }: OnnxFileOptions,
): Promise<PreparedNetwork> {
  const wanted =
    wantedLayer === undefined ? model.outputs.slice(0, 1) : [layerValue(model, wantedLayer)];
  const needed = cutGraph(model, wanted);
  const inputs = model.inputs.filter((input) => needed.inputs.includes(input.name));
  const input = findImageInput(inputs, preprocessing, name);
  const whole = input.elementType === elementTypeNumbers.uint8;
  const front: FrontEnd = {
    input,
    channels: preprocessing.channels ?? "rgb",
    scaling: pixelScaling(preprocessing, whole ? noScaling : torchvisionScaling),
  };
  const layer = wantedLayer === undefined ? await lastMap(needed, front) : wanted[0]!;
  const cut = cutGraph(model, [layer]);
  const [tapped] = await runBare(cut, front, [layer]);
  const value = checkLayer(model, tapped!);
  const graph = encodeFeatures(cut, front, value);
  const batches = await takesSeveral(graph, input.size, dimensionOf(value));
  return {
    graph,
    dimension: dimensionOf(value),
    inputSize: input.size,
    ...(batches ? {} : { framesAtOnce: 1 }),
  };
}

function checkLayer(model: OnnxModel, value: TappedValue): TappedValue {
  const { name, dims } = value;
  const known = Object.values(elementTypeNumbers) as number[];
  if (
    (dims.length === 2 || dims.length === 4) &&
    dims[0] === 1 &&
    known.includes(value.elementType)
  )
    return value;
  throw wrongLayer(
    model,
    `gives [${dims.join(", ")}] as "${name}" for one frame; a layer has one row a frame, or four axes of which two are averaged.`,
  );
}

/** Values before a model's output among which the last map is looked for: first a few, then many. */
const lookBack = [64, 1024];

/** The last value of a graph, before its output, that is a picture of more than one pixel for one frame. */
async function lastMap(graph: CutGraph, front: FrontEnd): Promise<string> {
  const { model, nodes } = graph;
  const depending = new Set(dependentValues(model, front.input.name));
  const values = nodes.flatMap(({ outputs }) => outputs.filter((value) => depending.has(value)));
  for (const count of lookBack) {
    const tapped = await runBare(graph, front, values.slice(-count));
    const map = tapped.findLast((value) => isMap(value));
    if (map) return map.name;
    if (count >= values.length) break;
  }
  throw wrongLayer(model, "has no value near its end that is plainly a picture; name the layer.");
}

function isMap({ dims, channelsLast }: TappedValue): boolean {
  const [batch, ...rest] = dims;
  const [height = 0, width = 0] = channelsLast ? rest : rest.slice(1);
  return dims.length === 4 && batch === 1 && height * width > 1;
}

/** Runs a graph on one frame and tells what its values are like. */
async function runBare(
  graph: CutGraph,
  front: FrontEnd,
  values: readonly string[],
): Promise<TappedValue[]> {
  const { size } = front.input;
  await using session = await openOnnxSession(encodeBare(graph, front, values));
  const outputs = await session.run({ frames: uint8(brightNoise(size), [1, size, size, 3]) });
  return values.map((name, index) => {
    const { type, dims } = outputs[session.outputNames[index]!]!;
    const elementType = elementTypeNumbers[type] ?? 0;
    return { name, elementType, dims, channelsLast: isTransposed(graph, name) };
  });
}

/** ONNX's own operators keep channels before height and width; a Transpose may have put them last. */
function isTransposed({ nodes }: CutGraph, value: string): boolean {
  const maker = nodes.find(({ outputs }) => outputs.includes(value));
  return maker?.op === "Transpose" && maker.permutation?.join() === "0,2,3,1";
}

/** Largest difference, as part of a frame's largest value, between a frame's features alone and beside another. */
const tolerance = 1e-4;

/**
 * Whether each frame of several gets what it gets alone. A graph may be written for one frame, or look at all at
 * once, as quantisation with ranges of the moment does.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where one frame does not give one row.
 */
async function takesSeveral(graph: Uint8Array, size: number, dimension: number): Promise<boolean> {
  await using session = await openOnnxSession(graph);
  // Of different ranges, or a network that measures these on all frames would not give itself away.
  const frames = [brightNoise(size), noise(size, 60, 120)];
  const run = async (pixels: Uint8Array, n: number): Promise<OnnxTensor> => {
    const { features } = await session.run({ frames: uint8(pixels, [n, size, size, 3]) });
    return features!;
  };
  const alone: Float32Array[] = [];
  for (const frame of frames) alone.push((await run(frame, 1)).data as Float32Array);
  const both = await run(Buffer.concat(frames), 2).catch(() => undefined);
  if (both?.dims.join() !== `2,${dimension}`) return false;
  const together = both.data as Float32Array;
  return alone.every((row, i) => {
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return row.every(
      (value, d) => Math.abs(value - together[i * dimension + d]!) <= tolerance * largest,
    );
  });
}

function brightNoise(size: number): Uint8Array {
  return noise(size, 0, 255);
}

function noise(size: number, low: number, high: number): Uint8Array {
  const random = createRandom(`noise ${low}`);
  return Uint8Array.from({ length: size * size * 3 }, () => random.integer(low, high));
}
