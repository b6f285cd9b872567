import { MuybridgeError, messageOf } from "../../core/errors.js";
import { type FlatTable, openFlatBuffer } from "./flatbuffer.js";

/**
 * What is read of a TFLite file. Field numbers and codes from
 * https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/schema/schema.fbs (version 3).
 */
export interface TfliteModel {
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  /** What each DEQUANTIZE is of, by the index of what it makes. */
  readonly dequantised: ReadonlyMap<number, number>;
  /** Indices of the tensors that go in. */
  readonly inputs: readonly number[];
  /** Indices of the tensors that come out. */
  readonly outputs: readonly number[];
}

/** Element types, in the order of their codes. */
export const tfliteTypes = [
  "float32",
  "float16",
  "int32",
  "uint8",
  "int64",
  "string",
  "bool",
  "int16",
  "complex64",
  "int8",
] as const;

/** A value of the network: a constant where it has data. */
export interface TfliteTensor {
  readonly name: string;
  readonly type: (typeof tfliteTypes)[number];
  readonly shape: readonly number[];
  /** The bytes of a constant, little-endian, row-major. */
  readonly data: Uint8Array | undefined;
  /** real = scale * (stored - zeroPoint), one pair for all or one for each slice along `axis`. */
  readonly quantisation:
    | { readonly scale: Float32Array; readonly zeroPoint: BigInt64Array; readonly axis: number }
    | undefined;
}

/** A step of the network. */
export interface TfliteOperator {
  /** The schema's name, or its number where the name is not known here; a custom operator's own name. */
  readonly kind: string;
  /** Indices of tensors; -1 for one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Its options, read as its kind asks for. */
  readonly options: FlatTable | undefined;
}

/** Names of the operators, by their codes (BuiltinOperator). */
const operatorNames: Readonly<Record<number, string>> = {
  0: "ADD",
  1: "AVERAGE_POOL_2D",
  2: "CONCATENATION",
  3: "CONV_2D",
  4: "DEPTHWISE_CONV_2D",
  6: "DEQUANTIZE",
  9: "FULLY_CONNECTED",
  11: "L2_NORMALIZATION",
  13: "LOCAL_RESPONSE_NORMALIZATION",
  14: "LOGISTIC",
  17: "MAX_POOL_2D",
  18: "MUL",
  19: "RELU",
  20: "RELU_N1_TO_1",
  21: "RELU6",
  22: "RESHAPE",
  23: "RESIZE_BILINEAR",
  25: "SOFTMAX",
  28: "TANH",
  32: "CUSTOM",
  34: "PAD",
  36: "GATHER",
  39: "TRANSPOSE",
  40: "MEAN",
  41: "SUB",
  42: "DIV",
  43: "SQUEEZE",
  45: "STRIDED_SLICE",
  49: "SPLIT",
  53: "CAST",
  54: "PRELU",
  65: "SLICE",
  67: "TRANSPOSE_CONV",
  74: "SUM",
  77: "SHAPE",
  83: "PACK",
  97: "RESIZE_NEAREST_NEIGHBOR",
  98: "LEAKY_RELU",
  114: "QUANTIZE",
  117: "HARD_SWISH",
};

/** Code in the old, one-byte field that says: look into the new one. */
const placeholderCode = 127;

/**
 * Reads a TFLite file. Every offset and index is checked.
 *
 * @param name of the file, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID naming what is wrong.
 */
export function readTflite(file: Uint8Array, name: string): TfliteModel {
  const magic = Buffer.from(file.subarray(4, 8)).toString("latin1");
  if (magic !== "TFL3") throw invalid(name, "it does not begin with the mark TFL3");
  try {
    return readModel(openFlatBuffer(file), name);
  } catch (error) {
    if (error instanceof RangeError)
      throw invalid(name, `an offset leads astray (${messageOf(error)})`, error);
    throw error;
  }
}

function readModel(root: FlatTable, name: string): TfliteModel {
  const codes = root.tables(1).map(readOperatorCode);
  const buffers = root.tables(4).map((buffer) => buffer.bytes(0));
  const graph = root.tables(2)[0];
  if (!graph) throw invalid(name, "it holds no graph");
  const tensors = graph.tables(0).map((table, index) => readTensor(table, index, buffers, name));
  const indices = (list: Int32Array, what: string, lowest: number): number[] => {
    const wrong = list.find((index) => index < lowest || index >= tensors.length);
    if (wrong !== undefined)
      throw invalid(name, `${what} names tensor ${wrong} of ${tensors.length}`);
    return [...list];
  };
  const operators = graph.tables(3).map((table, position): TfliteOperator => {
    const code = codes[table.int32(0, 0)];
    if (code === undefined) throw invalid(name, `operator ${position} is of an unknown kind`);
    return {
      kind: code,
      inputs: indices(table.int32s(1), `operator ${position} (${code})`, -1),
      outputs: indices(table.int32s(2), `operator ${position} (${code})`, 0),
      options: table.table(4),
    };
  });
  const dequantised = new Map(
    operators
      .filter(({ kind }) => kind === "DEQUANTIZE")
      .map(({ inputs, outputs }) => [outputs[0] ?? -1, inputs[0] ?? -1]),
  );
  return {
    tensors,
    operators,
    dequantised,
    inputs: indices(graph.int32s(1), "the list of inputs", 0),
    outputs: indices(graph.int32s(2), "the list of outputs", 0),
  };
}

function readOperatorCode(table: FlatTable): string {
  const old = table.int8(0, 0);
  const code = old === placeholderCode ? table.int32(3, 0) : Math.max(old, table.int32(3, 0));
  return table.text(1) || (operatorNames[code] ?? `operator ${code}`);
}

/** Most axes of a tensor; TFLite's own kernels take 8 at most. */
const maxAxes = 8;

function readTensor(
  table: FlatTable,
  index: number,
  buffers: readonly Uint8Array[],
  name: string,
): TfliteTensor {
  const type = tfliteTypes[table.int8(1, 0)];
  const tensorName = table.text(3) || `tensor ${index}`;
  if (!type) throw invalid(name, `the tensor ${index} is of an unknown type`);
  const shape = [...table.int32s(0)];
  if (shape.length > maxAxes) throw invalid(name, `the tensor ${index} has ${shape.length} axes`);
  const data = buffers[table.int32(2, 0)];
  const quantisation = table.table(4);
  const scale = quantisation?.float32s(2);
  return {
    name: tensorName,
    type,
    shape,
    data: data && data.length > 0 ? data : undefined,
    quantisation:
      quantisation && scale && scale.length > 0
        ? { scale, zeroPoint: quantisation.int64s(3), axis: quantisation.int32(6, 0) }
        : undefined,
  };
}

function invalid(name: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${name} is not a TFLite file that can be read: ${why}.`,
    {
      path: name,
      cause,
    },
  );
}
