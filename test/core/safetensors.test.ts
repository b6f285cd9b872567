import fc from "fast-check";
import { expect, test } from "vitest";
import { MuybridgeError } from "../../src/core/errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/core/safetensors.js";

test("what is written is read again, of every element type", () => {
  const tensors: Record<string, Tensor> = {
    float32: { shape: [2, 3], data: Float32Array.of(1, -2.5, Number.NaN, Infinity, -0, 1e-40) },
    float64: { shape: [1], data: Float64Array.of(Math.PI) },
    int32: { shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
    int64: { shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
    // Three bytes, so that what follows it does not begin at a multiple of its size.
    "byte tensor, ünicode": { shape: [3], data: Uint8Array.of(0, 128, 255) },
    scalar: { shape: [], data: Float32Array.of(7) },
    empty: { shape: [0, 5], data: new Float32Array(0) },
  };
  const read = decodeSafetensors(encodeSafetensors(tensors));
  expect(Object.fromEntries(read)).toEqual(tensors);
});

const tensor: fc.Arbitrary<Tensor> = fc
  .oneof(
    fc.float32Array({ maxLength: 5 }),
    fc.float64Array({ maxLength: 5 }),
    fc.int32Array({ maxLength: 5 }),
    fc.bigInt64Array({ maxLength: 5 }),
    fc.uint8Array({ maxLength: 5 }),
  )
  .map((data) => ({ shape: [data.length], data }));

/** Names that an object would sort differently, or that mean something to it, are drawn often. */
const tensorName = fc.oneof(
  fc.constantFrom("9", "10", "__proto__", "constructor", "toString", ""),
  fc.string({ unit: "binary", maxLength: 4 }),
);

const tensorRecord = fc
  .uniqueArray(fc.tuple(tensorName, tensor), { selector: ([name]) => name, maxLength: 6 })
  .map((entries): Record<string, Tensor> => Object.fromEntries(entries));

test("any tensors are read as they were written, under any name", () => {
  fc.assert(
    fc.property(tensorRecord, (tensors) => {
      const read = decodeSafetensors(encodeSafetensors(tensors));
      expect([...read.keys()].sort()).toEqual(Object.keys(tensors).sort());
      for (const [name, value] of read) expect(value).toEqual(tensors[name]);
    }),
  );
});

test("equal tensors give equal bytes, in whatever order they are named", () => {
  const bias = { shape: [2], data: Float32Array.of(1, 2) };
  const kernel = { shape: [1, 2], data: Float32Array.of(3, 4) };
  const one = encodeSafetensors({ bias, kernel });
  expect(encodeSafetensors({ kernel, bias: { ...bias, data: bias.data.slice() } })).toEqual(one);
  expect(encodeSafetensors({ bias: kernel, kernel: { ...bias, shape: [1, 2] } })).not.toEqual(one);
});

test("a view of a larger buffer is written and read as the view alone", () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  const bytes = encodeSafetensors({ a: { shape: [2], data: whole.subarray(1, 3) } });
  const padded = new Uint8Array(bytes.length + 9);
  padded.set(bytes, 5);
  const read = decodeSafetensors(padded.subarray(5, 5 + bytes.length));
  expect(read.get("a")?.data).toEqual(Float32Array.of(2, 3));
});

test("the layout is the format's own: length, JSON, values", () => {
  const bytes = encodeSafetensors({ b: { shape: [1], data: Int32Array.of(258) } });
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
    b: { dtype: "I32", shape: [1], data_offsets: [0, 4] },
  });
  expect([...bytes.subarray(8 + length)]).toEqual([2, 1, 0, 0]);
});

test("a file of another writer is read: metadata, gaps in the JSON, values in another order", () => {
  const read = decodeSafetensors(
    fileOf(
      `{ "__metadata__": {"format": "pt"},
         "b": {"dtype": "U8", "shape": [1], "data_offsets": [2, 3]},
         "a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
         "none": {"dtype": "F32", "shape": [0], "data_offsets": [2, 2]} }`,
      Uint8Array.of(1, 2, 3),
    ),
  );
  expect(Object.fromEntries(read)).toEqual({
    a: { shape: [2], data: Uint8Array.of(1, 2) },
    b: { shape: [1], data: Uint8Array.of(3) },
    none: { shape: [0], data: new Float32Array(0) },
  });
});

test("a tensor that does not hold what its shape says is not written", () => {
  expect(() => encodeSafetensors({ w: { shape: [2, 2], data: new Float32Array(3) } })).toThrow(
    /tensor w holds 3 values/,
  );
});

const u8 = (begin: number, end: number): object => ({
  dtype: "U8",
  shape: [end - begin],
  data_offsets: [begin, end],
});

test.each<[why: string, header: unknown, size: number, tensor?: string]>([
  ["two tensors over the same bytes", { a: u8(0, 4), b: u8(2, 6) }, 6, "b"],
  ["one tensor within another", { a: u8(0, 6), b: u8(2, 4) }, 6, "b"],
  ["the same bytes twice", { a: u8(0, 6), b: u8(0, 6) }, 6, "b"],
  ["a hole between tensors", { a: u8(0, 2), b: u8(4, 6) }, 6, "b"],
  ["a hole before the first", { a: u8(2, 6) }, 6, "a"],
  ["bytes after the last", { a: u8(0, 4) }, 6],
  ["bytes of no tensor", {}, 1],
  ["a tensor beyond the end", { a: u8(0, 8) }, 6, "a"],
  ["an end before the beginning", { a: { dtype: "U8", shape: [0], data_offsets: [4, 2] } }, 6, "a"],
  ["fewer bytes than the shape", { a: { dtype: "F32", shape: [2], data_offsets: [0, 6] } }, 6, "a"],
  ["one offset", { a: { dtype: "U8", shape: [6], data_offsets: [0] } }, 6, "a"],
  ["three offsets", { a: { dtype: "U8", shape: [6], data_offsets: [0, 6, 6] } }, 6, "a"],
  ["no offsets", { a: { dtype: "U8", shape: [6] } }, 6, "a"],
  ["a negative offset", { a: { dtype: "U8", shape: [6], data_offsets: [-6, 0] } }, 6, "a"],
  ["a broken shape", { a: { dtype: "U8", shape: [1.5, 4], data_offsets: [0, 6] } }, 6, "a"],
  ["a negative shape", { a: { dtype: "U8", shape: [-2, -3], data_offsets: [0, 6] } }, 6, "a"],
  ["a shape past counting", { a: { dtype: "U8", shape: [2 ** 53], data_offsets: [0, 6] } }, 6, "a"],
  ["an unknown type", { a: { dtype: "F8_E4M3", shape: [6], data_offsets: [0, 6] } }, 6, "a"],
  ["a type of every object", { a: { ...u8(0, 6), dtype: "constructor" } }, 6, "a"],
  ["a type without a text", { a: { ...u8(0, 6), dtype: { toString: 1 } } }, 6, "a"],
  ["an entry that is null", { a: null }, 6, "a"],
  ["an entry that is a number", { a: 1 }, 6, "a"],
  ["a header that is a list", [], 0],
  ["a header that is null", null, 0],
])("%s is refused", (_, header, size, parameter) => {
  const refused = refusalOf(fileOf(JSON.stringify(header), new Uint8Array(size)));
  expect(refused?.code).toBe("ERR_MODEL_INVALID");
  expect(refused?.parameter).toBe(parameter);
});

test.each<[string, Uint8Array]>([
  ["an empty file", new Uint8Array(0)],
  ["seven bytes", new Uint8Array(7)],
  ["a header longer than the file", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123, 125)],
  ["a header longer than any", new Uint8Array(64).fill(255)],
  ["a header that is not JSON", fileOf("{", new Uint8Array(0))],
  [
    "two tensors of one name",
    fileOf(
      `{"a":${JSON.stringify(u8(0, 1))},"\\u0061":${JSON.stringify(u8(0, 1))}}`,
      Uint8Array.of(1),
    ),
  ],
  ["a header of nothing but brackets", fileOf("[".repeat(1_000_000), new Uint8Array(0))],
  [
    "a header of deep lists",
    fileOf(`{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, new Uint8Array(0)),
  ],
  // {"__metadata__":"?"}, the text being one byte that begins no character.
  [
    "a header that is not UTF-8",
    fileOf(Buffer.from('{"__metadata__":"\xff"}', "latin1"), new Uint8Array(0)),
  ],
])("%s is refused", (_, file) => {
  expect(refusalOf(file)?.code).toBe("ERR_MODEL_INVALID");
});

const jsonKeys = fc.constantFrom("dtype", "shape", "data_offsets", "a", "toString", "__proto__");
const hostileValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.dictionary(jsonKeys, fc.jsonValue({ maxDepth: 1 })),
);
const offset = fc.oneof(fc.integer({ min: -1, max: 12 }), fc.double(), fc.maxSafeInteger());
/** Entries that are nearly right. */
const hostileEntry = fc.oneof(
  hostileValue,
  fc.record(
    {
      dtype: fc.oneof(
        fc.constantFrom<unknown>("F32", "F64", "I32", "I64", "U8", "BF16"),
        hostileValue,
      ),
      shape: fc.oneof(fc.array(offset, { maxLength: 3 }), hostileValue),
      data_offsets: fc.oneof(fc.array(offset, { maxLength: 3 }), hostileValue),
    },
    { requiredKeys: [] },
  ),
);

test("whatever a header says, the file is read within its bounds or refused with its code", () => {
  fc.assert(
    fc.property(
      fc.dictionary(tensorName, hostileEntry, { maxKeys: 4 }),
      fc.uint8Array({ maxLength: 16 }),
      (header, body) => staysWithinBounds(fileOf(JSON.stringify(header), body), body.length),
    ),
    { numRuns: 500 },
  );
});

test("any bytes are read within their bounds or refused with the code", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (file) => staysWithinBounds(file, file.length)),
  );
});

test("a good file with changed, missing or added bytes is read within its bounds or refused", () => {
  const good = encodeSafetensors({
    bias: { shape: [2], data: Float32Array.of(1, 2) },
    kernel: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) },
    none: { shape: [0], data: new Int32Array(0) },
  });
  // Digits and brackets are likelier to give another JSON than any byte is.
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789-,[]{}":eF')));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), byte), { maxLength: 4 }),
      fc.oneof(fc.constant(good.length), fc.nat(good.length + 8)),
      (changes, length) => {
        const file = new Uint8Array(length);
        file.set(good.subarray(0, length));
        for (const [at, value] of changes) if (at < length) file[at] = value;
        staysWithinBounds(file, length);
      },
    ),
    { numRuns: 1000 },
  );
});

/** A safetensors file of any header and body. */
function fileOf(header: string | Buffer, body: Uint8Array): Uint8Array {
  const text = typeof header === "string" ? Buffer.from(header) : header;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, body]);
}

/** The error by which a file is refused; undefined where it is read. Any other error is passed on. */
function refusalOf(file: Uint8Array): MuybridgeError | undefined {
  try {
    decodeSafetensors(file);
    return undefined;
  } catch (error) {
    if (error instanceof MuybridgeError) return error;
    throw error;
  }
}

function staysWithinBounds(file: Uint8Array, most: number): void {
  const refused = refusalOf(file);
  if (refused) {
    expect(refused.code).toBe("ERR_MODEL_INVALID");
    return;
  }
  let bytes = 0;
  for (const { shape, data } of decodeSafetensors(file).values()) {
    expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
    bytes += data.byteLength;
  }
  expect(bytes).toBeLessThanOrEqual(most);
}
