import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { io, Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { beforeAll, expect, test } from "vitest";
import { openContentStore } from "../../../src/core/content-store.js";
import { createRandom } from "../../../src/core/random.js";
import {
  type FeatureExtractorOptions,
  openFeatureExtractor,
} from "../../../src/features/open-feature-extractor.js";
import { loadTfjs } from "../../../src/tfjs/tfjs-runtime.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { type ModelFile, writeModel } from "./model-files.js";

const directory = sharedDirectory();
const store = openContentStore(join(directory, "cache"));
const random = createRandom("pixels");
const side = 12;
const frame = Uint8Array.from({ length: side * side * 3 }, () => random.integer(0, 255));
const scaled = Array.from(frame, (level) => level / 127.5 - 1);

/** A network as Keras has them: two blocks of convolution and normalisation, a classifier. */
let model: layers.LayersModel;
let saved: io.ModelArtifacts;

async function save(one: layers.LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  await one.save({
    save: async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    },
  });
  return artifacts!;
}

beforeAll(async () => {
  await loadTfjs();
  const { conv2d, batchNormalization, reLU, maxPooling2d } = layers.layers;
  model = layers.sequential({
    layers: [
      conv2d({ inputShape: [side, side, 3], filters: 4, kernelSize: 3, name: "conv1" }),
      batchNormalization({ name: "norm1" }),
      reLU({ name: "relu1", maxValue: 6 }),
      maxPooling2d({ poolSize: 2, name: "pool1" }),
      conv2d({ filters: 5, kernelSize: 3, padding: "same", activation: "tanh", name: "conv2" }),
      layers.layers.globalAveragePooling2d({ name: "mean" }),
      layers.layers.dense({ units: 3, activation: "softmax", name: "classes" }),
    ],
  });
  saved = await save(model);
});

let count = 0;
function write(artifacts: io.ModelArtifacts, alter?: (file: ModelFile) => void): Promise<string> {
  return writeModel(join(directory, `model${count++}`), artifacts, alter, 4096);
}

async function featuresOf(path: string, options: FeatureExtractorOptions = {}): Promise<number[]> {
  await using cnn = await openFeatureExtractor(path, { store, ...options });
  const features = [...(await cnn.extract(frame, 1))];
  expect(features).toHaveLength(cnn.dimension);
  return features;
}

/** The value of a layer, as the model itself computes it. */
function layerValue(layer: string): number[] {
  return tf.tidy(() => {
    const { output } = model.getLayer(layer);
    const part = layers.model({ inputs: model.inputs, outputs: output as layers.SymbolicTensor });
    const value = part.predict(tf.tensor4d(scaled, [1, side, side, 3])) as Tensor;
    return [...(value.rank === 4 ? tf.mean(value, [1, 2]) : value).dataSync()];
  });
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}

test("the last layer with height and width is taken", async () => {
  expectClose(await featuresOf(await write(saved)), layerValue("conv2"));
});

test.each(["conv1", "norm1", "relu1", "pool1", "conv2", "mean", "classes"])(
  "the layer %s can be named",
  async (layer) => {
    expectClose(await featuresOf(await write(saved), { layer }), layerValue(layer));
  },
);

test("layers as Keras writes them, below model_config, are read alike", async () => {
  const path = await write(saved, (file) => {
    file.modelTopology = {
      keras_version: "2.15.0",
      backend: "tensorflow",
      model_config: file.modelTopology,
    };
    file.format = "layers-model";
  });
  expectClose(await featuresOf(path), layerValue("conv2"));
});

test("a network that is a layer of another can be taken", async () => {
  const inner = layers.sequential({
    name: "backbone",
    layers: [layers.layers.conv2d({ inputShape: [side, side, 3], filters: 4, kernelSize: 3 })],
  });
  const input = layers.input({ shape: [side, side, 3] });
  const pooled = layers.layers.globalAveragePooling2d({ name: "mean" });
  const outer = layers.model({
    inputs: input,
    outputs: pooled.apply(inner.apply(input)) as layers.SymbolicTensor,
  });
  const path = await write(await save(outer));
  expectClose(await featuresOf(path), await featuresOf(path, { layer: "mean" }));
  expectClose(await featuresOf(path, { layer: "backbone" }), await featuresOf(path));
});

test("a layer that is not there is told together with those that are", async () => {
  const refused = featuresOf(await write(saved), { layer: "conv3" });
  await expect(refused).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "layer" });
  await expect(refused).rejects.toThrow(/conv1\n\s+norm1\n\s+relu1\n\s+pool1\n\s+conv2\n\s+mean/);
});

// biome-ignore lint/suspicious/noExplicitAny: it is taken apart and damaged on purpose
const layersOf = (file: ModelFile): any[] => file.modelTopology.config.layers;

test.each<[string, (file: ModelFile) => void, string]>([
  [
    "a layer that is code",
    (file) => {
      layersOf(file)[2] = {
        class_name: "Lambda",
        config: { name: "relu1", function: ["process.exit(3)", null, null] },
      };
    },
    "Lambda",
  ],
  ["millions of units", (file) => void (layersOf(file)[6].config.units = 10_000_000), "units"],
  [
    "weights of another shape",
    (file) => void (layersOf(file)[6].config.units = 65_000),
    "Shape mismatch",
  ],
  ["fewer weights than layers", (file) => void file.weightsManifest[0]!.weights.pop(), ""],
  ["layers that are none", (file) => void (file.modelTopology.config.layers = "all"), ""],
])("a model with %s is refused", async (_, alter, named) => {
  const path = await write(saved, alter);
  const refused = featuresOf(path);
  await expect(refused).rejects.toMatchObject({ code: "ERR_MODEL_INVALID", path });
  await expect(refused).rejects.toThrow(new RegExp(named));
});

test("a model whose settings are nested without end is refused", async () => {
  const path = await write(saved);
  const text = (await readFile(path, "utf8")).replace(
    /"axis":-?\d+/,
    `"axis":${"[".repeat(1e5)}${"]".repeat(1e5)}`,
  );
  expect(text).toContain("[[[");
  await writeFile(path, text);
  await expect(featuresOf(path)).rejects.toMatchObject({ code: "ERR_MODEL_INVALID", path });
});

test("what was opened and closed leaves no tensors behind", async () => {
  const path = await write(saved);
  await featuresOf(path);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) await featuresOf(path);
  expect(tf.memory().numTensors).toBe(before);
});
