import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { sha256 } from "../../src/core/digest.js";
import { embeddedWeightsDigest, readEmbeddedWeights } from "../../src/features/embedded-weights.js";
import { sharedDirectory } from "../frames/shared-directory.js";

const assets = "@mediapipe/objectron/objectron_solution_packed_assets.data";
const root = sharedDirectory();

test("the weights come from the package, whose digest is the known one", async () => {
  const file = await readFile(createRequire(import.meta.url).resolve(assets));
  expect(sha256(file)).toBe(embeddedWeightsDigest);
  const weights = Buffer.from(await readEmbeddedWeights());
  expect(weights.toString("latin1", 4, 8)).toBe("TFL3");
  expect(file.includes(weights)).toBe(true);
});

/** Reads the weights as an installation would whose package holds these bytes; none without bytes. */
async function readInstalled(name: string, bytes: Uint8Array | undefined): Promise<Uint8Array> {
  const installation = join(root, name);
  const sources = fileURLToPath(new URL("../../src/", import.meta.url));
  for (const file of ["core/digest.ts", "core/errors.ts", "features/embedded-weights.ts"]) {
    await cp(join(sources, file), join(installation, "src", file));
  }
  if (bytes) {
    const path = join(installation, "node_modules", assets);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(join(dirname(path), "package.json"), `{"name":"@mediapipe/objectron"}`);
    await writeFile(path, bytes);
  }
  const path = join(installation, "src/features/embedded-weights.ts");
  const installed = (await import(pathToFileURL(path).href)) as {
    readEmbeddedWeights: typeof readEmbeddedWeights;
  };
  return installed.readEmbeddedWeights();
}

test("weights that are not the known ones are refused, with what to do", async () => {
  const file = await readFile(createRequire(import.meta.url).resolve(assets));
  // The same installation with the right bytes works, so that it is the bytes which are refused.
  expect(await readInstalled("right", file)).toHaveLength(file.length - 184);
  file[file.length >> 1]! ^= 1;
  const reading = readInstalled("altered", file);
  await expect(reading).rejects.toMatchObject({ code: "ERR_WEIGHTS_UNAVAILABLE" });
  await expect(reading).rejects.toThrow("npm install @mediapipe/objectron");
});

test("a package that is missing is told, with what to do", async () => {
  const reading = readInstalled("missing", undefined);
  await expect(reading).rejects.toMatchObject({ code: "ERR_WEIGHTS_UNAVAILABLE" });
  await expect(reading).rejects.toThrow("npm install @mediapipe/objectron");
});
