import { type CutGraph, encodeCutGraph, unusedPrefix } from "../../onnx/cut-graph.js";
import { createGraph, type Graph } from "../../onnx/graph.js";
import type { OnnxModel } from "../../onnx/model-parts.js";
import { elementTypeNumbers } from "../../onnx/tensor.js";
import { addPreprocessing } from "../prepared-network.js";
import type { PixelScaling, Preprocessing } from "../preprocessing.js";
import type { ImageInput } from "./image-input.js";

/** What stands before a model: frames in, its own input out. */
export interface FrontEnd {
  readonly input: ImageInput;
  readonly scaling: PixelScaling;
  readonly channels: Preprocessing["channels"];
}

/** What a tapped value is like, as a run has shown. */
export interface TappedValue {
  readonly name: string;
  readonly elementType: number;
  /** Lengths of its axes for one frame. */
  readonly dims: readonly number[];
  /** Whether its four axes are [n, height, width, channels] instead of [n, channels, height, width]. */
  readonly channelsLast: boolean;
}

/** Names of the prepared network's input and output, which the model's own values must not have. */
const reserved = ["frames", "features"] as const;

/** [n, channels, height, width] → [n, height, width, channels], and back. */
const perms = { nhwc: { perm: { ints: [0, 2, 3, 1] } }, nchw: { perm: { ints: [0, 3, 1, 2] } } };

/** Writes a cut model that takes `frames` and gives values as they are. */
export function encodeBare(cut: CutGraph, front: FrontEnd, values: readonly string[]): Uint8Array {
  const names = chooseNames(cut.model);
  const after = createGraph("after", `${names.prefix}after/`);
  for (const value of values) after.outputOfAnyType(names.of(value));
  return encodeCutGraph(cut, addFrontEnd(names, front), after, names.renamed);
}

/**
 * Writes a cut model that takes `frames` and gives `features`: the mean over height and width of a value of four
 * axes, a value of two as it is. Only nodes are added that are the same in all operator sets from 7 on.
 */
export function encodeFeatures(cut: CutGraph, front: FrontEnd, value: TappedValue): Uint8Array {
  const names = chooseNames(cut.model);
  const after = createGraph("after", `${names.prefix}after/`);
  const { float32 } = elementTypeNumbers;
  let result = names.of(value.name);
  if (value.elementType !== float32) result = after.node("Cast", [result], { to: { i: float32 } });
  if (value.dims.length === 4) {
    if (value.channelsLast) result = after.node("Transpose", [result], perms.nchw);
    result = after.node("GlobalAveragePool", [result]);
    result = after.node("Flatten", [result], { axis: { i: 1 } });
  }
  after.output(result, "float32", ["n", dimensionOf(value)], "features");
  return encodeCutGraph(cut, addFrontEnd(names, front), after, names.renamed);
}

/** Values a frame gives. */
export function dimensionOf({ dims, channelsLast }: TappedValue): number {
  return (dims.length === 4 && channelsLast ? dims[3] : dims[1]) ?? 0;
}

function addFrontEnd(names: Names, { input, scaling, channels }: FrontEnd): Graph {
  const before = createGraph("before", `${names.prefix}before/`);
  let value = addPreprocessing(before, { channels, ...scaling });
  if (input.layout === "nhwc") value = before.node("Transpose", [value], perms.nhwc);
  if (input.elementType !== elementTypeNumbers.float32) {
    value = before.node("Cast", [value], { to: { i: input.elementType } });
  }
  // The name is the model's own, so that no prefix goes before it.
  before.output(value, "float32", [], names.of(input.name));
  return before;
}

interface Names {
  /** Goes before the names of all that is added. */
  readonly prefix: string;
  /** New names of the model's own values, by the old ones. */
  readonly renamed: ReadonlyMap<string, string>;
  /** The name of one of the model's own values in what is written. */
  readonly of: (value: string) => string;
}

function chooseNames(model: OnnxModel): Names {
  const prefix = unusedPrefix(model, "muybridge");
  const renamed = new Map(reserved.map((name) => [name as string, `${prefix}own/${name}`]));
  return { prefix, renamed, of: (value) => renamed.get(value) ?? value };
}
