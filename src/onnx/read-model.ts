import { MuybridgeError, messageOf } from "../core/errors.js";
import { ModelProto } from "./onnx-schema.js";
import { type ElementType, elementTypeNumbers, type OnnxTensor } from "./tensor.js";

/** A node as ONNX's files have it. */
export interface NodeMessage {
  readonly opType: string;
  readonly name?: string;
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeMessage[];
}

/** A node's attribute: its name, ONNX's number for its kind, and its value in the field of that kind. */
export interface AttributeMessage {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
  readonly strings?: readonly Uint8Array[];
  readonly t?: TensorMessage;
  readonly g?: GraphMessage;
}

/** A constant. */
export interface TensorMessage {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Its elements, little-endian; undefined where the file keeps them in another way. */
  readonly rawData?: Uint8Array;
}

/** A declared input or output. */
export interface ValueMessage {
  readonly name: string;
  readonly type?: object;
}

/** A graph: nodes in the order of computing, constants, inputs and outputs. */
export interface GraphMessage {
  readonly name?: string;
  readonly node: readonly NodeMessage[];
  readonly initializer: readonly TensorMessage[];
  readonly input: readonly ValueMessage[];
  readonly output: readonly ValueMessage[];
}

/** A model file's content. */
export interface ModelMessage {
  readonly opsetImport: readonly { readonly domain?: string; readonly version: number }[];
  readonly metadataProps?: readonly { readonly key: string; readonly value: string }[];
  readonly graph: GraphMessage;
}

/**
 * Reads an ONNX model file that was written here, so that it can be changed. It takes everything apart, whatever
 * comes of it; files from elsewhere are read by `takeModelApart`.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where the bytes are not such a file.
 */
export function readModel(bytes: Uint8Array): ModelMessage {
  let why = "it holds no graph";
  try {
    const message = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, arrays: true });
    if (message.graph) return message as ModelMessage;
  } catch (error) {
    why = messageOf(error);
  }
  throw new MuybridgeError("ERR_MODEL_INVALID", `The network is not an ONNX file: ${why}.`);
}

/** Writes what {@link readModel} read, changed or not. */
export function writeModel(model: ModelMessage): Uint8Array {
  return ModelProto.encode(ModelProto.fromObject(model as object)).finish();
}

/** A constant as ONNX's files have it. */
export function tensorMessage(name: string, { type, dims, data }: OnnxTensor): TensorMessage {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims, dataType: elementTypeNumbers[type], rawData };
}

/** The numbers of a float32 constant; undefined where it is of another type or has not as many as its shape says. */
export function floatsOf(tensor: TensorMessage | undefined): Float32Array | undefined {
  return holds(tensor, "float32", 4)
    ? new Float32Array(Uint8Array.from(tensor.rawData).buffer)
    : undefined;
}

/** The numbers of an int64 constant; undefined as for {@link floatsOf}. */
export function integersOf(tensor: TensorMessage | undefined): number[] | undefined {
  return holds(tensor, "int64", 8)
    ? Array.from(new BigInt64Array(Uint8Array.from(tensor.rawData).buffer), Number)
    : undefined;
}

function holds(
  tensor: TensorMessage | undefined,
  type: ElementType,
  size: number,
): tensor is TensorMessage & { readonly rawData: Uint8Array } {
  return (
    tensor?.dataType === elementTypeNumbers[type] &&
    tensor.rawData?.length === size * tensor.dims.reduce((a, b) => a * b, 1)
  );
}

/** A whole number as an attribute. */
export function integerAttribute(name: string, i: number): AttributeMessage {
  return { name, type: 2, i };
}

/** A list of whole numbers as an attribute. */
export function integersAttribute(name: string, ints: readonly number[]): AttributeMessage {
  return { name, type: 7, ints };
}

/** A node's attribute that is a list of whole numbers, or what stands for it where it is left out. */
export function integersOfAttribute(
  { attribute }: NodeMessage,
  name: string,
  otherwise: readonly number[],
): readonly number[] {
  const found = attribute.find((one) => one.name === name)?.ints;
  return found && found.length > 0 ? found : otherwise;
}
