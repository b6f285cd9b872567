import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { io } from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { exportModel } from "muybridge";
import { expect, test } from "vitest";
import { loadTfjs } from "../../../src/tfjs/tfjs-runtime.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import {
  largestDifference,
  type SmallModelOptions,
  sequence,
  trainSmallModel,
} from "./small-model.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");

/** Reads what a browser would fetch: model.json, and the files that it names. */
function fromDirectory(directory: string): io.IOHandler {
  return {
    async load() {
      const json = JSON.parse(await readFile(join(directory, "model.json"), "utf8"));
      const [{ paths, weights }] = json.weightsManifest;
      const file = await readFile(join(directory, paths[0]));
      return {
        ...json,
        weightSpecs: weights,
        weightData: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength),
      };
    },
  };
}

const kinds: readonly Omit<SmallModelOptions, "cacheDir">[] = [
  { rnn: "bilstm", dimension: 5, layers: 1, input: "changes" },
  { rnn: "bilstm", dimension: 5, layers: 2, input: "features" },
  { rnn: "lstm", dimension: 5, layers: 2, input: "changes" },
  { rnn: "birnn", dimension: 5, layers: 1, input: "features" },
  { rnn: "meanpool", dimension: 5, layers: 1, input: "changes" },
];

test.each(kinds)(
  "$rnn of $layers layers on $input: tf.loadLayersModel gives the model's probabilities",
  async (options) => {
    await using model = await trainSmallModel({ ...options, cacheDir });
    const out = join(root, `${options.rnn}-${options.layers}`);
    await exportModel(model, { format: "tfjs", out });
    const { tf } = await loadTfjs();
    const loaded = await loadLayersModel(fromDirectory(out));
    expect(loaded.getUserDefinedMetadata()).toMatchObject({
      classes: JSON.stringify(model.classes),
      sampling: '{"count":4}',
    });
    for (const steps of [1, 6]) {
      const clips = [0, 1].map((i) => sequence(`new ${i}`, steps, 5, i));
      const values = Float32Array.from(clips.flatMap((clip) => [...clip]));
      const output = loaded.predict(
        tf.tensor3d(values, [2, steps, 5]),
      ) as import("@tensorflow/tfjs-core").Tensor;
      const rows = (await output.data()) as Float32Array;
      for (const [i, clip] of clips.entries()) {
        const { probabilities } = await model.predict(clip, steps);
        expect(largestDifference(rows.slice(3 * i, 3 * i + 3), probabilities)).toBeLessThan(1e-5);
      }
    }
    loaded.dispose();
  },
);

test("a model that labels each frame is refused with what to do", async () => {
  await using model = await trainSmallModel({
    rnn: "lstm",
    dimension: 5,
    isPerFrame: true,
    cacheDir,
  });
  await expect(
    exportModel(model, { format: "tfjs", out: join(root, "per-frame") }),
  ).rejects.toMatchObject({ code: "ERR_USAGE", message: expect.stringContaining("onnx") });
});

test("a GRU that resets after the product is refused with what to do", async () => {
  await using model = await trainSmallModel({ rnn: "gru", dimension: 5, cacheDir });
  await expect(
    exportModel(model, { format: "tfjs", out: join(root, "gru") }),
  ).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "resetAfter",
    message: expect.stringContaining("choose onnx, or a network with resetAfter: false"),
  });
});
