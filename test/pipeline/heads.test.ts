import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { exportModel, openDataset, openModel, train } from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { readModel } from "../../src/onnx/read-model.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, int32 } from "../../src/onnx/tensor.js";
import { trainingReport } from "../../src/pipeline/report/training-report.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import {
  type AnyRecord,
  alterRecord,
  clip,
  copyModel,
  type RampModel,
  refusalOf,
  trainRampModel,
} from "./altered-model.js";
import { largestDifference } from "./export/small-model.js";
import { writeGrowingSquares } from "./growing-squares.js";

const root = sharedDirectory();
const models = new Map<"linear" | "ensemble", RampModel>();

beforeAll(async () => {
  const linear = { hidden: undefined, epochs: undefined, batchSize: undefined } as object;
  models.set("linear", await trainRampModel(join(root, "l"), { ...linear, head: "linear" }));
  models.set("ensemble", await trainRampModel(join(root, "e"), { head: "ensemble" }));
});

const long = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i));

for (const head of ["linear", "ensemble"] as const) {
  test(`a model with the head ${head} says what it said when it was trained, of windows too`, async () => {
    const { directory, expected } = models.get(head)!;
    await using model = await openModel(directory);
    expect(model.record.head).toBe(head);
    expect((await model.predict(clip, 2)).probabilities).toEqual(expected);
    const [short, longer] = await model.predictEach([clip, long]);
    for (const [c, value] of short!.entries()) expect(value).toBeCloseTo(expected[c]!, 5);
    const alone = (await model.predict(long, 5)).probabilities;
    for (const [c, value] of longer!.entries()) expect(value).toBeCloseTo(alone[c]!, 5);
  });

  test(`a model with the head ${head} is not exported to TensorFlow.js, and the error says what to do`, async () => {
    await using model = await openModel(models.get(head)!.directory);
    await expect(
      exportModel(model, { format: "tfjs", out: join(root, "web") }),
    ).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "format",
      message: expect.stringMatching(/export it as onnx.*--head recurrent/),
    });
  });

  test(`a model with the head ${head} is exported as one ONNX file, which says of what it is made`, async () => {
    await using model = await openModel(models.get(head)!.directory);
    const out = join(root, `${head}.onnx`);
    await exportModel(model, { format: "onnx", out });
    const file = await readFile(out);
    const said = new Map(readModel(file).metadataProps!.map(({ key, value }) => [key, value]));
    expect(said.get("head")).toBe(head);
    expect(JSON.parse(said.get("linear")!)).toEqual(model.record.linear);
    expect(said.has("network")).toBe(head === "ensemble");
    await using session = await openOnnxSession(file);
    const { probabilities } = await session.run({
      features: float32(long, [1, 5, 3]),
      lengths: int32([5]),
    });
    const expected = (await model.predict(long, 5)).probabilities;
    expect(largestDifference(probabilities!.data as Float32Array, expected)).toBeLessThan(1e-5);
  });
}

test("a linear model has no network and no epochs; an ensemble has both", async () => {
  const records = await Promise.all(
    [...models.values()].map(async ({ directory }) =>
      JSON.parse(await readFile(join(directory, "model.json"), "utf8")),
    ),
  );
  expect(records[0]).toMatchObject({ network: null, files: { sequence: null } });
  expect(records[0].training).toMatchObject({ bestEpoch: 0, history: [] });
  expect(records[1]).toMatchObject({ network: { cell: "lstm" }, linear: { blocks: [{}] } });
});

test("a made-up record of a linear head is refused by the field's name", async () => {
  const cases: [string, string, (record: AnyRecord) => void][] = [
    ["linear", "head", (record) => Object.assign(record, { head: "ensemble" })],
    ["linear", "linear", (record) => Object.assign(record, { head: "meanpool" })],
    ["linear", "linear", (record) => Object.assign(record, { linear: null })],
    ["linear", "linear.blocks", (record) => (record.linear.blocks[0].name = "motion")],
    [
      "linear",
      "linear.blocks",
      (record) => record.linear.blocks.push({ name: "a", pools: ["max"] }),
    ],
    ["linear", "linear.blocks.0.pools", (record) => record.linear.blocks[0].pools.push("mean")],
    ["linear", "linear.kernel", (record) => (record.linear.blocks[0].pools = ["mean"])],
    ["ensemble", "head", (record) => Object.assign(record, { head: "linear" })],
  ];
  for (const [index, [from, field, change]] of cases.entries()) {
    const directory = join(root, `made-up-${index}`);
    await copyModel(models.get(from as "linear")!.directory, directory);
    await alterRecord(directory, change);
    expect([index, (await refusalOf(directory)).parameter]).toEqual([index, field]);
  }
});

test("the same data and seed give the same linear model, to the bit", async () => {
  const dataset = await openDataset(join(root, "l", "ramps"));
  await using again = await train(dataset, { head: "linear", cacheDir: join(root, "l", "cache") });
  await again.save(join(root, "again"));
  const bytes = (directory: string): Promise<Buffer> =>
    readFile(join(directory, "weights.safetensors"));
  expect(
    (await bytes(join(root, "again"))).equals(await bytes(models.get("linear")!.directory)),
  ).toBe(true);
});

test("train chooses the head of videos, tells so, keeps the table, and shows it in its report", async () => {
  const directory = join(root, "squares");
  await writeGrowingSquares(directory, 6);
  const stages = new Set<string>();
  await using model = await train(await openDataset(directory), {
    cacheDir: join(root, "squares-cache"),
    count: 4,
    jobs: 2,
    onProgress: ({ stage }) => stages.add(stage),
  });
  expect(stages).toContain("choose");
  const { training, head } = model.record;
  const { selection } = training;
  expect(selection!.candidates[selection!.chosen]!.head).toBe(head);
  await model.save(join(root, "chosen"));
  await using opened = await openModel(join(root, "chosen"));
  expect(opened.record.training.selection).toEqual(selection);
  expect(trainingReport(opened)).toContain("What it was chosen from");
});
