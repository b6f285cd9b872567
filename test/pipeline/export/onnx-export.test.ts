import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { exportModel } from "muybridge";
import * as node from "onnxruntime-node";
import * as web from "onnxruntime-web/wasm";
import { expect, test } from "vitest";
import { meanOfRows } from "../../../src/pipeline/mean-of-rows.js";
import { featureDimension } from "../../../src/pipeline/model-record.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import {
  largestDifference,
  type SmallModelOptions,
  sequence,
  trainSmallModel,
} from "./small-model.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
web.env.wasm.numThreads = 1;

/** onnxruntime's two faces, as a user would take them. */
const runtimes = { node, web };

/** The lines of docs/export.md. */
async function run(
  ort: typeof node | typeof web,
  file: Uint8Array,
  inputs: Record<string, node.Tensor | web.Tensor>,
): Promise<{ data: Float32Array; dims: readonly number[] }> {
  const session = await (ort as typeof web).InferenceSession.create(file);
  const { probabilities } = await session.run(inputs as Record<string, web.Tensor>);
  await session.release();
  return { data: probabilities!.data as Float32Array, dims: probabilities!.dims };
}

type Kind = Omit<SmallModelOptions, "cacheDir">;

const kinds: readonly Kind[] = [
  { rnn: "bilstm", dimension: 5, layers: 1, input: "changes" },
  { rnn: "bilstm", dimension: 5, layers: 2, input: "features" },
  { rnn: "lstm", dimension: 5, layers: 2, input: "changes" },
  { rnn: "bigru", dimension: 5, layers: 1, input: "changes" },
  { rnn: "birnn", dimension: 5, layers: 1, input: "features" },
  { rnn: "meanpool", dimension: 5, layers: 1, input: "changes" },
  { rnn: "bilstm", dimension: 5, head: "linear", streams: ["rgb"] },
  { rnn: "bilstm", dimension: 5, head: "linear", streams: ["rgb", "difference"] },
  { rnn: "bilstm", dimension: 5, head: "linear", streams: ["rgb", "motion", "cuboids"] },
  { rnn: "bilstm", dimension: 5, head: "ensemble", streams: ["rgb"] },
  { rnn: "gru", dimension: 5, head: "ensemble", streams: ["rgb", "difference"], input: "features" },
  { rnn: "bilstm", dimension: 5, head: "ensemble", streams: ["rgb", "motion", "cuboids"] },
];

function describeKind({ rnn, layers = 1, input = "changes", head, streams }: Kind) {
  const network = `${rnn} of ${layers} layers on ${input}`;
  if (!head) return network;
  return `${head} of ${streams?.join(" and ")}${head === "ensemble" ? `, ${network}` : ""}`;
}

test.each(kinds.map((kind) => [describeKind(kind), kind] as const))(
  "%s: one ONNX file gives the model's probabilities, in Node and in WebAssembly, padded or alone",
  async (name, options) => {
    await using model = await trainSmallModel({ ...options, cacheDir });
    const dimension = featureDimension(model.record);
    const out = join(root, "out", `${name}.onnx`);
    await exportModel(model, { format: "onnx", out });
    const file = await readFile(out);
    // Some have fewer steps than a head has parts to pool.
    const lengths = [7, 1, 3, 2, 4, 5];
    const clips = lengths.map((steps, i) => sequence(`new ${i}`, steps, dimension, (i % 3) - 1));
    const expected: Float32Array[] = [];
    for (const [i, clip] of clips.entries()) {
      expected.push((await model.predict(clip, lengths[i]!)).probabilities);
    }
    // Whatever is in the padding must not matter.
    const features = new Float32Array(6 * 7 * dimension).fill(Number.NaN);
    for (const [i, clip] of clips.entries()) features.set(clip, i * 7 * dimension);
    for (const ort of Object.values(runtimes)) {
      const padded = await run(ort, file, {
        features: new ort.Tensor("float32", features, [6, 7, dimension]),
        lengths: new ort.Tensor("int32", Int32Array.from(lengths), [6]),
      });
      expect(padded.dims).toEqual([6, 3]);
      const rows = Float32Array.from(expected.flatMap((row) => [...row]));
      expect(largestDifference(padded.data, rows)).toBeLessThan(1e-5);
      const alone = await run(ort, file, {
        features: new ort.Tensor("float32", clips[0]!, [1, 7, dimension]),
        lengths: new ort.Tensor("int32", Int32Array.of(7), [1]),
      });
      expect(largestDifference(alone.data, expected[0]!)).toBeLessThan(1e-5);
    }
  },
);

test.each(["changes", "features"] as const)(
  "a model that labels each frame (a recipe of %s) gives the probabilities of all of them, padded or alone",
  async (input) => {
    const options = { rnn: "bilstm", dimension: 5, isPerFrame: true, input } as const;
    await using model = await trainSmallModel({ ...options, cacheDir });
    const out = join(root, "out", `per-frame-${input}.onnx`);
    await exportModel(model, { format: "onnx", out });
    const file = await readFile(out);
    const lengths = [7, 3];
    const clips = lengths.map((steps, i) => sequence(`new ${i}`, steps, 5, i - 1));
    const expected = await model.predictEach(clips);
    const features = new Float32Array(2 * 7 * 5);
    for (const [i, clip] of clips.entries()) features.set(clip, i * 7 * 5);
    const padded = await run(node, file, {
      features: new node.Tensor("float32", features, [2, 7, 5]),
      lengths: new node.Tensor("int32", Int32Array.from(lengths), [2]),
    });
    expect(padded.dims).toEqual([2, 7, 3]);
    for (const [i, steps] of lengths.entries()) {
      const rows = padded.data.slice(i * 7 * 3, (i * 7 + steps) * 3);
      expect(largestDifference(rows, expected[i]!)).toBeLessThan(1e-5);
      const { probabilities } = await model.predict(clips[i]!, steps);
      expect(largestDifference(meanOfRows(rows, 3), probabilities)).toBeLessThan(1e-5);
    }
  },
);
