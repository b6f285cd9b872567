import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openContentStore } from "../../src/core/content-store.js";
import { catalogue, defaultCnn } from "../../src/features/catalogue.js";
import { describeCnn } from "../../src/features/describe-cnn.js";
import { embeddedWeightsDigest } from "../../src/features/embedded-weights.js";
import { resolveCnn } from "../../src/features/resolve-cnn.js";

const directory = await mkdtemp(join(tmpdir(), "muybridge-catalogue-"));
const store = openContentStore(directory);
afterAll(() => rm(directory, { recursive: true }));

test("the default network is in the catalogue, embedded", async () => {
  const entry = catalogue.find(({ name }) => name === defaultCnn);
  expect(entry).toMatchObject({ dimension: 1280, licence: "Apache-2.0" });
  expect(await entry!.source.digest()).toBe(embeddedWeightsDigest);
});

test("every entry has a name of its own and a licence", () => {
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  for (const { licence, dimension, preprocessing } of catalogue) {
    expect(licence).not.toBe("");
    expect(dimension).toBeGreaterThan(0);
    expect(preprocessing.inputSize).toBeGreaterThan(0);
  }
});

test("the default network is described without opening it, its digest standing for all that decides features", async () => {
  const plain = await describeCnn({ cnn: defaultCnn }, store);
  expect(plain).toMatchObject({ id: defaultCnn, dimension: 1280, inputSize: 224 });
  expect(plain.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(plain.digest).not.toBe(embeddedWeightsDigest);
  expect((await describeCnn({ cnn: defaultCnn }, store)).digest).toBe(plain.digest);
  const others = await Promise.all(
    [
      { preprocessing: { inputSize: 160 } },
      { preprocessing: { channels: "bgr" } as const },
      { precision: "int8" } as const,
      { engine: "tfjs" } as const,
    ].map((choice) => resolveCnn({ cnn: defaultCnn, ...choice })),
  );
  expect(new Set([plain, ...others].map(({ digest }) => digest)).size).toBe(5);
});

test.each(["resnet-1001", "", "Mobilenet-V2", "__proto__"])(
  'an unknown name ("%s") is told together with the known ones',
  async (name) => {
    const refusal = { code: "ERR_USAGE", parameter: "cnn" };
    await expect(resolveCnn({ cnn: name })).rejects.toMatchObject(refusal);
    await expect(resolveCnn({ cnn: name })).rejects.toThrow("mobilenet-v2");
  },
);

test("preprocessing out of range is refused, naming the field", async () => {
  const refused = (preprocessing: object): Promise<unknown> =>
    resolveCnn({ cnn: defaultCnn, preprocessing }).catch((error: unknown) => error);
  expect(await refused({ inputSize: 0 })).toMatchObject({ parameter: "inputSize" });
  expect(await refused({ scale: 0 })).toMatchObject({ parameter: "scale" });
  expect(await refused({ mean: [1, 2] })).toMatchObject({ parameter: "mean" });
  expect(await refused({ deviation: [1, 0, 1] })).toMatchObject({ parameter: "deviation" });
  expect(await refused({ channels: "grb" })).toMatchObject({ parameter: "channels" });
});
