import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportModel, openFeatureExtractor } from "muybridge";
import * as node from "onnxruntime-node";
import * as web from "onnxruntime-web/wasm";
import { expect, test } from "vitest";
import { openContentStore } from "../../../src/core/content-store.js";
import { createRandom } from "../../../src/core/random.js";
import { int64 } from "../../../src/onnx/tensor.js";
import { buildModel, inOpset } from "../../features/onnx-model.js";
import { smallCnnSize as size, writeSmallCnn } from "../../features/small-cnn.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { largestDifference, trainSmallModel } from "./small-model.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
web.env.wasm.numThreads = 1;

/** A network as an ONNX file, with names that an exported model would like to use itself. */
function onnxCnn(opset: number, oneFrameAtATime: boolean): Uint8Array {
  const file = buildModel(({ graph, convolve, node: add }) => {
    const n = oneFrameAtATime ? 1 : "n";
    const picture = graph.input("frames", "float32", [n, 3, size, size]);
    let value = add("Relu", [convolve(picture)], "labels/network/probabilities");
    if (oneFrameAtATime) {
      value = add("Reshape", [value, graph.constant(int64([1, 4, size, size]))], "probabilities");
    }
    graph.output(add("Softplus", [value], "end"), "float32", [n, 4, size, size]);
  });
  return inOpset(file, opset);
}

const cnns: readonly (readonly [string, string, () => Uint8Array])[] = [
  ["a TFLite file", "small.tflite", writeSmallCnn],
  ["an ONNX file of operator set 7", "seven.onnx", () => onnxCnn(7, false)],
  ["an ONNX file of operator set 9", "nine.onnx", () => onnxCnn(9, false)],
  ["an ONNX file of operator set 12", "twelve.onnx", () => onnxCnn(12, false)],
  ["an ONNX file of operator set 21", "new.onnx", () => onnxCnn(21, false)],
  ["an ONNX file that takes one frame at a time", "single.onnx", () => onnxCnn(11, true)],
];

const heads = [undefined, "linear", "ensemble"] as const;

test.each(
  cnns.flatMap(([what, name, build]) =>
    heads.map((head) => [what, head ?? "recurrent", { name, build, head }] as const),
  ),
)(
  "with %s in front of the head %s, one file takes frames and gives what the CNN and the model give in turn",
  async (_, __, { name, build, head }) => {
    const cnn = join(root, name);
    await writeFile(cnn, build());
    await using extractor = await openFeatureExtractor(cnn, { store: openContentStore(cacheDir) });
    const n = 5;
    const random = createRandom(name);
    const frames = Uint8Array.from({ length: n * size * size * 3 }, () => random.integer(0, 255));
    const features = await extractor.extract(frames, n);
    const around = features.slice(0, extractor.dimension);
    await using model = await trainSmallModel({
      ...{ rnn: "bilstm", cnn, around, cacheDir },
      ...(head ? { head } : {}),
    });
    const { probabilities } = await model.predict(features, n);
    // Else it would be a small thing to give the same.
    expect(Math.max(...probabilities)).toBeLessThan(0.9999);
    const out = join(root, `${name}.${head}.onnx`);
    await exportModel(model, { format: "onnx", withCnn: true, out, cacheDir });

    const file = await readFile(out);
    for (const ort of [node, web] as unknown as (typeof web)[]) {
      const session = await ort.InferenceSession.create(file);
      const outputs = await session.run({
        frames: new ort.Tensor("uint8", frames, [n, size, size, 3]),
      });
      await session.release();
      expect(outputs.probabilities!.dims).toEqual([1, 3]);
      const given = outputs.probabilities!.data as Float32Array;
      expect(largestDifference(given, probabilities)).toBeLessThan(1e-5);
    }
  },
);

test("the default CNN is one file with its model, and gives labels of frames", async () => {
  const n = 3;
  const random = createRandom("frames");
  const frames = Uint8Array.from({ length: n * 224 * 224 * 3 }, () => random.integer(0, 255));
  await using cnn = await openFeatureExtractor("mobilenet-v2", {
    store: openContentStore(cacheDir),
  });
  const features = await cnn.extract(frames, n);
  const around = features.slice(0, cnn.dimension);
  await using model = await trainSmallModel({ rnn: "gru", around, cacheDir });
  const { probabilities } = await model.predict(features, n);
  expect(Math.max(...probabilities)).toBeLessThan(0.9999);
  const out = join(root, "default.onnx");
  await exportModel(model, { format: "onnx", withCnn: true, out, cacheDir });
  const session = await node.InferenceSession.create(await readFile(out));
  const outputs = await session.run({
    frames: new node.Tensor("uint8", frames, [n, 224, 224, 3]),
  });
  await session.release();
  const given = outputs.probabilities!.data as Float32Array;
  expect(largestDifference(given, probabilities)).toBeLessThan(1e-5);
});

test.each(["linear", "ensemble"] as const)(
  "the head %s over other streams than the frames is refused, and what can be had is said",
  async (head) => {
    const streams = ["rgb", "difference"] as const;
    await using model = await trainSmallModel({
      rnn: "lstm",
      dimension: 5,
      head,
      streams,
      cacheDir,
    });
    const out = join(root, "refused.onnx");
    await expect(
      exportModel(model, { format: "onnx", withCnn: true, out, cacheDir }),
    ).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "withCnn",
      message: expect.stringMatching(/without the CNN.*--streams rgb,difference/),
    });
  },
);
