import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openContentStore } from "../../src/core/content-store.js";
import { createRandom } from "../../src/core/random.js";
import { describeCnn } from "../../src/features/describe-cnn.js";
import { openFeatureExtractor } from "../../src/features/open-feature-extractor.js";
import { int64 } from "../../src/onnx/tensor.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { buildModel } from "./onnx-model.js";

const directory = sharedDirectory();
const store = openContentStore(join(directory, "cache"));
const size = 6;

/** Writes a network that is written for one frame, and that a second one would make a longer row. */
async function writeNetwork(name: string): Promise<string> {
  const path = join(directory, name);
  const file = buildModel(({ graph, convolve, node }) => {
    const map = convolve(graph.input("picture", "float32", [1, 3, size, size]), "map");
    const row = node("Reshape", [map, graph.constant(int64([1, -1]), "shape")], "row");
    graph.output(row, "float32", [1, 4 * size * size]);
  });
  await writeFile(path, file);
  return path;
}

test("an .onnx file is a CNN: described, opened, and its features the same alone and in company", async () => {
  const cnn = await writeNetwork("one.onnx");
  const random = createRandom("five frames");
  const frames = Uint8Array.from({ length: 5 * size * size * 3 }, () => random.integer(0, 255));
  for (const [layer, dimension] of [
    ["row", 4 * size * size],
    ["map", 4],
  ] as const) {
    const described = await describeCnn({ cnn, layer }, store);
    expect(described).toMatchObject({ id: cnn, dimension, inputSize: size });
    await using extractor = await openFeatureExtractor(cnn, { layer, store });
    expect(extractor).toMatchObject(described);
    const together = await extractor.extract(frames, 5);
    for (let i = 0; i < 5; i++) {
      const frame = frames.subarray(i * size * size * 3, (i + 1) * size * size * 3);
      const alone = await extractor.extract(frame, 1);
      for (const [d, value] of alone.entries()) {
        expect(together[i * dimension + d]).toBeCloseTo(value, 4);
      }
    }
  }
});

test("other preprocessing and another layer are another CNN to the cache", async () => {
  const cnn = await writeNetwork("two.onnx");
  const digests = await Promise.all(
    [{}, { layer: "row" }, { preprocessing: { channels: "bgr" } as const }].map(
      async (choice) => (await describeCnn({ cnn, ...choice }, store)).digest,
    ),
  );
  expect(new Set(digests).size).toBe(3);
});

test("a file too large to be a network is refused unread", async () => {
  const cnn = join(directory, "huge.onnx");
  await writeFile(cnn, "");
  await truncate(cnn, 2 ** 31 + 1);
  await expect(describeCnn({ cnn }, store)).rejects.toMatchObject({
    code: "ERR_TOO_LARGE",
    path: cnn,
  });
});
