import { MuybridgeError, messageOf } from "./errors.js";
import { parseStrictJson } from "./strict-json.js";

/** A tensor: its shape, and its elements in row-major order. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorArray;
}

/** Elements of the types that are read and written. */
export type TensorArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** The format's names of the element types (https://github.com/huggingface/safetensors). */
const arrayTypes = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
} as const;

type TypeName = keyof typeof arrayTypes;

/**
 * Longest header that is read, in bytes: that of a hundred thousand tensors. The format's own bound, 100 MB, would let
 * a file of brackets take gigabytes of memory.
 */
const maxHeaderSize = 2 ** 24;

/** Writes tensors as a safetensors file. The same tensors give the same bytes: names are sorted. */
export function encodeSafetensors(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  const names = Object.keys(tensors).sort();
  const header: [string, object][] = [];
  let size = 0;
  for (const name of names) {
    const { shape, data } = tensors[name]!;
    if (product(shape) !== data.length) {
      throw new RangeError(
        `The tensor ${name} holds ${data.length} values, not those of [${shape}].`,
      );
    }
    header.push([
      name,
      { dtype: typeName(data), shape, data_offsets: [size, size + data.byteLength] },
    ]);
    size += data.byteLength;
  }
  // fromEntries defines own properties, so that no name, not even __proto__, is special.
  const text = JSON.stringify(Object.fromEntries(header));
  // Padded with spaces, so that the data begins at a multiple of 8 bytes.
  const headerSize = Math.ceil(Buffer.byteLength(text) / 8) * 8;
  const file = Buffer.alloc(8 + headerSize + size, " ");
  file.writeBigUInt64LE(BigInt(headerSize));
  file.write(text, 8);
  let offset = 8 + headerSize;
  for (const name of names) {
    const { data } = tensors[name]!;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file. Everything in it is checked: it may come from anywhere.
 *
 * @param path of the file, for errors
 * @returns copies of the tensors, by name; their numbers may be any, NaN too
 * @throws MuybridgeError ERR_MODEL_INVALID naming the tensor at fault.
 */
export function decodeSafetensors(file: Uint8Array, path?: string): Map<string, Tensor> {
  try {
    return decode(file);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `The safetensors file ${path === undefined ? "" : `${path} `}cannot be read: ${error.message}.`,
      {
        ...(path === undefined ? {} : { path }),
        ...(error.tensor === undefined ? {} : { parameter: error.tensor }),
      },
    );
  }
}

function decode(file: Uint8Array): Map<string, Tensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8) throw invalid("it is shorter than its header");
  const headerSize = Number(view.getBigUint64(0, true));
  if (headerSize > maxHeaderSize || headerSize > file.length - 8)
    throw invalid("its header is cut off");
  const header = parseHeader(file.subarray(8, 8 + headerSize));
  const body = file.subarray(8 + headerSize);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => readEntry(name, entry, body.length));
  // Before anything is copied: many tensors over the same bytes would be far larger than the file.
  checkCoverage(entries, body.length);
  return new Map(
    entries.map(({ name, type, shape, begin, end }) => {
      const data = new arrayTypes[type](new Uint8Array(body.subarray(begin, end)).buffer);
      return [name, { shape, data }];
    }),
  );
}

/** The format has neither holes nor overlaps, so that nothing can hide in a file. */
function checkCoverage(entries: readonly Entry[], size: number): void {
  let covered = 0;
  // An empty tensor begins where the next one does.
  for (const { name, begin, end } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== covered) {
      const what = begin < covered ? "overlaps the one before it" : "leaves a hole before it";
      throw invalid(`its tensor "${shown(name)}" ${what}`, name);
    }
    covered = end;
  }
  if (covered !== size) throw invalid("its tensors do not fill it");
}

function parseHeader(bytes: Uint8Array): object {
  let header: unknown;
  try {
    // The format forbids two tensors of one name, and no name.
    header = parseStrictJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes), true);
  } catch (error) {
    throw invalid(`its header is not JSON (${messageOf(error)})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw invalid("its header is not an object");
  }
  return header;
}

interface Entry {
  readonly name: string;
  readonly type: TypeName;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, entry: unknown, size: number): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const type = dtype as TypeName;
  if (typeof dtype !== "string" || !Object.hasOwn(arrayTypes, dtype)) {
    // Anything may stand there, also what cannot be made a text.
    const found = typeof dtype === "string" ? shown(dtype) : typeof dtype;
    throw invalid(`its tensor "${shown(name)}" is of the unsupported type ${found}`, name);
  }
  if (!isNaturals(shape) || !isNaturals(offsets) || offsets.length !== 2) {
    throw invalid(`its tensor "${shown(name)}" has no proper shape and offsets`, name);
  }
  const [begin = 0, end = 0] = offsets;
  if (
    begin > end ||
    end > size ||
    end - begin !== product(shape) * arrayTypes[type].BYTES_PER_ELEMENT
  ) {
    throw invalid(`its tensor "${shown(name)}" does not lie within it as its shape says`, name);
  }
  return { name, type, shape, begin, end };
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function typeName(data: TensorArray): TypeName {
  const names = Object.keys(arrayTypes) as TypeName[];
  return names.find((name) => data instanceof arrayTypes[name])!;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** A reason to refuse a file, and the tensor that it is about. */
class Refusal extends Error {
  readonly tensor: string | undefined;

  constructor(why: string, tensor: string | undefined) {
    super(why);
    this.tensor = tensor;
  }
}

function invalid(why: string, tensor?: string): Refusal {
  return new Refusal(why, tensor);
}

/** A name or type as an error shows it: a file's may be as long as its header. */
function shown(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
