import type { Attribute } from "../../../onnx/graph.js";
import { type Conversion, optionsOf, refusal } from "../conversion.js";
import type { TfliteOperator } from "../read-tflite.js";

/** How a window slides over a picture. */
export interface Window {
  /** 0 for SAME, 1 for VALID. */
  readonly padding: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
}

/** Largest stride, dilation or side of a window that is believed. */
const maxStep = 1024;

/** Reads padding and strides, which all such operators' options begin with. */
export function windowOf(
  conversion: Pick<Conversion, "name">,
  operator: TfliteOperator,
  dilations?: { readonly width: number; readonly height: number },
): Window {
  const table = optionsOf(conversion, operator);
  const window = {
    padding: table.int8(0, 0),
    strideWidth: table.int32(1, 1),
    strideHeight: table.int32(2, 1),
    dilationWidth: dilations ? table.int32(dilations.width, 1) : 1,
    dilationHeight: dilations ? table.int32(dilations.height, 1) : 1,
  };
  const { strideWidth, strideHeight, dilationWidth, dilationHeight } = window;
  checkSteps(conversion, operator, "stride or dilation", [
    strideWidth,
    strideHeight,
    dilationWidth,
    dilationHeight,
  ]);
  return window;
}

/** Refuses lengths that no network has. */
export function checkSteps(
  conversion: Pick<Conversion, "name">,
  { kind }: TfliteOperator,
  what: string,
  steps: readonly number[],
): void {
  if (steps.every((step) => step >= 1 && step <= maxStep)) return;
  throw refusal(conversion, `an operator ${kind} has a ${what} out of range`);
}

/**
 * Strides and padding as ONNX's attributes. TensorFlow's SAME puts the odd pixel at the end
 * (https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
 */
export function windowAttributes(
  conversion: Conversion,
  { kind }: TfliteOperator,
  window: Window,
  height: number,
  width: number,
): Record<string, Attribute> {
  const { padding, strideHeight, strideWidth, dilationHeight, dilationWidth } = window;
  const shape = {
    kernel_shape: { ints: [height, width] },
    strides: { ints: [strideHeight, strideWidth] },
  };
  if (padding !== 0) return { ...shape, auto_pad: { s: "VALID" } };
  if (dilationHeight === 1 && dilationWidth === 1)
    return { ...shape, auto_pad: { s: "SAME_UPPER" } };
  // onnxruntime has no SAME_UPPER with dilations; without strides it is the same for pictures of any size.
  if (strideHeight !== 1 || strideWidth !== 1) {
    throw refusal(conversion, `an operator ${kind} has both strides and dilations`);
  }
  const rows = (height - 1) * dilationHeight;
  const columns = (width - 1) * dilationWidth;
  const before = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return { ...shape, pads: { ints: [...before, Math.ceil(rows / 2), Math.ceil(columns / 2)] } };
}
