import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openContentStore } from "../../src/core/content-store.js";
import { sha256 } from "../../src/core/digest.js";
import { catalogue, catalogueEntry } from "../../src/features/catalogue.js";
import type { CatalogueEntry } from "../../src/features/catalogue-entry.js";
import type { CnnDownload } from "../../src/features/cnn-source.js";
import { embeddedWeightsDigest } from "../../src/features/embedded-weights.js";
import { listCnns } from "../../src/features/list-cnns.js";
import { pullCnn, pullEntry } from "../../src/features/pull-cnn.js";
import { pulledSource } from "../../src/features/pulled-weights.js";
import { resolveCnn } from "../../src/features/resolve-cnn.js";
import { temporaryDirectory } from "../core/temporary-directory.js";
import { type Answer, say, serve, whole } from "./file-server.js";

let cache: string;
beforeEach(async () => {
  cache = await temporaryDirectory();
  vi.stubEnv("MUYBRIDGE_CACHE_DIR", cache);
});
afterEach(() => vi.unstubAllEnvs());

const unavailable = { code: "ERR_WEIGHTS_UNAVAILABLE" };

/** Bytes that begin as a TFLite file does. */
function tfliteLike(text: string): Buffer {
  return Buffer.from(`\x1c\0\0\0TFL3 ${text}`);
}
const weights = tfliteLike("the weights");

/** An entry whose file comes from a server of its own. */
async function entryOf(answer: Answer, known: Pick<CnnDownload, "size" | "sha256"> = {}) {
  const server = await serve(answer);
  const entry: CatalogueEntry = {
    ...catalogueEntry("googlenet"),
    name: "own",
    verified: known.sha256 !== undefined,
    source: pulledSource("own", { file: "own.tflite", urls: [server.url], ...known }),
  };
  return { entry, server, path: join(cache, "cnn", "own", "own.tflite") };
}

const quickly = { tries: 2, firstWait: 0.01 };
/** Pulls and gathers the warnings. */
async function pull(entry: CatalogueEntry) {
  const warnings: string[] = [];
  const pulled = await pullEntry(entry, {
    ...quickly,
    onWarning: (message) => void warnings.push(message),
  });
  return { pulled, warnings };
}

test("a network with a known digest is pulled once", async () => {
  const known = { size: weights.length, sha256: sha256(weights) };
  const { entry, server, path } = await entryOf(whole(weights), known);
  const first = await pull(entry);
  expect(first).toEqual({
    pulled: { name: "own", path, sha256: known.sha256, verified: true, downloaded: true },
    warnings: [],
  });
  expect(await readFile(path)).toEqual(weights);
  expect((await pull(entry)).pulled).toEqual({ ...first.pulled, downloaded: false });
  expect(server.requests).toHaveLength(1);
  expect(await entry.source.digest()).toBe(known.sha256);
  expect(Buffer.from(await entry.source.read())).toEqual(weights);
});

test("of one without a known digest, what came first is remembered, with a warning", async () => {
  const { entry, path, server } = await entryOf(whole(weights));
  const { pulled, warnings } = await pull(entry);
  expect(pulled).toMatchObject({ sha256: sha256(weights), verified: false, downloaded: true });
  expect(warnings).toEqual([expect.stringContaining(`has the SHA-256 ${sha256(weights)}`)]);
  expect(JSON.parse(await readFile(`${path}.json`, "utf8"))).toMatchObject({
    sha256: sha256(weights),
    size: weights.length,
    url: server.url,
  });
});

test("another file than the remembered one is noticed where it is used, and refused when it comes again", async () => {
  const { entry, path } = await entryOf(whole(weights));
  await pull(entry);
  const forged = tfliteLike("forged");
  await writeFile(path, forged);
  await expect(entry.source.read()).rejects.toMatchObject({ ...unavailable, path });
  const { entry: later } = await entryOf(whole(forged));
  const refused = pull(later);
  await expect(refused).rejects.toMatchObject(unavailable);
  await expect(refused).rejects.toThrow(`expected is ${sha256(weights)}`);
  await expect(refused).rejects.toThrow(`remove ${path}.json first`);
  expect((await pull((await entryOf(whole(weights))).entry)).pulled.downloaded).toBe(true);
  expect(Buffer.from(await entry.source.read())).toEqual(weights);
});

test("a file that was put there by hand is taken, and remembered by the next pull", async () => {
  const { entry, server, path } = await entryOf(say(404));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, weights);
  expect(await entry.source.digest()).toBe(sha256(weights));
  const { pulled, warnings } = await pull(entry);
  expect(pulled).toMatchObject({ path, downloaded: false });
  expect(warnings).toHaveLength(1);
  expect(server.requests).toHaveLength(0);
  await writeFile(path, tfliteLike("another"));
  await expect(entry.source.read()).rejects.toMatchObject(unavailable);
});

test("a damaged file is replaced", async () => {
  const known = { size: weights.length, sha256: sha256(weights) };
  const { entry, path } = await entryOf(whole(weights), known);
  await pull(entry);
  const damaged = Buffer.from(weights);
  damaged[12]! ^= 1;
  await writeFile(path, damaged);
  await expect(entry.source.digest()).rejects.toThrow("muybridge cnn pull own gets it again");
  await writeFile(path, weights.subarray(1));
  await expect(entry.source.digest()).rejects.toThrow(`expected are ${weights.length}`);
  const { pulled, warnings } = await pull(entry);
  expect(pulled.downloaded).toBe(true);
  expect(warnings[0]).toContain(path);
  expect(await readFile(path)).toEqual(weights);
});

test("what is not a file of the format is refused, though nobody knows its digest", async () => {
  const pointer = Buffer.from("version https://git-lfs.github.com/spec/v1\n");
  const { entry, path } = await entryOf(whole(pointer));
  await expect(pull(entry)).rejects.toThrow(
    'not a file of the format tflite: it begins with "version ',
  );
  expect(await readdir(dirname(path))).toEqual([]);
});

test("when it cannot be had, the error says how to do without the internet", async () => {
  const { entry, server, path } = await entryOf(say(404));
  await expect(pull(entry)).rejects.toThrow(`get ${server.url} elsewhere and put it at ${path}`);
});

test("a damaged record is told", async () => {
  const { entry, path } = await entryOf(whole(weights));
  await pull(entry);
  await writeFile(`${path}.json`, "{");
  await expect(entry.source.read()).rejects.toMatchObject({ ...unavailable, path: `${path}.json` });
  await expect(pull(entry)).rejects.toThrow(`Remove it`);
});

test("a network that is not there yet is told together with how to get it", async () => {
  const path = join(cache, "cnn", "mobilenet-v2-imagenet", "mobilenet_v2_1.0_224_quant.tflite");
  const resolving = resolveCnn({ cnn: "mobilenet-v2-imagenet" });
  await expect(resolving).rejects.toMatchObject({ ...unavailable, path });
  await expect(resolving).rejects.toThrow(
    "muybridge cnn pull mobilenet-v2-imagenet gets them (3.6 MB).",
  );
  await expect(resolving).rejects.toThrow(`put it at ${path}`);
});

test("the embedded network is there without being pulled; an unknown name is wrong usage", async () => {
  expect(await pullCnn("mobilenet-v2")).toMatchObject({
    sha256: embeddedWeightsDigest,
    verified: true,
    downloaded: false,
    path: expect.stringContaining("objectron"),
  });
  await expect(pullCnn("resnet-1001")).rejects.toMatchObject({ code: "ERR_USAGE" });
});

test("the list says of every network whether it is here", async () => {
  const before = await listCnns();
  expect(before.map(({ name }) => name)).toEqual(catalogue.map(({ name }) => name));
  const places = (list: typeof before) =>
    Object.fromEntries(list.map((one) => [one.name, one.place]));
  expect(places(before)).toMatchObject({ "mobilenet-v2": "embedded", googlenet: "not here" });
  for (const name of ["googlenet", "mobilenet-v2-imagenet"]) {
    const path = catalogueEntry(name).source.locate();
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, weights);
  }
  expect(places(await listCnns())).toMatchObject({
    googlenet: "here",
    "mobilenet-v2-imagenet": "damaged",
  });
});

test("clearing the cache leaves pulled networks where they are", async () => {
  const { entry, path } = await entryOf(whole(weights));
  await pull(entry);
  const store = openContentStore(cache);
  await store.put("key", "computed");
  await store.clear();
  expect(await store.get("key")).toBeUndefined();
  expect(await readFile(path)).toEqual(weights);
});
