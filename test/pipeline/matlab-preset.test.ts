import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createNetwork, openModel } from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/core/safetensors.js";
import { withPreset } from "../../src/pipeline/presets.js";
import { runProgram } from "../cli/run-program.js";
import { buildGoogLeNet } from "../features/googlenet.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { squareClasses, writeGrowingSquares } from "./growing-squares.js";

const root = sharedDirectory();
const data = join(root, "squares");
const cnn = join(root, "googlenet.onnx");
const modelDir = join(root, "model");
const environment = { cacheDir: join(root, "cache") };

/** Units of each direction in this test: 2000 would take minutes to begin with. */
const hidden = 24;

/** Of GoogLeNet's 1024 values, with an eighth of its channels. */
const dimension = 128;

/** All frames of each clip. */
const frames = 20;

beforeAll(async () => {
  await writeGrowingSquares(data, 4);
  await writeFile(cnn, buildGoogLeNet(8));
});

test("the whole job: every frame through GoogLeNet's pool5 as an .onnx file, MATLAB's network, a label", async () => {
  const trained = await runProgram(
    [
      ...["train", data, "--out", modelDir, "--preset", "matlab-googlenet", "--json"],
      ...["--cnn", cnn, "--cnn-layer", "pool5/7x7_s1"],
      ...["--channels", "bgr", "--mean", "104.007,116.669,122.679"],
      ...["--hidden", String(hidden), "--epochs", "1", "--jobs", "2"],
    ],
    environment,
  );
  expect(trained.code, trained.stderr).toBe(0);
  expect(JSON.parse(trained.stdout)).toMatchObject({
    features: {
      plan: { every: 1, limit: 400 },
      fit: "crop",
      cnn: { dimension, inputSize: 224, choice: { cnn, layer: "pool5/7x7_s1" } },
    },
    network: {
      cell: "lstm",
      bidirectional: true,
      layers: 1,
      hidden,
      dropout: 0.5,
      input: "features",
    },
    training: { batchSize: 16, learningRate: 1e-4, epochs: 1, patience: 30, refit: false },
  });

  const clip = join(data, squareClasses[0], `v_${squareClasses[0]}_g01_c01.mp4`);
  const labelled = await runProgram(["label", modelDir, clip], environment);
  expect(labelled.code, labelled.stderr).toBe(0);
  const line = JSON.parse(labelled.stdout);
  expect(line).toMatchObject({ frames, top: [{}, {}] });
  expect(squareClasses).toContain(line.label);
});

test("its network is a plain one on the features as they are: BiLSTM, last states, softmax", async () => {
  await using model = await openModel(modelDir);
  const tensors = decodeSafetensors(await readFile(join(modelDir, "weights.safetensors")));
  expect(tensors.get("head.kernel")!.shape).toEqual([2 * hidden, 2]);
  await using network = createNetwork({
    cell: "lstm",
    bidirectional: true,
    inputSize: dimension,
    hidden,
    head: { type: "classification", classes: 2 },
  });
  network.setParameters(Object.fromEntries(tensors));
  const features = Float32Array.from({ length: 7 * dimension }, (_, i) => (i % 13) / 10);
  const [expected] = await network.predict([features]);
  const { probabilities } = await model.predict(features, 7);
  for (const [i, value] of expected!.entries()) expect(probabilities[i]).toBeCloseTo(value, 5);
});

test("what is chosen beside a preset goes before it", () => {
  const preset = (given: Parameters<typeof withPreset>[0]) =>
    withPreset(given, "matlab-googlenet").choices;
  expect(preset({})).toMatchObject({ cnn: "googlenet", hidden: 2000, every: 1, limit: 400 });
  expect(preset({ hidden: 64, refit: true, learningRate: 1e-3 })).toMatchObject({
    hidden: 64,
    refit: true,
    learningRate: 1e-3,
    batchSize: 16,
  });
  expect(preset({ limit: 90 })).toMatchObject({ every: 1, limit: 90 });
  for (const way of [{ count: 16 }, { fps: 5 }, { keyframes: true }] as const) {
    expect(preset(way)).toMatchObject(way);
    expect(preset(way)).not.toHaveProperty("every");
    expect(preset(way)).not.toHaveProperty("limit");
  }
  expect(() => withPreset({}, "matlab-vgg" as "matlab-googlenet")).toThrow(
    expect.objectContaining({ code: "ERR_USAGE", parameter: "preset" }),
  );
});
