import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/core/safetensors.js";
import { cosine, row } from "../features/pictures.js";
import { smallClassifier, writeModel } from "../features/tfjs/model-files.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeSquare } from "../pipeline/growing-squares.js";
import { type ProgramResult, runProgram } from "./run-program.js";

const root = sharedDirectory();
const clip = join(root, "clip.mp4");

beforeAll(() => writeSquare(clip, "grow", "clip"));

function features(out: string, ...options: readonly string[]): Promise<ProgramResult> {
  const args = ["features", clip, "--out", out, "--count", "3", "--jobs", "1", ...options];
  return runProgram(args, { cacheDir: join(root, "cache") });
}

async function read(out: string): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const tensors = decodeSafetensors(await readFile(join(out, "clip.safetensors")));
  const { shape, data } = tensors.get("features")!;
  return { shape, data: data as Float32Array };
}

test("features computes on TensorFlow.js in its worker, and keeps what each engine gave apart", async () => {
  const [one, two] = [join(root, "onnx"), join(root, "tfjs")];
  const onnx = await features(one);
  const tfjs = await features(two, "--cnn-engine", "tfjs");
  expect(onnx.code).toBe(0);
  // Nothing that TensorFlow.js would say of itself reaches the user.
  expect({ ...tfjs, stdout: tfjs.stdout.replaceAll(two, one) }).toEqual({
    ...onnx,
    stderr: expect.not.stringMatching(/tensorflow|tfjs|wasm|backend/i),
  });
  const [a, b] = [await read(one), await read(two)];
  expect(b.shape).toEqual([3, 1280]);
  for (let i = 0; i < 3; i++) {
    expect(cosine(row(a.data, i), row(b.data, i))).toBeGreaterThanOrEqual(0.9999);
  }
  expect(a.data).not.toEqual(b.data);
});

test("features takes a model.json, and an engine that cannot compute it is wrong usage", async () => {
  const directory = join(root, "a network");
  await mkdir(directory);
  const path = await writeModel(directory, smallClassifier());
  const out = join(root, "small");
  expect(await features(out, "--cnn", path, "--cnn-layer", "scores")).toMatchObject({ code: 0 });
  const { shape, data } = await read(out);
  expect(shape).toEqual([3, 2]);
  for (let i = 0; i < 3; i++) expect(data[2 * i]! + data[2 * i + 1]!).toBeCloseTo(1, 5);
  const refused = await features(out, "--cnn", path, "--cnn-engine", "onnx");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("engine tfjs");
});

test("doctor tells which back end of TensorFlow.js was taken, and why not the other", async () => {
  const { code, stdout } = await runProgram(["doctor"], { cacheDir: join(root, "cache") });
  expect(code).toBe(0);
  expect(stdout).toMatch(/TensorFlow\.js \S+ on @tensorflow\/tfjs-(node|backend-wasm)/);
});
