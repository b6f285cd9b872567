import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeSafetensors, type Tensor } from "../../src/core/safetensors.js";
import { maxSequenceFileSize, maxSteps } from "../../src/sequence/file-sequence.js";
import { type FileSequence, readSequenceFile } from "../../src/sequence/read-sequence-file.js";
import { sharedDirectory } from "../frames/shared-directory.js";

const root = sharedDirectory();
let files = 0;

async function read(content: string | Uint8Array): Promise<FileSequence> {
  const path = join(root, `${files++}.csv`);
  await writeFile(path, content);
  return readSequenceFile(path);
}

const tensors = (named: Record<string, Tensor>): Uint8Array => encodeSafetensors(named);
const rows = (sequence: FileSequence): number[][] =>
  Array.from({ length: sequence.n }, (_, t) => [
    ...sequence.features.subarray(t * sequence.dimension, (t + 1) * sequence.dimension),
  ]);

test("a table without a header is all numbers; a step counts as a second", async () => {
  const sequence = await read("1,2\n3,-4.5\n5e-1,+6\n");
  expect(sequence).toMatchObject({ n: 3, dimension: 2, duration: 3 });
  expect(rows(sequence)).toEqual([
    [1, 2],
    [3, -4.5],
    [0.5, 6],
  ]);
  expect([...sequence.timestamps]).toEqual([0, 1, 2]);
});

test.each(["time", "timestamp", "Time", "TIMESTAMP"])(
  "the column %s is when a step is, and not what it is",
  async (name) => {
    const sequence = await read(`\uFEFFx,${name},"y, second"\r\n1,100,2\r\n3,100.5,4\r\n5,101,6`);
    expect(rows(sequence)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect([...sequence.timestamps]).toEqual([0, 0.5, 1]);
    expect(sequence.duration).toBe(1.5);
  },
);

test("quotes, blank lines and spaces are those of tables in the wild", async () => {
  expect(rows(await read(`"a","b ""c"""\n "1" , 2\n\n3,"4"\n`))).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("a safetensors file has its tensor by the name features, or just one; and times, if any", async () => {
  const features = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const timestamps = { shape: [2], data: Float64Array.of(7, 7.25) };
  for (const file of [
    tensors({ features, timestamps }),
    tensors({ anything: features, timestamps }),
    tensors({ features, other: features, timestamps }),
  ]) {
    const sequence = await read(file);
    expect(sequence).toMatchObject({ n: 2, dimension: 3, duration: 0.5 });
    expect(rows(sequence)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([...sequence.timestamps]).toEqual([0, 0.25]);
  }
});

test("any finite float32 numbers come back the same from a table and from a tensor", async () => {
  const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(values, async (numbers) => {
      const data = Float32Array.from(numbers);
      const table = await read([...data].join("\n"));
      const tensor = await read(tensors({ x: { shape: [data.length, 1], data } }));
      // The sign of zero is nothing that a table is asked for.
      expect([...table.features].map((value) => value + 0)).toEqual(
        [...data].map((value) => value + 0),
      );
      expect([...tensor.features]).toEqual([...data]);
    }),
    { numRuns: 40 },
  );
});

test.each<[string, string | Uint8Array, RegExp]>([
  ["nothing", "", /is empty/],
  ["a header alone", "a,b\n", /no steps/],
  ["only times", "time\n1\n2\n", /no values/],
  ["a cell without a value", "1,2\n3,\n", /column 2 of row 2 is empty/],
  ["a first row without a value", "1,,3\n4,5,6\n", /column 2 of row 1 is empty/],
  ["a word", "a,b\n1,2\n3,four\n", /column 2 of row 3 is no number: "four"/],
  ["not a number", "1\nNaN\n", /column 1 of row 2 is no number: "NaN"/],
  ["a number beyond float32", "1\n1e39\n", /value 1 of step 2 is not finite/],
  ["rows of other lengths", "1,2\n3\n", /expect 2, got 1 on line 2/],
  ["a quote that does not end", '1,2\n"3,4\n', /quote/i],
  ["a column without a name", ",x\n0,1\n1,2\n", /column 1 has no name/],
  ["two columns of times", "time,timestamp,x\n1,1,1\n", /more than one column of times/],
  ["time that goes backwards", "time,x\n2,1\n1,1\n", /time at step 2/],
  ["a video", Buffer.from("\0\0\0\x20ftypisom\0\0"), /neither a safetensors file nor text/],
  ["another type", tensors({ x: { shape: [2, 1], data: Float64Array.of(1, 2) } }), /not float32/],
  ["another shape", tensors({ x: { shape: [2], data: Float32Array.of(1, 2) } }), /two axes/],
  ["no steps", tensors({ x: { shape: [0, 4], data: new Float32Array(0) } }), /no steps/],
  [
    "two tensors",
    tensors({
      a: { shape: [1, 1], data: Float32Array.of(1) },
      b: { shape: [1, 1], data: Float32Array.of(1) },
    }),
    /neither a tensor "features" nor just one/,
  ],
  [
    "a value that is none",
    tensors({ x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, Number.NaN) } }),
    /value 2 of step 2 is not finite/,
  ],
  [
    "fewer times than steps",
    tensors({
      x: { shape: [2, 1], data: Float32Array.of(1, 2) },
      timestamps: { shape: [1], data: Float64Array.of(1) },
    }),
    /timestamps are not one for each of 2 steps/,
  ],
  [
    "a header that lies about its tensor",
    tensors({ x: { shape: [2, 1], data: Float32Array.of(1, 2) } }).slice(0, -4),
    /does not lie within/,
  ],
])("%s is no sequence, and the error says why", async (_what, content, why) => {
  const error: unknown = await read(content).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "ERR_DATASET_INVALID" });
  expect(error).toHaveProperty("message", expect.stringMatching(why));
  expect(error).toHaveProperty("message", expect.stringContaining(root));
});

test("what is too large is refused, the file itself before it is read", async () => {
  const tooLarge = { code: "ERR_TOO_LARGE" };
  await expect(read("1\n".repeat(maxSteps + 1))).rejects.toMatchObject(tooLarge);
  await expect(read(`${"1,".repeat(200_000)}1\n`)).rejects.toMatchObject(tooLarge);
  const sparse = join(root, "sparse.csv");
  await writeFile(sparse, "1\n");
  await truncate(sparse, maxSequenceFileSize + 1);
  await expect(readSequenceFile(sparse)).rejects.toMatchObject(tooLarge);
});

test("a file that is not there, a directory, an abort and a time limit have their own errors", async () => {
  await expect(readSequenceFile(join(root, "none.csv"))).rejects.toMatchObject({
    code: "ERR_FILE_NOT_FOUND",
  });
  await mkdir(join(root, "directory.csv"));
  await expect(readSequenceFile(join(root, "directory.csv"))).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
  });
  const path = join(root, "plain.csv");
  await writeFile(path, "1\n2\n");
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(readSequenceFile(path, { signal })).rejects.toThrow("enough");
  await expect(readSequenceFile(path, { timeout: 1e-9 })).rejects.toMatchObject({
    code: "ERR_TIMEOUT",
  });
});
