import { readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { catalogue } from "../../../src/features/catalogue.js";
import { resolveCnn } from "../../../src/features/resolve-cnn.js";
import { fetchModelJson } from "../../../src/features/tfjs/fetch-model-json.js";
import { openMobilenet } from "../../../src/features/tfjs/mobilenet-network.js";
import { mobilenetEmbeddings } from "../../../src/features/tfjs/mobilenet-variant.js";
import { readModelJson } from "../../../src/features/tfjs/model-json.js";
import {
  mobilenetVariant,
  publishedMobilenets,
  tfjsMobilenets,
} from "../../../src/features/tfjs/tfjs-catalogue.js";
import { loadTfjs } from "../../../src/tfjs/tfjs-runtime.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { smallClassifier, smallFeatures, writeModel } from "./model-files.js";

const root = sharedDirectory();
const directory = join(root, "cnn", "small");

/** What the server answers; the files of a small network where nothing else is said. */
let answer: (path: string, response: ServerResponse) => void;
let asked: string[];
let server: Server;
let url: string;
let site: string;

function serve(path: string, response: ServerResponse): void {
  readFile(join(site, path)).then(
    (bytes) => response.end(bytes),
    () => response.writeHead(404).end(),
  );
}

beforeAll(async () => {
  const artifacts = smallClassifier([-1, 224, 224, 3], mobilenetEmbeddings[1]);
  site = join(await writeModel(join(root, "site"), artifacts), "..");
  server = createServer((request, response) => {
    asked.push(request.url!);
    answer(new URL(request.url!, "http://any").pathname, response);
  });
  server.keepAliveTimeout = 100;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  asked = [];
  answer = serve;
});
afterEach(async () => {
  answer = serve;
  asked = [];
  await rm(join(root, "cnn"), { recursive: true, force: true });
});
afterAll(() => void server.close());

const fetchSmall = (): Promise<string> => fetchModelJson({ name: "small", url, directory });

test("a network is fetched once, with its shards, and asked for as TensorFlow Hub wants it", async () => {
  const path = await fetchSmall();
  expect(asked).toEqual(["/model.json?tfjs-format=file", "/weights/shard1.bin?tfjs-format=file"]);
  expect(await readFile(path)).toEqual(await readFile(join(site, "model.json")));
  server.closeAllConnections();
  answer = (_, response) => response.destroy();
  expect(await fetchSmall()).toBe(path);
  expect(asked).toHaveLength(2);
});

test("what was fetched runs through @tensorflow-models/mobilenet, pixels between 0 and 1", async () => {
  const { artifacts } = await readModelJson(await fetchSmall());
  const { tf } = await loadTfjs();
  const variant = { version: 1, alpha: 0.25, inputRange: [0, 1] } as const;
  const network = await openMobilenet(tf, artifacts, variant, "small");
  const frame = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => (i * 7919) % 251);
  const features = tf.tidy(() => [...network.features(frame).dataSync()]);
  network.dispose();
  const expected = smallFeatures(Array.from(frame, (level) => level / 255));
  expect(network.dimension).toBe(2);
  features.forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 3));
});

test.each<[string, typeof answer, RegExp]>([
  ["answers 404", (_, response) => void response.writeHead(404).end(), /404/],
  ["answers with a web page", (_, response) => void response.end("<html>"), /not JSON/],
  [
    "cuts the connection",
    (path, response) => {
      if (path.endsWith(".json")) serve(path, response);
      else
        response.writeHead(200, { "content-length": 24 }).write("half", () => response.destroy());
    },
    /shard1/,
  ],
  [
    "gives too little",
    (path, response) => (path.endsWith(".json") ? serve(path, response) : void response.end("few")),
    /too short/,
  ],
  [
    "gives too much",
    (path, response) =>
      path.endsWith(".json") ? serve(path, response) : void response.end(Buffer.alloc(1e6)),
    /more than 32 bytes/,
  ],
  [
    "lies about the length",
    (path, response) => {
      if (path.endsWith(".json")) serve(path, response);
      else response.writeHead(200, { "content-length": 1000 }).end(Buffer.alloc(32));
    },
    /./,
  ],
  [
    "sends elsewhere than beside it",
    (_, response) =>
      void response.end(
        JSON.stringify({
          modelTopology: { node: [] },
          weightsManifest: [{ paths: ["../../x"], weights: [] }],
        }),
      ),
    /not beside it/,
  ],
])(
  "a server that %s is told of, nothing of it is kept, and another try works",
  async (_, wrong, told) => {
    answer = wrong;
    const failed = fetchSmall();
    await expect(failed).rejects.toMatchObject({ code: "ERR_WEIGHTS_UNAVAILABLE" });
    await expect(failed).rejects.toThrow(told);
    await expect(failed).rejects.toThrow(directory);
    expect(await readdir(join(root, "cnn"))).toEqual([]);
    answer = serve;
    await expect(fetchSmall()).resolves.toBe(join(directory, "model.json"));
  },
);

test("two that fetch at once get one whole network", async () => {
  const paths = await Promise.all([fetchSmall(), fetchSmall(), fetchSmall()]);
  expect(new Set(paths).size).toBe(1);
  expect(await readdir(join(root, "cnn"))).toEqual(["small"]);
  await expect(readModelJson(paths[0]!)).resolves.toMatchObject({ kind: "graph" });
});

test("the catalogue has every network whose address is in @tensorflow-models/mobilenet", async () => {
  const source = await readFile(
    createRequire(import.meta.url).resolve("@tensorflow-models/mobilenet"),
    "utf8",
  );
  const known = [...source.matchAll(/url: '([^']+)'/g)].map(([, address]) => address);
  expect(known).toHaveLength(7);
  expect(publishedMobilenets.map((network) => network.url)).toEqual(known);
  for (const node of Object.values(mobilenetEmbeddings)) expect(source).toContain(`'${node}'`);
  for (const entry of tfjsMobilenets) expect(catalogue).toContain(entry);
  expect(tfjsMobilenets.map(({ name, dimension }) => [name, dimension])).toEqual([
    ["tfjs-mobilenet-v1-0.25-imagenet", 256],
    ["tfjs-mobilenet-v1-0.5-imagenet", 512],
    ["tfjs-mobilenet-v1-0.75-imagenet", 768],
    ["tfjs-mobilenet-v1-1.0-imagenet", 1024],
    ["tfjs-mobilenet-v2-0.5-imagenet", 1280],
    ["tfjs-mobilenet-v2-0.75-imagenet", 1280],
    ["tfjs-mobilenet-v2-1.0-imagenet", 1280],
  ]);
  expect(mobilenetVariant("tfjs-mobilenet-v2-0.5-imagenet")).toEqual({
    version: 2,
    alpha: 0.5,
    inputRange: [0, 1],
  });
});

test("onnxruntime is not asked for one of them, nor is it fetched for that", async () => {
  const refused = resolveCnn({ cnn: "tfjs-mobilenet-v2-1.0-imagenet", engine: "onnx" });
  await expect(refused).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "engine" });
});
