import { MuybridgeError } from "../../core/errors.js";
import type { OnnxInput } from "../../onnx/model-parts.js";
import { elementTypeNumbers } from "../../onnx/tensor.js";
import { maxInputSize, type Preprocessing, usualInputSize } from "../preprocessing.js";

/** The input of a model that takes the pictures. */
export interface ImageInput {
  readonly name: string;
  readonly layout: Preprocessing["layout"];
  /** Side of the frames, in pixels. */
  readonly size: number;
  /** ONNX's number of its element type. */
  readonly elementType: number;
}

/** Element types that pixels can be turned into. */
const pixelTypes: readonly number[] = [
  elementTypeNumbers.float32,
  elementTypeNumbers.float16,
  elementTypeNumbers.float64,
  elementTypeNumbers.uint8,
];

/**
 * Finds the input that takes pictures, [n, 3, height, width] or [n, height, width, 3].
 *
 * @param inputs that the layer depends on
 * @param name of the file, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID where there is none, or there are others beside it; ERR_USAGE where
 * the caller's layout is not the input's.
 */
export function findImageInput(
  inputs: readonly OnnxInput[],
  { layout, inputSize }: Partial<Preprocessing>,
  name: string,
): ImageInput {
  const refuse = (why: string): never => {
    throw new MuybridgeError("ERR_MODEL_INVALID", `${name} cannot see pictures: ${why}.`, {
      path: name,
    });
  };
  const [input, ...others] = inputs;
  if (!input) return refuse("what is taken of it does not depend on any input");
  if (others.length > 0) {
    refuse(
      `it takes several inputs, ${inputs.map(describe).join(" and ")}; only models of one picture are supported`,
    );
  }
  const { dims, elementType } = input;
  if ((dims.length !== 4 && dims.length !== 0) || !pixelTypes.includes(elementType)) {
    refuse(`it takes ${describe(input)}, not [n, 3, height, width] or [n, height, width, 3]`);
  }
  const fits = (order: Preprocessing["layout"]): boolean =>
    (dims[order === "nchw" ? 1 : 3] ?? 3) === 3;
  const chosen = layout ?? (fits("nchw") ? "nchw" : "nhwc");
  if (!fits(chosen)) {
    if (layout === undefined) refuse(`it takes ${describe(input)}, which has no axis of 3 colours`);
    throw new MuybridgeError(
      "ERR_USAGE",
      `${name} takes ${describe(input)}; that is not the layout ${layout}.`,
      { path: name, parameter: "layout" },
    );
  }
  const [height, width] = chosen === "nchw" ? [dims[2], dims[3]] : [dims[1], dims[2]];
  if (inputSize === undefined && height !== undefined && width !== undefined && height !== width) {
    refuse(`it takes ${describe(input)}, pictures that are not square; give an input size`);
  }
  const size = inputSize ?? height ?? width ?? usualInputSize;
  if (size > maxInputSize) refuse(`it takes ${describe(input)}, more than ${maxInputSize} pixels`);
  return { name: input.name, layout: chosen, size, elementType };
}

function describe({ name, dims, elementType }: OnnxInput): string {
  const type = Object.entries(elementTypeNumbers).find(([, number]) => number === elementType)?.[0];
  return `"${name}" ${type ?? `of type ${elementType}`} [${dims.map((length) => length ?? "?").join(", ")}]`;
}
