import { float16ToFloat32 } from "./float16.js";
import type { TfliteModel, TfliteTensor } from "./read-tflite.js";

/** A constant as the ONNX graph takes it. */
export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major, its axes in TFLite's order. */
  readonly data: Float32Array;
}

/** How many numbers a conversion has widened so far. */
export interface WidenedNumbers {
  numbers: number;
}

/**
 * Most numbers that are widened for one network: 1 GiB of float32, twice VGG-19. Every operator of a file may take the
 * same constant, so that the file's size bounds nothing.
 */
const maxNumbers = 2 ** 28;

/**
 * The numbers of a constant, widened to float32: real numbers, or stored whole ones with a scale, directly or
 * through a DEQUANTIZE of a constant.
 *
 * @param widened is added to
 * @param refusal makes the error that is thrown where the tensor is no such constant
 */
export function constantOf(
  model: TfliteModel,
  index: number | undefined,
  widened: WidenedNumbers,
  refusal: (why: string) => Error,
): Constant {
  const source = constantSource(model, index);
  const name = model.tensors[index ?? -1]?.name ?? `tensor ${index}`;
  if (!source?.data) throw refusal(`the tensor ${name} should be a constant`);
  widened.numbers += source.data.length / (widths[source.type] ?? 1);
  if (widened.numbers > maxNumbers) {
    throw refusal(`its operators take constants of more than ${maxNumbers} numbers together`);
  }
  const data = storedNumbers(source, source.data);
  if (!data) {
    const quantised = source.type === "uint8" || source.type === "int8" || source.type === "int32";
    const what = quantised ? " without a scale" : "";
    throw refusal(`the constant ${name} is of type ${source.type}${what}, which is not supported`);
  }
  if (data.length !== sizeOf(source.shape)) {
    throw refusal(`the constant ${name} does not hold as many numbers as its shape says`);
  }
  if (source.quantisation && !isReal(source) && !dequantise(data, source)) {
    throw refusal(`the scales of the constant ${name} do not fit its shape`);
  }
  return { name, shape: source.shape, data };
}

/** Bytes of a stored number, where they are more than one. */
const widths: Partial<Record<TfliteTensor["type"], number>> = { float32: 4, int32: 4, float16: 2 };

/** Most whole numbers a constant may hold that is read as axes or lengths. */
const maxIntegers = 64;

/** Whole numbers that say axes, lengths or paddings; undefined where the tensor is no such constant. */
export function integersOf(tensor: TfliteTensor | undefined): number[] | undefined {
  const { data, type } = tensor ?? {};
  const width = type === "int32" ? 4 : type === "int64" ? 8 : undefined;
  if (!data || !width || data.length % width !== 0 || data.length > maxIntegers * width) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length / width }, (_, i) =>
    width === 4 ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true)),
  );
}

/** Whether a DEQUANTIZE only widens a constant. */
export function isConstant(model: TfliteModel, index: number | undefined): boolean {
  return Boolean(constantSource(model, index)?.data);
}

/** The tensor that holds a constant's numbers: itself, or the one that a DEQUANTIZE widens; it has data where it is one. */
export function constantSource(
  model: TfliteModel,
  index: number | undefined,
): TfliteTensor | undefined {
  const direct = model.tensors[index ?? -1];
  return direct?.data ? direct : model.tensors[model.dequantised.get(index ?? -1) ?? -1];
}

/** Whether a tensor's numbers are stored as real ones. */
export function isReal({ type }: TfliteTensor): boolean {
  return type === "float32" || type === "float16";
}

/** The numbers as they are stored; undefined for types that hold none, and whole ones without a scale. */
function storedNumbers(
  { type, quantisation }: TfliteTensor,
  bytes: Uint8Array,
): Float32Array | undefined {
  if (type === "float16") return float16ToFloat32(bytes);
  if (type === "float32" && bytes.length % 4 === 0) return new Float32Array(bytes.slice().buffer);
  if (!quantisation) return undefined;
  if (type === "uint8") return Float32Array.from(bytes);
  if (type === "int8") return Float32Array.from(new Int8Array(bytes.slice().buffer));
  if (type === "int32" && bytes.length % 4 === 0) {
    return Float32Array.from(new Int32Array(bytes.slice().buffer));
  }
  return undefined;
}

/**
 * Turns stored numbers into real ones in place: scale * (stored - zeroPoint), with one pair for all or one for
 * each slice along an axis (https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec).
 *
 * @returns false where there are neither one nor as many scales as slices
 */
function dequantise(data: Float32Array, { shape, quantisation }: TfliteTensor): boolean {
  const { scale, zeroPoint, axis } = quantisation!;
  const perTensor = scale.length === 1;
  const slices = perTensor ? 1 : (shape[axis] ?? 0);
  const zeros = zeroPoint.length === 0 ? new BigInt64Array(slices) : zeroPoint;
  if (scale.length !== slices || zeros.length !== slices) return false;
  const inner = perTensor ? data.length : sizeOf(shape.slice(axis + 1));
  for (let i = 0; i < data.length; i++) {
    const slice = Math.floor(i / inner) % slices;
    data[i] = scale[slice]! * (data[i]! - Number(zeros[slice]!));
  }
  return true;
}

function sizeOf(shape: readonly number[]): number {
  return shape.some((length) => length < 0) ? Number.NaN : shape.reduce((a, b) => a * b, 1);
}
