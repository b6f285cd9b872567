import { expect, test } from "vitest";
import {
  catalogue,
  catalogueEntry,
  defaultCnn,
  describeFeatureExtractor,
} from "../../src/features/catalogue.js";
import { embeddedWeightsDigest } from "../../src/features/embedded-weights.js";

test("the default network is in the catalogue", () => {
  expect(catalogueEntry(defaultCnn)).toMatchObject({
    name: "mobilenet-v2",
    dimension: 1280,
    inputSize: 224,
    licence: "Apache-2.0",
    weightsDigest: embeddedWeightsDigest,
  });
});

test("every entry has a name of its own, a licence and the digest of its weights", () => {
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  for (const { licence, weightsDigest, dimension, inputSize } of catalogue) {
    expect(licence).not.toBe("");
    expect(weightsDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(dimension).toBeGreaterThan(0);
    expect(inputSize).toBeGreaterThan(0);
  }
});

test("a network is described without its weights, and every network has a digest of its own", () => {
  const descriptions = catalogue.map(({ name }) => describeFeatureExtractor(name));
  for (const { id, digest, dimension, inputSize } of descriptions) {
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(catalogueEntry(id)).toMatchObject({ dimension, inputSize });
    // It stands for the preprocessing as well, not for the weights alone.
    expect(digest).not.toBe(catalogueEntry(id).weightsDigest);
    expect(describeFeatureExtractor(id).digest).toBe(digest);
  }
  expect(new Set(descriptions.map(({ digest }) => digest)).size).toBe(catalogue.length);
});

test.each(["resnet-1001", "", "Mobilenet-V2", "__proto__"])(
  'an unknown name ("%s") is told together with the known ones',
  (name) => {
    const refusal = expect.objectContaining({ code: "ERR_USAGE", parameter: "cnn" });
    expect(() => catalogueEntry(name)).toThrow(refusal);
    expect(() => describeFeatureExtractor(name)).toThrow(refusal);
    expect(() => catalogueEntry(name)).toThrow("mobilenet-v2");
  },
);
