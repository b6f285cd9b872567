import fc from "fast-check";
import { Builder } from "flatbuffers";
import { expect, test } from "vitest";
import { MuybridgeError } from "../../src/core/errors.js";
import { readEmbeddedWeights } from "../../src/features/embedded-weights.js";
import { constantOf } from "../../src/features/tflite/constants.js";
import { readTflite } from "../../src/features/tflite/read-tflite.js";
import { tfliteToOnnx } from "../../src/features/tflite/tflite-to-onnx.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { codes, convOptions, float32Bytes, type NetworkSpec, writeTflite } from "./tflite-file.js";

const network: NetworkSpec = {
  tensors: [
    { name: "picture", shape: [1, 4, 4, 3] },
    {
      name: "kernel",
      shape: [2, 1, 1, 3],
      data: float32Bytes([1, 2, 3, 4, 5, 6]),
      quantisation: { scale: [0.5, 0.25], axis: 3 },
    },
    { name: "made", shape: [1, 4, 4, 2] },
    { name: "bytes", shape: [2], type: 3, data: Uint8Array.of(7, 8) },
  ],
  operators: [
    {
      code: codes.conv,
      inputs: ["picture", "kernel", ""],
      outputs: ["made"],
      options: convOptions({ stride: [2, 1] }),
    },
    { code: 0, custom: "MyOperator", inputs: ["made"], outputs: ["bytes"] },
    { code: 142, inputs: ["picture"], outputs: ["bytes"] },
  ],
  inputs: ["picture"],
  outputs: ["made", "bytes"],
};

const smallFile = writeTflite(network);

const preprocessing = { scale: 1, mean: [0, 0, 0] } as const;

/** What is thrown by reading and, where that succeeds, by converting. */
function thrownBy(file: Uint8Array, layer: string): unknown {
  try {
    tfliteToOnnx(readTflite(file, "m.tflite"), { layer, preprocessing, name: "m.tflite" });
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectRefusal(thrown: unknown, codes: readonly string[] = ["ERR_MODEL_INVALID"]): void {
  expect(thrown).toBeInstanceOf(MuybridgeError);
  expect(codes).toContain((thrown as MuybridgeError).code);
}

test("tensors are read with name, type, shape, constants and quantisation", () => {
  const { tensors, inputs, outputs } = readTflite(smallFile, "m.tflite");
  expect(tensors.map(({ name }) => name)).toEqual(["picture", "kernel", "made", "bytes"]);
  expect(tensors.map(({ type }) => type)).toEqual(["float32", "float32", "float32", "uint8"]);
  expect(tensors[1]?.shape).toEqual([2, 1, 1, 3]);
  expect(tensors[1]?.data).toEqual(float32Bytes([1, 2, 3, 4, 5, 6]));
  expect(tensors[3]?.data).toEqual(Uint8Array.of(7, 8));
  expect(tensors[0]?.data).toBeUndefined();
  expect(tensors[0]?.quantisation).toBeUndefined();
  const quantisation = tensors[1]?.quantisation;
  expect(quantisation?.axis).toBe(3);
  expect([...(quantisation?.scale ?? [])]).toEqual([0.5, 0.25]);
  expect([...(quantisation?.zeroPoint ?? [])]).toEqual([100n, 101n]);
  expect([inputs, outputs]).toEqual([[0], [2, 3]]);
});

test("operators are read with kind, tensors and options", () => {
  const { operators } = readTflite(smallFile, "m.tflite");
  expect(operators.map(({ kind }) => kind)).toEqual(["CONV_2D", "MyOperator", "operator 142"]);
  expect(operators[0]).toMatchObject({ inputs: [0, 1, -1], outputs: [2] });
  // Of Conv2DOptions: SAME, width 1, height 2.
  const { options } = operators[0]!;
  expect([options?.int8(0, 9), options?.int32(1, 9), options?.int32(2, 9)]).toEqual([0, 1, 2]);
  // Past the fields that are there comes the schema's default.
  expect(options?.int32(7, 9)).toBe(9);
  expect(operators[1]?.options).toBeUndefined();
});

test("a file may lie anywhere in a larger array", () => {
  const shifted = new Uint8Array(smallFile.length + 20).fill(255);
  shifted.set(smallFile, 13);
  const view = shifted.subarray(13, 13 + smallFile.length);
  expect(readTflite(view, "m.tflite").tensors).toEqual(readTflite(smallFile, "m.tflite").tensors);
});

test("a tensor without a name is known by its number", () => {
  const tensors = [...network.tensors, { name: "", shape: [] }];
  const file = writeTflite({ ...network, tensors });
  expect(readTflite(file, "m.tflite").tensors.at(-1)?.name).toBe("tensor 4");
});

test.each([
  ["nothing", new Uint8Array()],
  ["seven bytes", Uint8Array.from(Buffer.from("\0\0\0\0TFL"))],
  ["the mark alone", Uint8Array.from(Buffer.from("\0\0\0\0TFL3"))],
  ["text", Uint8Array.from(Buffer.from("this is not a network, it is a sentence"))],
  ["an offset to the moon", Uint8Array.from(Buffer.from("\xff\xff\xff\xffTFL3", "latin1"))],
])("%s is refused with the file's name", (_, file) => {
  expect(() => readTflite(file, "m.tflite")).toThrow(
    expect.objectContaining({ code: "ERR_MODEL_INVALID", path: "m.tflite" }),
  );
});

test("an index of a tensor that is not there is refused", () => {
  const operators = [{ ...network.operators[0]!, outputs: ["nowhere"] }];
  const file = writeTflite({ ...network, operators });
  expect(() => readTflite(file, "m.tflite")).toThrow(/operator 0 \(CONV_2D\) names tensor -1 of 4/);
});

test("a file without a graph is refused", () => {
  // An empty root table: its size is that of its own offset.
  const file = Uint8Array.of(12, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33, 4, 0, 4, 0, 4, 0, 0, 0);
  expect(() => readTflite(file, "m.tflite")).toThrow("it holds no graph");
});

/** A file whose tensors all have one name and one shape, of so many bytes and axes. */
function sharing(tensors: number, nameLength: number, axes: number): Uint8Array {
  const builder = new Builder(1024);
  const table = (fields: readonly number[]): number => {
    builder.startObject(fields.length);
    for (const [slot, offset] of fields.entries()) builder.addFieldOffset(slot, offset, 0);
    return builder.endObject();
  };
  const list = (offsets: readonly number[]): number => {
    builder.startVector(4, offsets.length, 4);
    for (const offset of offsets) builder.addOffset(offset);
    return builder.endVector();
  };
  const name = builder.createString("n".repeat(nameLength));
  builder.startVector(4, axes, 4);
  for (let i = 0; i < axes; i++) builder.addInt32(1);
  const shape = builder.endVector();
  const all = list(Array.from({ length: tensors }, () => table([shape, 0, 0, name])));
  const graphs = list([table([all])]);
  builder.finish(table([0, 0, graphs]), "TFL3");
  return builder.asUint8Array();
}

test("a file whose tables lead to one place again and again is refused before it is followed everywhere", () => {
  // 20,000 names of 1 MB would be 20 GB, of a file of 2.
  expect(() => readTflite(sharing(20_000, 1_000_000, 4), "m.tflite")).toThrow(
    /refer to the same places too often/,
  );
  expect(() => readTflite(sharing(200_000, 1, 4), "m.tflite")).toThrow(/200000 tables is too long/);
  expect(() => readTflite(sharing(1, 1, 9), "m.tflite")).toThrow("the tensor 0 has 9 axes");
  // As writers do that keep equal texts once.
  expect(readTflite(sharing(2000, 30, 4), "m.tflite").tensors).toHaveLength(2000);
});

test("a constant that operators take again and again is refused before it is widened without end", () => {
  const side = 256;
  const quantisation = { scale: [1], zeroPoint: [0] };
  const data = new Uint8Array(side * side);
  const kernel = { name: "kernel", shape: [side, 1, 1, side], type: 9, data, quantisation };
  const file = writeTflite({
    ...network,
    tensors: [...network.tensors, { ...kernel, name: "large" }],
  });
  const model = readTflite(file, "m.tflite");
  const index = model.tensors.findIndex(({ name }) => name === "large");
  const widened = { numbers: 2 ** 28 - side * side };
  const refusal = (why: string): Error => new Error(why);
  expect(constantOf(model, index, widened, refusal).data).toHaveLength(side * side);
  expect(() => constantOf(model, index, widened, refusal)).toThrow(
    "its operators take constants of more than 268435456 numbers together",
  );
});

test("a small file cut anywhere is refused, or complete but for its filling", () => {
  expect(thrownBy(smallFile, "made")).toBeUndefined();
  for (let length = 0; length < smallFile.length; length++) {
    const thrown = thrownBy(smallFile.subarray(0, length), "made");
    if (thrown !== undefined) expectRefusal(thrown);
    else expect(smallFile.length - length).toBeLessThan(8);
  }
});

test("a small file with damaged bytes is read or refused, never anything else", async () => {
  const damage = fc.tuple(fc.nat(smallFile.length - 1), fc.constantFrom(0, 1, 2, 4, 127, 128, 255));
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (bytes) => {
      const damaged = Uint8Array.from(smallFile);
      for (const [at, value] of bytes) damaged[at] = value;
      const thrown = thrownBy(damaged, "made");
      if (thrown !== undefined) expectRefusal(thrown, ["ERR_MODEL_INVALID", "ERR_USAGE"]);
    }),
    { numRuns: 3000, seed: 1 },
  );
});

test("what is converted from a damaged file is run or refused by onnxruntime", async () => {
  const damage = fc.tuple(fc.nat(smallFile.length - 1), fc.constantFrom(0, 1, 2, 4, 127, 255));
  let converted = 0;
  await fc.assert(
    fc.asyncProperty(damage, async ([at, value]) => {
      const damaged = Uint8Array.from(smallFile);
      damaged[at] = value;
      if (thrownBy(damaged, "made") !== undefined) return;
      converted += 1;
      const model = readTflite(damaged, "m.tflite");
      const { graph } = tfliteToOnnx(model, { layer: "made", preprocessing, name: "m.tflite" });
      const thrown = await openOnnxSession(graph).then(
        (session) => session.close(),
        (error: unknown) => error,
      );
      if (thrown !== undefined) expectRefusal(thrown);
    }),
    { numRuns: 60, seed: 2 },
  );
  expect(converted).toBeGreaterThan(10);
});

test("the embedded network holds its operators, and survives damage as the small one does", async () => {
  const file = await readEmbeddedWeights();
  const layer = "FeatureExtractor/MobilenetV2/Conv_1/Relu6";
  const { operators, tensors, inputs } = readTflite(file, "embedded");
  const computing = operators.filter(({ kind }) =>
    ["CONV_2D", "DEPTHWISE_CONV_2D", "ADD"].includes(kind),
  );
  expect(computing.length).toBeGreaterThanOrEqual(62);
  const tapped = tensors.find(({ name }) => name === layer || name.startsWith(`${layer};`));
  expect(tapped?.shape.at(-1)).toBe(1280);
  expect(tensors[inputs[0]!]?.shape.at(-1)).toBe(3);

  for (const length of [0, 4, 8, 40, 1000, 100_000, file.length >> 1]) {
    expect(() => readTflite(file.subarray(0, length), "cut")).toThrow(
      expect.objectContaining({ code: "ERR_MODEL_INVALID" }),
    );
  }

  // A copy, mended after each damage: copying ten megabytes each time would take longer than reading them.
  const damaged = Uint8Array.from(file);
  const place = fc.oneof(fc.nat(2000), fc.nat(file.length - 1));
  fc.assert(
    fc.property(place, fc.constantFrom(0, 1, 127, 128, 255), (at, value) => {
      const before = damaged[at]!;
      damaged[at] = value;
      try {
        readTflite(damaged, "damaged");
      } catch (error) {
        expectRefusal(error);
      } finally {
        damaged[at] = before;
      }
    }),
    { numRuns: 60, seed: 3 },
  );
});
