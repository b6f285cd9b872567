import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { createGraph } from "../../src/onnx/graph.js";
import { int64 } from "../../src/onnx/tensor.js";
import { buildModel, type SmallNetwork } from "../features/onnx-model.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeSquare } from "../pipeline/growing-squares.js";
import { type ProgramResult, runProgram } from "./run-program.js";

const root = sharedDirectory();
const video = join(root, "a.mp4");

beforeAll(() => writeSquare(video, "grow", "a"));

/** Computes the features of a video with a network of this making. */
async function runWith(
  name: string,
  spoil: (network: SmallNetwork, map: string) => string,
  ...options: readonly string[]
): Promise<ProgramResult & { readonly file: string }> {
  const file = join(root, `${name}.onnx`);
  const model = buildModel((network) => {
    const image = network.graph.input("image", "float32", [1, 3, 16, 16]);
    const features = spoil(network, network.convolve(image));
    network.graph.outputOfAnyType(network.node("Identity", [features], "result"));
  });
  await writeFile(file, model);
  const out = join(root, `${name}-features`);
  const args = ["features", video, "--cnn", file, "--cnn-layer", "map", "--out", out, ...options];
  return { ...(await runProgram(args, { cacheDir: join(root, "cache") })), file };
}

/** A Loop of 2^40 rounds: shortly written, and not done in a year. */
function endlessly({ graph }: SmallNetwork, map: string): string {
  const body = createGraph("body", "body/");
  body.input("round", "int64", []);
  const goesOn = body.input("goesOn", "bool", []);
  const value = body.input("value", "float32", [1, 4, 16, 16]);
  body.outputOfAnyType(body.node("Identity", [goesOn]));
  body.outputOfAnyType(body.node("Sin", [value]));
  const rounds = graph.constant(int64([2 ** 40], []));
  return graph.nodes("Loop", [rounds, "", map], ["map"], { body: { g: body } })[0]!;
}

/** Each picture 917,504 times: 3.5 GiB out of a file of a kilobyte, just below what onnxruntime refuses itself. */
function greedily({ graph, node }: SmallNetwork, map: string): string {
  return node("Tile", [map, graph.constant(int64([1, 1, 2 ** 10, 896]))], "map");
}

test("a network that never comes to an end is given up, and named", async () => {
  const { code, stderr, file } = await runWith("endless", endlessly, "--timeout", "2");
  expect(stderr).toContain(`ERR_MODEL_INVALID: The CNN ${file} cannot be used`);
  expect(stderr).toContain("within 2 s");
  expect(code).toBe(1);
});

test.skipIf(process.platform === "win32")(
  "a network that takes all memory is ended, and named",
  async () => {
    const { code, stderr, file } = await runWith("greedy", greedily, "--max-memory", "600");
    expect(stderr).toContain(`ERR_MODEL_INVALID: The CNN ${file} cannot be used`);
    expect(stderr).toContain("more than 600 MiB");
    expect(code).toBe(1);
  },
);
