import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { io } from "@tensorflow/tfjs-core";
import { buildGraphModel, textAttribute } from "../../../src/features/tfjs/graph-model.js";

/** A model.json as plain data, to be altered. */
export interface ModelFile {
  format?: string;
  // biome-ignore lint/suspicious/noExplicitAny: it is taken apart and damaged on purpose
  modelTopology: any;
  weightsManifest: { paths: string[]; weights: io.WeightsManifestEntry[] }[];
  signature?: unknown;
}

/** Writes a model as model.json and shards of so many bytes into a directory; the path of model.json. */
export async function writeModel(
  directory: string,
  artifacts: io.ModelArtifacts,
  alter: (file: ModelFile) => void = () => {},
  shardSize = 64,
): Promise<string> {
  const data = artifacts.weightData ?? new ArrayBuffer();
  const bytes = Buffer.concat(
    (Array.isArray(data) ? data : [data]).map((part) => Buffer.from(part)),
  );
  const paths: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += shardSize) {
    const path = `weights/shard${paths.length + 1}.bin`;
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), bytes.subarray(offset, offset + shardSize));
    paths.push(path);
  }
  const file: ModelFile = structuredClone({
    ...(artifacts.format === undefined ? {} : { format: artifacts.format }),
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths, weights: artifacts.weightSpecs ?? [] }],
    ...(artifacts.signature === undefined ? {} : { signature: artifacts.signature }),
  });
  alter(file);
  await mkdir(directory, { recursive: true });
  const path = join(directory, "model.json");
  await writeFile(path, JSON.stringify(file));
  return path;
}

/** Kernel of the small classifier: two channels of a picture's three. */
export const smallKernel = [0.5, -1, 0.25, 2, -0.75, 1] as const;

/**
 * A classifier as a graph: "conv" (1 x 1, two channels), "relu", "pool" [n, 1, 1, 2] or as it is called,
 * "flat" [n, 2], "scores" [n, 2].
 */
export function smallClassifier(
  shape: readonly number[] = [-1, 8, 8, 3],
  pool = "pool",
): io.ModelArtifacts {
  const graph = buildGraphModel();
  const picture = graph.input("picture", shape);
  const kernel = graph.constant("kernel", [1, 1, 3, 2], Float32Array.from(smallKernel));
  const conv = graph.node("Conv2D", "conv", [picture, kernel], {
    strides: { list: { i: [1, 1, 1, 1] } },
    dilations: { list: { i: [1, 1, 1, 1] } },
    padding: { s: textAttribute("SAME") },
  });
  const relu = graph.node("Relu", "relu", [conv]);
  const axes = graph.constant("axes", [2], Int32Array.of(1, 2));
  const mean = graph.node("Mean", pool, [relu, axes], { keep_dims: { b: true } });
  const flat = graph.node("Squeeze", "flat", [mean], { squeeze_dims: { list: { i: [1, 2] } } });
  return graph.artifacts(graph.node("Softmax", "scores", [flat]));
}

/** What "relu" of the small classifier is on the mean over height and width, for a frame of pixels already scaled. */
export function smallFeatures(pixels: readonly number[]): [number, number] {
  const sums: [number, number] = [0, 0];
  for (let p = 0; p < pixels.length; p += 3) {
    for (const o of [0, 1] as const) {
      const value = [0, 1, 2].reduce((sum, c) => sum + pixels[p + c]! * smallKernel[c * 2 + o]!, 0);
      sums[o] += Math.max(0, value);
    }
  }
  return [(sums[0] * 3) / pixels.length, (sums[1] * 3) / pixels.length];
}
