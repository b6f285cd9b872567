/**
 * Bounds-checked reading of FlatBuffers (https://flatbuffers.dev/internals/): every offset comes from an
 * untrusted file.
 */

/** Longest vector of tables that is followed; a TFLite file has a few thousand tensors and operators at most. */
const maxVectorLength = 100_000;

/** What a table counts for, in bytes, against the budget. */
const tableSize = 64;

/**
 * Bytes of vectors that are read of a file, all in all: in proportion to its size, with a beginning for small ones, and
 * never more than any real file's tables, names and shapes. Offsets may lead to one vector again and again, so that a
 * file of a megabyte could ask for terabytes.
 */
function budgetOf(fileSize: number): number {
  return Math.min(8 * fileSize + 2 ** 20, 2 ** 28);
}

/** A file, and what may still be read of it. */
interface Source {
  readonly view: DataView;
  budget: number;
}

/** A table within a buffer. Fields are known by their index in the schema; absent ones have no value. */
export interface FlatTable {
  /** A scalar field, or the schema's default where it is absent. */
  int8(field: number, absent: number): number;
  uint8(field: number, absent: number): number;
  int32(field: number, absent: number): number;
  float32(field: number, absent: number): number;
  /** A text field, empty where it is absent. */
  text(field: number): string;
  table(field: number): FlatTable | undefined;
  tables(field: number): FlatTable[];
  /** Elements of a vector field, copied. */
  int32s(field: number): Int32Array;
  float32s(field: number): Float32Array;
  int64s(field: number): BigInt64Array;
  /** Bytes of a vector field, a view into the file. */
  bytes(field: number): Uint8Array;
}

/**
 * Opens the root table.
 *
 * @throws RangeError, here and from every reading, where an offset leads outside the file, or offsets to the same place
 * make more of it than there is.
 */
export function openFlatBuffer(file: Uint8Array): FlatTable {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return tableAt({ view, budget: budgetOf(file.length) }, follow(view, 0));
}

function tableAt(source: Source, position: number): FlatTable {
  const { view } = source;
  const vtable = position - view.getInt32(position, true);
  const vtableSize = view.getUint16(vtable, true);
  /** Position of a field, or 0 where the table has none. */
  const find = (field: number): number => {
    const slot = 4 + 2 * field;
    if (slot + 2 > vtableSize) return 0;
    const offset = view.getUint16(vtable + slot, true);
    return offset === 0 ? 0 : position + offset;
  };
  const vector = (field: number, elementSize: number): { start: number; length: number } => {
    const at = find(field);
    if (at === 0) return { start: 0, length: 0 };
    const start = follow(view, at);
    const length = view.getUint32(start, true);
    if (start + 4 + length * elementSize > view.byteLength) {
      throw new RangeError(`A vector of ${length} elements does not fit into the file.`);
    }
    return { start: start + 4, length };
  };
  const spend = (bytes: number): void => {
    source.budget -= bytes;
    if (source.budget < 0) {
      throw new RangeError("Its tables refer to the same places too often, or are too many.");
    }
  };
  const viewOf = (field: number, elementSize: number): Uint8Array => {
    const { start, length } = vector(field, elementSize);
    return new Uint8Array(view.buffer, view.byteOffset + start, length * elementSize);
  };
  const read = (field: number, elementSize: number): Uint8Array => {
    const bytes = viewOf(field, elementSize);
    spend(bytes.length);
    return bytes;
  };
  return {
    int8: (field, absent) => (find(field) ? view.getInt8(find(field)) : absent),
    uint8: (field, absent) => (find(field) ? view.getUint8(find(field)) : absent),
    int32: (field, absent) => (find(field) ? view.getInt32(find(field), true) : absent),
    float32: (field, absent) => (find(field) ? view.getFloat32(find(field), true) : absent),
    text: (field) => Buffer.from(read(field, 1)).toString("utf8"),
    table: (field) => (find(field) ? tableAt(source, follow(view, find(field))) : undefined),
    tables(field) {
      const { start, length } = vector(field, 4);
      if (length > maxVectorLength)
        throw new RangeError(`A vector of ${length} tables is too long.`);
      spend(length * tableSize);
      return Array.from({ length }, (_, i) => tableAt(source, follow(view, start + 4 * i)));
    },
    int32s: (field) => new Int32Array(read(field, 4).slice().buffer),
    float32s: (field) => new Float32Array(read(field, 4).slice().buffer),
    int64s: (field) => new BigInt64Array(read(field, 8).slice().buffer),
    bytes: (field) => viewOf(field, 1),
  };
}

/** The position that the offset at this position leads to. */
function follow(view: DataView, position: number): number {
  return position + view.getUint32(position, true);
}
