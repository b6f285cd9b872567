/** Element types that are used in graphs, with ONNX's numbers for them (TensorProto.DataType). */
export const elementTypeNumbers = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;

/** The type of a tensor's elements. */
export type ElementType = keyof typeof elementTypeNumbers;

/** Elements in memory. float16 is kept as the bits of each number; bool as bytes 0 and 1. */
export type ElementArray =
  | Float32Array
  | Uint8Array
  | Int8Array
  | Int32Array
  | BigInt64Array
  | Uint16Array
  | Float64Array;

/** A tensor: its element type, its shape, and its elements in row-major order. */
export interface OnnxTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: ElementArray;
}

/** float32 tensor of the given shape. */
export function float32(
  data: Float32Array | readonly number[],
  dims: readonly number[],
): OnnxTensor {
  return {
    type: "float32",
    dims,
    data: data instanceof Float32Array ? data : Float32Array.from(data),
  };
}

/** int64 tensor of the given shape; a vector where no shape is given. */
export function int64(
  data: readonly number[],
  dims: readonly number[] = [data.length],
): OnnxTensor {
  return { type: "int64", dims, data: BigInt64Array.from(data, (value) => BigInt(value)) };
}

/** int32 tensor of the given shape; a vector where no shape is given. */
export function int32(
  data: readonly number[],
  dims: readonly number[] = [data.length],
): OnnxTensor {
  return { type: "int32", dims, data: Int32Array.from(data) };
}

/** uint8 tensor of the given shape. */
export function uint8(data: Uint8Array, dims: readonly number[]): OnnxTensor {
  return { type: "uint8", dims, data };
}
