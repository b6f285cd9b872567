import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openManifest } from "../../dist/datasets/manifest.js";
import { MuybridgeError } from "../../dist/src/core/errors.js";
import { decodeSafetensors, encodeSafetensors } from "../../dist/src/core/safetensors.js";
import { parseModelJson } from "../../dist/src/features/tfjs/model-json.js";
import { tfliteToGraphModel } from "../../dist/src/features/tfjs/tflite-to-graph-model.js";
import { readTflite } from "../../dist/src/features/tflite/read-tflite.js";
import { tfliteToOnnx } from "../../dist/src/features/tflite/tflite-to-onnx.js";
import { cutGraph, dependentValues, encodeCutGraph } from "../../dist/src/onnx/cut-graph.js";
import { createGraph } from "../../dist/src/onnx/graph.js";
import { takeModelApart } from "../../dist/src/onnx/model-parts.js";
import { parseModelRecord } from "../../dist/src/pipeline/model-directory.js";
import { packWeights, unpackWeights } from "../../dist/src/pipeline/model-weights.js";
import { openTuningLog } from "../../dist/src/pipeline/tuning-log.js";
import { createNetwork } from "../../dist/src/sequence/network.js";
import { readNetwork } from "../../dist/src/sequence/network-files.js";
import { readSequenceFile } from "../../dist/src/sequence/read-sequence-file.js";
import { readCheckpoint, writeCheckpoint } from "../../dist/src/sequence/training/checkpoint.js";
import { onnxNetwork, onnxWithSparse } from "./onnx-seeds.mjs";
import { record, videoFeatures } from "./record-seeds.mjs";

const jsonWords = [
  "null",
  "true",
  "-1",
  "1e999",
  "[]",
  "{}",
  '""',
  '"__proto__":',
  ",",
  ":",
  "0.5",
];

const tensor = (/** @type {number[]} */ shape) => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
});

/** Gives a safetensors file the length of its header: up to the last brace. */
function mendHeader(file) {
  const mended = Buffer.from(file);
  const end = mended.lastIndexOf("}");
  if (end > 8) mended.writeBigUInt64LE(BigInt(end + 1 - 8));
  return mended;
}

export function isRefusal(thrown, target) {
  return thrown instanceof MuybridgeError && target.codes.includes(thrown.code);
}

export async function parserTargets(directory) {
  const inPlace = async (name, bytes) => {
    const path = join(directory, name);
    await writeFile(path, bytes);
    return path;
  };
  const json = (value) => Buffer.from(JSON.stringify(value));
  return [
    {
      name: "safetensors",
      modules: ["src/core/safetensors.js", "src/core/strict-json.js"],
      seeds: [
        encodeSafetensors({
          a: tensor([2, 3]),
          b: { shape: [2], data: BigInt64Array.of(1n, 2n) },
          "": { shape: [0, 4], data: new Uint8Array(0) },
        }),
      ],
      words: ['"F32"', '"F64"', '"U8"', '"dtype"', '"shape"', '"data_offsets"', ...jsonWords],
      codes: ["ERR_MODEL_INVALID"],
      mend: mendHeader,
      parse: (file) => decodeSafetensors(file),
    },
    {
      name: "weights of a model",
      modules: ["src/pipeline/model-weights.js", "src/core/safetensors.js"],
      seeds: [
        packWeights({
          standardisation: {
            mean: Float32Array.of(1, 2),
            deviation: Float32Array.of(1, 2),
            changeDeviation: Float32Array.of(1, 2),
          },
          meanPool: { kernel: tensor([2, 2]), bias: tensor([2]) },
          linear: { kernel: tensor([6, 2]), bias: tensor([2]) },
          parameters: {
            "layer0.forward.kernel": tensor([2, 8]),
            "layer0.forward.recurrentKernel": tensor([2, 8]),
            "layer0.forward.bias": tensor([8]),
            "head.kernel": tensor([4, 2]),
            "head.bias": tensor([2]),
          },
        }),
      ],
      words: ["layer0", "head.", '"F64"', "\u007f", "\u0000\u0000\u00c0\u007f", ...jsonWords],
      codes: ["ERR_MODEL_INVALID"],
      mend: mendHeader,
      parse: (file) => unpackWeights(record, file, "weights.safetensors"),
    },
    {
      name: "model.json",
      modules: [
        "src/pipeline/model-directory.js",
        "src/pipeline/model-record.js",
        "src/core/strict-json.js",
        "src/core/schema-issues.js",
      ],
      seeds: [json(record), json({ ...record, features: videoFeatures })],
      words: ['"network":null', '"sequence":null', '"fps":1', '"keyframes":true', ...jsonWords],
      codes: ["ERR_MODEL_INVALID"],
      parse: (file) => parseModelRecord(Buffer.from(file).toString("utf8"), "model.json"),
    },
    await savedNetwork(directory),
    await checkpointTarget(directory),
    {
      name: "log of trials",
      modules: ["src/pipeline/tuning-log.js"],
      seeds: [
        Buffer.from(
          `{"log":"muybridge tuning","recipe":"r"}\n{"search":"woa","trial":1,"settings":{"hidden":2,"rnn":"gru"},"loss":null,"folds":[0.5,null],"accuracies":[1],"pruned":true,"seconds":1}\n`,
        ),
      ],
      words: ["\n", '"recipe":"q"', '"repeatOf":1', '"error":""', ...jsonWords],
      codes: ["ERR_USAGE"],
      parse: async (file) => {
        const log = await openTuningLog(await inPlace("log.jsonl", file), "r", () => {});
        return log.trials();
      },
    },
    {
      name: "TFLite",
      modules: [
        "src/features/tflite/flatbuffer.js",
        "src/features/tflite/read-tflite.js",
        "src/features/tflite/constants.js",
        "src/features/tflite/conversion.js",
        "src/features/tflite/layers.js",
        "src/features/tflite/tflite-network.js",
        "src/features/tflite/tflite-to-onnx.js",
        "src/features/tflite/operators/activation.js",
        "src/features/tflite/operators/arithmetic.js",
        "src/features/tflite/operators/convolution.js",
        "src/features/tflite/operators/pooling.js",
        "src/features/tflite/operators/shape.js",
        "src/features/tflite/operators/window.js",
        "src/features/tfjs/tflite-to-graph-model.js",
      ],
      seeds: [await readFile(new URL("../fixtures/small.tflite", import.meta.url))],
      words: ["TFL3", "picture", "kernel"],
      codes: ["ERR_MODEL_INVALID", "ERR_USAGE"],
      parse(file) {
        const model = readTflite(file, "m.tflite");
        const nameOf = (operator) => model.tensors[operator?.outputs[0] ?? -1]?.name ?? "";
        const last = nameOf(model.operators.at(-1));
        tfliteToOnnx(model, { name: "m.tflite", preprocessing: {}, layer: last });
        tfliteToOnnx(model, { name: "m.tflite", preprocessing: {} });
        // The first alone, since this engine takes no quantised constants.
        const first = nameOf(model.operators[0]);
        return tfliteToGraphModel(model, { name: "m.tflite", layer: first });
      },
    },
    {
      name: "ONNX",
      modules: [
        "src/onnx/wire-format.js",
        "src/onnx/check-model-file.js",
        "src/onnx/model-parts.js",
        "src/onnx/node-message.js",
        "src/onnx/cut-graph.js",
      ],
      seeds: [onnxNetwork(), onnxWithSparse()],
      words: ["\u0008", "\u0012\u0000", "\u002a\u0000", "Scan", "perm", "location"],
      codes: ["ERR_MODEL_INVALID"],
      parse(file) {
        const model = takeModelApart(file, "m.onnx");
        for (const { name } of model.inputs) dependentValues(model, name);
        const before = createGraph("before", "b/");
        const after = createGraph("after", "a/");
        for (const value of model.outputs) after.outputOfAnyType(value);
        return encodeCutGraph(cutGraph(model, model.outputs), before, after, new Map([["x", "y"]]));
      },
    },
    {
      name: "TensorFlow.js model.json",
      modules: ["src/features/tfjs/model-json.js", "src/core/schema-issues.js"],
      seeds: [
        json({
          format: "graph-model",
          modelTopology: { node: [{ name: "x", op: "Placeholder" }] },
          weightsManifest: [
            {
              paths: ["w/shard1.bin"],
              weights: [
                { name: "w", shape: [2, 2], dtype: "float32" },
                { name: "q", shape: [], dtype: "int32", quantization: { dtype: "uint8", min: 0 } },
              ],
            },
          ],
          signature: {},
          userDefinedMetadata: {},
        }),
      ],
      words: ['"../', "/etc/", "C:", "\\", '"float16"', "9007199254740991", ...jsonWords],
      codes: ["ERR_MODEL_INVALID", "ERR_TOO_LARGE"],
      parse: (file) => parseModelJson(file, "model.json"),
    },
    {
      name: "sequence",
      modules: [
        "src/sequence/read-sequence-file.js",
        "src/sequence/csv-sequence.js",
        "src/sequence/safetensors-sequence.js",
        "src/sequence/file-sequence.js",
      ],
      seeds: [
        Buffer.from("time,a,b\n0,1,2\n1,3.5,-4e1\n"),
        Buffer.from("1,2\r\n3,4\r\n"),
        encodeSafetensors({
          features: tensor([2, 2]),
          timestamps: { shape: [2], data: Float64Array.of(1, 2) },
        }),
      ],
      words: [",", "\n", "\r\n", '"', '""', "timestamp", "nan", "1e999", "\ufeff", "-", "a,a"],
      codes: ["ERR_DATASET_INVALID", "ERR_TOO_LARGE"],
      mend: mendHeader,
      parse: async (file) => readSequenceFile(await inPlace("sequence", file)),
    },
    ...[
      ["csv", 'path,label,group,split\n"a ""1"".mp4",x,g,train\nb_g01_c.mp4,y,,val\n'],
      ["tsv", "label\tpath\nx\timages:d?fps=2\n"],
      ["jsonl", '{"path":"a.mp4","label":1,"split":"test"}\n\n{"path":"b","label":"x"}\n'],
    ].map(([extension, text]) => ({
      name: `manifest .${extension}`,
      modules: ["datasets/manifest.js"],
      seeds: [Buffer.from(text)],
      words: [",", "\t", "\n", '"', "path", "start", "images:", "?fps=", "_g1_", ...jsonWords],
      codes: ["ERR_DATASET_INVALID"],
      parse: async (file) => openManifest(await inPlace(`manifest.${extension}`, file)),
    })),
  ];
}

/** network.json of a network of the sequence library. */
async function savedNetwork(directory) {
  const place = join(directory, "network");
  const head = { type: "classification", classes: 2 };
  const network = createNetwork({ cell: "gru", inputSize: 2, hidden: 2, head, seed: 1 });
  await rm(place, { recursive: true, force: true });
  await network.save(place);
  await network.close();
  return {
    name: "network.json",
    modules: ["src/sequence/network-files.js", "src/core/schema-issues.js"],
    seeds: [await readFile(join(place, "network.json"))],
    words: ['"regression"', '"size":', '"sequence"', '"relu"', ...jsonWords],
    codes: ["ERR_MODEL_INVALID"],
    parse: async (file) => {
      await writeFile(join(place, "network.json"), file);
      return readNetwork(place);
    },
  };
}

async function checkpointTarget(directory) {
  const place = join(directory, "checkpoint");
  await mkdir(place, { recursive: true });
  const parameters = { w: tensor([2]) };
  await writeCheckpoint(place, "r", {
    history: [{ epoch: 1, loss: 1, learningRate: 0.1, gradientNorm: 1 }],
    parameters,
    optimiser: { steps: 1, slots: { "w/mean": tensor([2]) } },
    schedule: { factor: 1, best: null, waited: 0 },
    random: [1, 2, 3, 4],
    best: { epoch: 1, loss: 1, parameters },
  });
  const path = join(place, "checkpoint.safetensors");
  return {
    name: "checkpoint",
    modules: ["src/sequence/training/checkpoint.js"],
    seeds: [await readFile(path)],
    words: ['"U8"', '"I32"', "parameters:", "best:", ...jsonWords],
    codes: ["ERR_MODEL_INVALID", "ERR_USAGE"],
    mend: mendHeader,
    parse: async (file) => {
      await writeFile(path, file);
      return readCheckpoint(place, "r", parameters);
    },
  };
}
