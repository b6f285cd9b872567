import { MuybridgeError } from "../../core/errors.js";
import type { Graph } from "../../onnx/graph.js";
import { float32 } from "../../onnx/tensor.js";
import { type Constant, constantOf, type WidenedNumbers } from "./constants.js";
import type { FlatTable } from "./flatbuffer.js";
import type { TfliteModel, TfliteOperator, TfliteTensor } from "./read-tflite.js";

/**
 * A conversion from TFLite to ONNX under way.
 *
 * Values of four axes lie as [n, channels, height, width] in the ONNX graph, as onnxruntime's kernels want them,
 * and all others in TFLite's own order.
 */
export interface Conversion {
  readonly model: TfliteModel;
  /** Name of the file, for errors. */
  readonly name: string;
  readonly graph: Graph;
  /** Names of the ONNX values that stand for computed tensors, by tensor index. */
  readonly values: Map<number, string>;
  readonly widened: WidenedNumbers;
}

/** Writes one kind of operator into the graph. */
export type OperatorConverter = (conversion: Conversion, operator: TfliteOperator) => void;

/** [n, height, width, channels] → [n, channels, height, width] */
const toPlanes = { perm: { ints: [0, 3, 1, 2] } };

/** [n, channels, height, width] → [n, height, width, channels] */
const fromPlanes = { perm: { ints: [0, 2, 3, 1] } };

/** Where TFLite's axes of a value of four lie in the ONNX graph. */
const planeAxes = [0, 2, 3, 1] as const;

/** The tensor of an index. */
export function tensorOf(conversion: Conversion, index: number | undefined): TfliteTensor {
  const tensor = conversion.model.tensors[index ?? -1];
  if (tensor) return tensor;
  throw refusal(conversion, "an operator has too few inputs or outputs");
}

/** Axes of a tensor. */
export function rankOf(conversion: Conversion, index: number | undefined): number {
  return tensorOf(conversion, index).shape.length;
}

/** The ONNX value of a computed tensor; of four axes, as planes. */
export function computedValue(conversion: Conversion, index: number | undefined): string {
  const value = conversion.values.get(index ?? -1);
  if (value !== undefined) return value;
  const { name } = tensorOf(conversion, index);
  throw refusal(
    conversion,
    conversion.model.inputs.includes(index!)
      ? `it takes another input beside the picture, ${name}`
      : `the tensor ${name} is used before it is computed, or is a constant where none is expected`,
  );
}

/** The ONNX value of a computed tensor, its axes in TFLite's order. */
export function naturalValue(conversion: Conversion, index: number | undefined): string {
  const value = computedValue(conversion, index);
  if (rankOf(conversion, index) !== 4) return value;
  return conversion.graph.node("Transpose", [value], fromPlanes);
}

/** Keeps the value of a computed tensor whose axes are in TFLite's order. */
export function setNaturalValue(conversion: Conversion, index: number, value: string): void {
  const planes = rankOf(conversion, index) === 4;
  const { graph, values } = conversion;
  values.set(index, planes ? graph.node("Transpose", [value], toPlanes) : value);
}

/** The place of an axis of a tensor in the ONNX graph; axes below 0 count from the last. */
export function onnxAxis(conversion: Conversion, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= rank) {
    throw refusal(conversion, `an operator is applied to axis ${axis} of ${rank}`);
  }
  return rank === 4 ? planeAxes[positive]! : positive;
}

/** A constant that the operator must have, as numbers. */
export function numbersOf(conversion: Conversion, index: number | undefined): Constant {
  const { model, widened } = conversion;
  return constantOf(model, index, widened, (why) => refusal(conversion, why));
}

/** The options that the operator must have. */
export function optionsOf(
  conversion: Pick<Conversion, "name">,
  { kind, options }: TfliteOperator,
): FlatTable {
  if (options) return options;
  throw refusal(conversion, `an operator ${kind} has no options`);
}

/** A constant's place in the graph, or a value's. */
export function addConstant({ graph }: Conversion, { name, shape, data }: Constant): string {
  return graph.constant(float32(data, shape), name);
}

/** The error of a file that cannot be converted. */
export function refusal(
  { name }: Pick<Conversion, "name">,
  why: string,
  cause?: unknown,
): MuybridgeError {
  return new MuybridgeError("ERR_MODEL_INVALID", `${name} cannot be converted: ${why}.`, {
    path: name,
    cause,
  });
}
