import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportModel, type Model } from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { readModel } from "../../../src/onnx/read-model.js";
import { runProgram } from "../../cli/run-program.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { trainSmallModel } from "./small-model.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const directory = join(root, "model");
let model: Model;

beforeAll(async () => {
  model = await trainSmallModel({ rnn: "bilstm", cacheDir });
  await model.save(directory);
  return () => model.close();
});

const onnx = join(root, "exports", "model.onnx");
const tfjs = join(root, "exports", "model");

test("the program writes both forms, again over what it wrote, and leaves nothing else behind", async () => {
  const first = await runProgram(["export", directory, "--format", "onnx", "--out", onnx], {
    cacheDir,
  });
  expect(first).toEqual({ code: 0, stdout: `${onnx}\n`, stderr: "" });
  await writeFile(onnx, "an older file");
  for (const [format, out] of [
    ["onnx", onnx],
    ["tfjs", tfjs],
    ["tfjs", tfjs],
  ] as const) {
    const args = ["export", directory, "--format", format, "--out", out, "--json"];
    const { code, stdout, stderr } = await runProgram(args, { cacheDir });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      model: model.digest,
      format,
      out,
      withCnn: false,
      classes: ["down", "still", "up"],
    });
  }
  expect((await readdir(join(root, "exports"))).toSorted()).toEqual(["model", "model.onnx"]);
  expect((await readdir(tfjs)).toSorted()).toEqual(["model.json", "weights.bin"]);
});

test("the file says what its classes are, and how its input is made from a video", async () => {
  await exportModel(model, { format: "onnx", out: onnx });
  const { metadataProps } = readModel(await readFile(onnx));
  const said = Object.fromEntries(metadataProps!.map(({ key, value }) => [key, value]));
  expect(JSON.parse(said.classes!)).toEqual(["down", "still", "up"]);
  expect(JSON.parse(said.sampling!)).toEqual({ count: 4 });
  expect(JSON.parse(said.cnn!)).toMatchObject({
    name: "mobilenet-v2",
    dimension: 1280,
    inputSize: 224,
  });
  expect(JSON.parse(said.network!)).toMatchObject({ cell: "lstm", bidirectional: true, hidden: 6 });
  expect(said).not.toHaveProperty("linear");
  expect(said).toMatchObject({
    task: "classification",
    head: "recurrent",
    fit: "stretch",
    model: model.digest,
    input: "features float32 [batch, time, 1280], lengths int32 [batch]",
  });
  expect(said.muybridge).toMatch(/^\d+\.\d+\.\d+/);
});

test("a target that is something else is refused before any work, and stays as it is", async () => {
  const other = join(root, "other");
  await mkdir(other);
  await writeFile(join(other, "model.json"), '{"format":"graph-model"}');
  const wrong = [
    ["onnx", other, "not a file"],
    ["tfjs", other, "no exported TensorFlow.js model"],
    ["tfjs", directory, "no exported TensorFlow.js model"],
    ["tfjs", join(other, "model.json"), "is a file"],
  ] as const;
  for (const [format, out, why] of wrong) {
    await expect(exportModel(model, { format, out })).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "out",
      path: out,
      message: expect.stringContaining(why),
    });
  }
  expect(await readdir(other)).toEqual(["model.json"]);
});

test("a LayersModel cannot hold the CNN, and an unknown format is named", async () => {
  const withCnn = exportModel(model, { format: "tfjs", out: join(root, "x"), withCnn: true });
  await expect(withCnn).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "withCnn" });
  const { code, stderr } = await runProgram(
    ["export", directory, "--format", "pickle", "--out", join(root, "x")],
    { cacheDir },
  );
  expect(code).toBe(2);
  expect(stderr).toContain("Allowed choices are onnx, tfjs");
});

test("what is no model is not exported", async () => {
  const args = ["export", join(root, "nowhere"), "--format", "onnx", "--out", join(root, "y.onnx")];
  const { code, stderr } = await runProgram(args, { cacheDir });
  expect(code).toBe(1);
  expect(stderr).toContain("ERR_FILE_NOT_FOUND");
});
