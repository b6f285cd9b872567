import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { sharedDirectory } from "../frames/shared-directory.js";
import {
  alterRecord,
  alterWeights,
  copyModel,
  refusalOf,
  replaceFile,
  trainRampModel,
} from "./altered-model.js";

const root = sharedDirectory();
let whole: string;
let copies = 0;
const copy = (): Promise<string> => copyModel(whole, join(root, `copy${copies++}`));

beforeAll(async () => {
  whole = (await trainRampModel(root)).directory;
});

test.each([
  ["NaN", Number.NaN, "layer0.forward.kernel"],
  ["infinity", Number.POSITIVE_INFINITY, "meanPool.bias"],
  ["minus infinity", Number.NEGATIVE_INFINITY, "standardisation.mean"],
  ["a deviation of zero", 0, "standardisation.deviation"],
  ["a negative deviation", -1, "standardisation.changeDeviation"],
])("%s among the weights is refused by the tensor's name", async (_, value, name) => {
  const directory = await copy();
  await alterWeights(directory, (tensors) => {
    (tensors.get(name)!.data as Float32Array)[1] = value;
  });
  const refusal = await refusalOf(directory);
  expect(refusal).toMatchObject({
    path: join(directory, "weights.safetensors"),
    parameter: name,
  });
  expect(refusal.message).toContain(`the tensor "${name}" holds ${value} at 1`);
});

test("weights that are finite, each, and too large together, give no labels of NaN", async () => {
  const directory = await copy();
  await alterWeights(directory, (tensors) => {
    (tensors.get("standardisation.deviation")!.data as Float32Array).fill(1e-45);
  });
  expect((await refusalOf(directory)).message).toMatch(/gives NaN for a probability/);
});

test("a tensor that is missing, too many, of another shape or type is refused by its name", async () => {
  const missing = await copy();
  await alterWeights(missing, (tensors) => tensors.delete("head.bias"));
  expect((await refusalOf(missing)).parameter).toBe("head.bias");
  const extra = await copy();
  await alterWeights(extra, (tensors) => tensors.set("more", tensors.get("head.bias")!));
  expect((await refusalOf(extra)).parameter).toBe("more");
  const turned = await copy();
  await alterWeights(turned, (tensors) => {
    const { shape, data } = tensors.get("head.kernel")!;
    tensors.set("head.kernel", { shape: [...shape].reverse(), data });
  });
  expect((await refusalOf(turned)).parameter).toBe("head.kernel");
  const wide = await copy();
  await alterWeights(wide, (tensors) => {
    const { shape, data } = tensors.get("head.bias")!;
    tensors.set("head.bias", { shape, data: Float64Array.from(data as Float32Array) });
  });
  expect((await refusalOf(wide)).parameter).toBe("head.bias");
});

/** What is done to the header of weights.safetensors, as text, and the tensor that is named for it. */
const headers: readonly [string, (header: string) => string, string?][] = [
  ["an offset before the file", (header) => header.replace(/\[0,(\d+)\]/, "[-8,$1]"), "head.bias"],
  ["an offset past the end", (header) => header.replace(/\[0,\d+\]/, "[0,99999999]"), "head.bias"],
  ["an offset past counting", (header) => header.replace(/\[0,\d+\]/, "[0,1e300]"), "head.bias"],
  ["a tensor over another", (header) => header.replace(/\[8,(\d+)\]/, "[0,$1]"), "head.kernel"],
  [
    "a shape that is too large to multiply",
    (header) => header.replace(/"shape":\[2\]/, '"shape":[9007199254740991,9007199254740991]'),
    "head.bias",
  ],
  ["an unknown type", (header) => header.replace('"F32"', '"F8_E5M2"'), "head.bias"],
  ["a name twice", (header) => header.replace('"head.kernel"', '"head.bias"')],
];

test.each(headers)("weights.safetensors with %s is refused", async (_, change, parameter) => {
  const directory = await copy();
  const file = await readFile(join(directory, "weights.safetensors"));
  const size = Number(file.readBigUInt64LE());
  const header = file.subarray(8, 8 + size).toString("utf8");
  const altered = Buffer.from(change(header));
  expect(altered.toString()).not.toBe(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(altered.length));
  await replaceFile(
    directory,
    "weights",
    Buffer.concat([length, altered, file.subarray(8 + size)]),
  );
  const refusal = await refusalOf(directory);
  expect(refusal.path).toBe(join(directory, "weights.safetensors"));
  expect(refusal.parameter).toBe(parameter);
});

test("a record of a network that would not fit into memory is refused before anything of its size is made", async () => {
  const directory = await copy();
  await alterRecord(directory, (record) => {
    Object.assign(record.network, { layers: 16, hidden: 8192 });
  });
  expect((await refusalOf(directory)).parameter).toBe("layer0.forward.kernel");
});
