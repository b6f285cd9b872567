import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { catalogue } from "../../src/features/catalogue.js";
import { pullEntry } from "../../src/features/pull-cnn.js";
import { readTflite } from "../../src/features/tflite/read-tflite.js";
import { temporaryDirectory } from "../core/temporary-directory.js";

/** Coral's files, where they lie beside the project. */
const files = fileURLToPath(new URL("../../../shared/data/weights", import.meta.url));

afterEach(() => vi.unstubAllEnvs());
const pulled = catalogue.filter(({ source }) => source.download);

test("an entry that is said to be verified knows its file's digest and size", () => {
  expect(pulled.length).toBeGreaterThan(3);
  for (const { verified, source } of pulled) {
    const { size, sha256, urls, file } = source.download!;
    expect(sha256 === undefined).toBe(size === undefined);
    if (verified) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(urls.length).toBeGreaterThan(1);
    for (const url of urls) {
      expect(new URL(url).protocol).toBe("https:");
      expect(basename(url)).toBe(file);
    }
  }
});

for (const entry of pulled.filter(({ verified }) => verified)) {
  const { name, source } = entry;
  const file = join(files, source.download!.file);
  const isThere = existsSync(file);
  if (!isThere) console.warn(`SKIPPED: the file of ${name} is not checked, as ${file} is missing.`);

  test.skipIf(!isThere)(`${name} is what its entry says`, async () => {
    vi.stubEnv("MUYBRIDGE_CACHE_DIR", await temporaryDirectory());
    await mkdir(dirname(source.locate()), { recursive: true });
    await cp(file, source.locate());
    expect(await pullEntry(entry)).toMatchObject({ name, verified: true, downloaded: false });
    const { tensors, inputs } = readTflite(await source.read(), name);
    const layer = tensors.find((tensor) => tensor.name.split(";")[0] === entry.layer);
    expect(layer?.shape.at(-1)).toBe(entry.dimension);
    const { inputSize, scale, mean } = entry.preprocessing;
    const input = tensors[inputs[0]!]!;
    expect(input.shape).toEqual([1, inputSize, inputSize, 3]);
    const { scale: step, zeroPoint } = input.quantisation!;
    expect(scale).toBe(step[0]);
    expect(mean[0]).toBe(step[0]! * Number(zeroPoint[0]));
  });
}
