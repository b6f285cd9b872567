import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openContentStore } from "../../../src/core/content-store.js";
import { createRandom } from "../../../src/core/random.js";
import {
  type FeatureExtractorOptions,
  openFeatureExtractor,
} from "../../../src/features/open-feature-extractor.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { useBackend } from "../../tfjs/use-backend.js";
import { type ModelFile, smallClassifier, smallFeatures, writeModel } from "./model-files.js";

// The back ends differ in the operations that they have.
await useBackend("@tensorflow/tfjs-backend-wasm");

const directory = sharedDirectory();
const store = openContentStore(join(directory, "cache"));
const random = createRandom("pixels");
const frame = Uint8Array.from({ length: 8 * 8 * 3 }, () => random.integer(0, 255));
const scaled = [...frame].map((level) => level / 127.5 - 1);

let count = 0;
/** A new directory for a model. */
function place(): string {
  return join(directory, `model${count++}`);
}

async function featuresOf(path: string, options: FeatureExtractorOptions = {}): Promise<number[]> {
  await using cnn = await openFeatureExtractor(path, { store, ...options });
  const size = cnn.inputSize ** 2 * 3;
  const pixels = new Uint8Array(size);
  pixels.set(frame.subarray(0, size));
  const features = [...(await cnn.extract(pixels, 1))];
  expect(features).toHaveLength(cnn.dimension);
  return features;
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}

test("the last layer with height and width is taken, its input size read from the file", async () => {
  const path = await writeModel(place(), smallClassifier());
  expectClose(await featuresOf(path), smallFeatures(scaled));
});

test("a layer can be named: one of four axes is averaged, one of two is taken as it is", async () => {
  const path = await writeModel(place(), smallClassifier());
  const [a, b] = smallFeatures(scaled);
  expectClose(await featuresOf(path, { layer: "pool" }), [a, b]);
  expectClose(await featuresOf(path, { layer: "flat" }), [a, b]);
  const [p, q] = [Math.exp(a), Math.exp(b)];
  expectClose(await featuresOf(path, { layer: "scores" }), [p / (p + q), q / (p + q)]);
});

test("a layer that is not there is told together with those that are", async () => {
  const path = await writeModel(place(), smallClassifier());
  const refused = featuresOf(path, { layer: "kernel" });
  await expect(refused).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "layer", path });
  await expect(refused).rejects.toThrow(/conv\n\s+relu\n\s+pool\n\s+flat\n\s+scores$/);
});

test("preprocessing can be chosen", async () => {
  const path = await writeModel(place(), smallClassifier([-1, -1, -1, 3]));
  const preprocessing = {
    inputSize: 4,
    channels: "bgr",
    scale: 1 / 255,
    mean: [0.4, 0.5, 0.6],
    deviation: [0.2, 0.3, 0.4],
  } as const;
  const pixels = Array.from({ length: 48 }, (_, i) => {
    const c = i % 3;
    const level = frame[i - c + 2 - c]!;
    return (level / 255 - preprocessing.mean[c]!) / preprocessing.deviation[c]!;
  });
  expectClose(await featuresOf(path, { preprocessing }), smallFeatures(pixels));
});

test("frames of another size than the file takes are wrong usage", async () => {
  const path = await writeModel(place(), smallClassifier());
  await expect(featuresOf(path, { preprocessing: { inputSize: 4 } })).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "inputSize",
  });
});

test("other weights, layers or preprocessing are another digest", async () => {
  const digest = async (path: string, options: FeatureExtractorOptions = {}): Promise<string> => {
    await using cnn = await openFeatureExtractor(path, { store, ...options });
    return cnn.digest;
  };
  const path = await writeModel(place(), smallClassifier());
  const same = await writeModel(place(), smallClassifier());
  const first = await digest(path);
  expect(await digest(same)).toBe(first);
  const shard = join(path, "..", "weights", "shard1.bin");
  const bytes = await readFile(shard);
  bytes[0]! ^= 1;
  await writeFile(shard, bytes);
  const digests = [
    first,
    await digest(path),
    await digest(same, { layer: "flat" }),
    await digest(same, { preprocessing: { scale: 1 } }),
  ];
  expect(new Set(digests).size).toBe(4);
});

test("a model.json that is missing, or a shard of it, is told by its path", async () => {
  const missing = join(directory, "none", "model.json");
  await expect(featuresOf(missing)).rejects.toMatchObject({ code: "ERR_FILE_NOT_FOUND" });
  const path = await writeModel(place(), smallClassifier(), undefined, 16);
  await rm(join(path, "..", "weights", "shard2.bin"));
  await expect(featuresOf(path)).rejects.toThrow("shard2.bin");
  await mkdir(join(path, "..", "weights", "shard2.bin"));
  await expect(featuresOf(path)).rejects.toThrow(/shard2\.bin.*not a regular file/);
});

test.each<[string, (file: ModelFile) => void, string]>([
  [
    "a shard outside its directory",
    (f) => void (f.weightsManifest[0]!.paths = ["../x.bin"]),
    "../x.bin",
  ],
  ["a shard in disguise", (f) => void (f.weightsManifest[0]!.paths = ["a/../../x.bin"]), "x.bin"],
  ["an absolute shard", (f) => void (f.weightsManifest[0]!.paths = ["/etc/passwd"]), "/etc/passwd"],
  [
    "a shard from elsewhere",
    (f) => void (f.weightsManifest[0]!.paths = ["http://x/y"]),
    "http://x/y",
  ],
  ["a shard too many", (f) => void f.weightsManifest[0]!.paths.push("model.json"), "larger than 0"],
  [
    "one shard a thousand times",
    (f) => void (f.weightsManifest[0]!.paths = Array(1000).fill(f.weightsManifest[0]!.paths[0]!)),
    "larger than",
  ],
  [
    "weights whose size cannot be told",
    (f) => void (f.weightsManifest[0]!.weights[0]!.shape = [...Array(21).fill(1e15), 0]),
    "size of its weights",
  ],
  ["a shard too few", (f) => void f.weightsManifest[0]!.paths.pop(), "too short"],
  ["a shape that is none", (f) => void (f.weightsManifest[0]!.weights[0]!.shape = [-1]), "shape"],
  ["texts as weights", (f) => void (f.weightsManifest[0]!.weights[0]!.dtype = "string"), "dtype"],
  ["no topology", (f) => void delete f.modelTopology, "modelTopology"],
  ["a topology of nothing", (f) => void (f.modelTopology = {}), "neither a graph nor layers"],
  ["a node without an operation", (f) => void delete f.modelTopology.node[2].op, "node.2.op"],
  ["an unknown operation", (f) => void (f.modelTopology.node[3].op = "Quibble"), "Quibble"],
  ["an operation without a kernel", (f) => void (f.modelTopology.node[3].op = "Real"), "Real"],
  ["a node that prints", (f) => void (f.modelTopology.node[3].op = "Print"), "Print"],
  ["a loop", (f) => void (f.modelTopology.node[3].op = "While"), "While"],
  ["a circle", (f) => void (f.modelTopology.node[2].input[0] = "pool"), "cannot be computed"],
  ["a node from nowhere", (f) => void (f.modelTopology.node[3].input = ["nowhere"]), "nowhere"],
  ["two nodes of a name", (f) => void (f.modelTopology.node[3].name = "conv"), "same name"],
  ["a name that is none", (f) => void (f.modelTopology.node[3].name = "__proto__"), "__proto__"],
  [
    "a constant without numbers",
    (f) => void (f.weightsManifest[0]!.weights[0]!.name = "x"),
    "kernel",
  ],
  [
    "a second input",
    (f) => {
      f.modelTopology.node.push({ name: "more", op: "Placeholder", attr: {} });
      delete f.signature;
    },
    "2 inputs",
  ],
])("a graph with %s is refused", async (_, alter, named) => {
  const path = await writeModel(place(), smallClassifier(), alter, 16);
  const refused = featuresOf(path);
  await expect(refused).rejects.toMatchObject({ code: "ERR_MODEL_INVALID", path });
  await expect(refused).rejects.toThrow(named);
});

test.each([
  ["four channels", [-1, 8, 8, 4], "4 channels"],
  ["no square", [-1, 8, 6, 3], "8 x 6"],
  ["two axes", [-1, 192], "no picture"],
  ["a giant's size", [-1, 100_000, 100_000, 3], "100000"],
])("a graph whose input has %s is refused", async (_, shape, named) => {
  const path = await writeModel(place(), smallClassifier(shape));
  await expect(featuresOf(path)).rejects.toThrow(named);
});

test("weights that would be too large are refused before they are read", async () => {
  const path = await writeModel(place(), smallClassifier(), (file) => {
    file.weightsManifest[0]!.weights[0]!.shape = [1, 1, 3, 2 ** 28];
  });
  await expect(featuresOf(path)).rejects.toMatchObject({ code: "ERR_TOO_LARGE" });
});

test.each(["", "{", "[]", "null", '"model"', "{}", "[".repeat(9999)])(
  "a file that is no model.json is refused: %s",
  async (text) => {
    const path = join(place(), "model.json");
    await mkdir(join(path, ".."));
    await writeFile(path, text);
    await expect(featuresOf(path)).rejects.toMatchObject({ code: "ERR_MODEL_INVALID", path });
  },
);

test("a damaged model.json is run or refused, never anything else", async () => {
  const path = await writeModel(place(), smallClassifier());
  const whole = await readFile(path);
  const outcomes = new Set<string>();
  for (let i = 0; i < 150; i++) {
    const damaged = Buffer.from(whole);
    damaged[random.integer(0, whole.length - 1)] = random.integer(32, 126);
    await writeFile(path, damaged);
    const outcome = await featuresOf(path).then(
      () => "run",
      (error) => error.code ?? error,
    );
    outcomes.add(outcome);
  }
  const known = ["run", "ERR_MODEL_INVALID", "ERR_FILE_NOT_FOUND", "ERR_USAGE", "ERR_TOO_LARGE"];
  expect([...outcomes].filter((outcome) => !known.includes(outcome))).toEqual([]);
  expect(outcomes.has("run") && outcomes.has("ERR_MODEL_INVALID")).toBe(true);
});

test("whoever asks an engine for what it cannot do is told why", async () => {
  const path = await writeModel(place(), smallClassifier());
  const onnx = featuresOf(path, { engine: "onnx" });
  await expect(onnx).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "engine" });
  await expect(onnx).rejects.toThrow(/TensorFlow\.js model.*engine tfjs/);
  const int8 = featuresOf(path, { precision: "int8" });
  await expect(int8).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "precision" });
  const file = join(directory, "network.onnx");
  await writeFile(file, "any");
  const tfjs = featuresOf(file, { engine: "tfjs" });
  await expect(tfjs).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "engine" });
  await expect(tfjs).rejects.toThrow(/ONNX model.*engine onnx/);
});
