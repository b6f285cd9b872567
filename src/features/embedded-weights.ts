import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { sha256 } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";

/** The package and file that the default network comes in, and where in it. */
const embedded = {
  package: "@mediapipe/objectron",
  file: "objectron_solution_packed_assets.data",
  /** SHA-256 of the file. */
  digest: "470986ca5df183f41698da6de74b027d838fe289d77b5ab094497d350bee664e",
  /** Where the TFLite file begins, in bytes. */
  offset: 184,
} as const;

const advice = `Install it again: npm install ${embedded.package}@0.4.1675468480`;

/** SHA-256 of the file that holds the embedded weights. */
export const embeddedWeightsDigest: string = embedded.digest;

/**
 * Path of the file that holds the embedded weights.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where the package is missing.
 */
export function embeddedWeightsPath(): string {
  try {
    return createRequire(import.meta.url).resolve(`${embedded.package}/${embedded.file}`);
  } catch (error) {
    throw missing(error);
  }
}

/**
 * Reads the embedded MobileNetV2: a TFLite file (SSD detector trained on Open Images v4, float16 weights)
 * inside the npm package @mediapipe/objectron (Apache-2.0).
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where the package is missing or its bytes are not the known ones.
 */
export async function readEmbeddedWeights(): Promise<Uint8Array> {
  const path = embeddedWeightsPath();
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw missing(error);
  }
  if (sha256(bytes) !== embedded.digest) {
    throw new MuybridgeError(
      "ERR_WEIGHTS_UNAVAILABLE",
      `The weights in the package ${embedded.package} are not the known ones (SHA-256 differs). ${advice}`,
    );
  }
  return bytes.subarray(embedded.offset);
}

function missing(cause: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    `The package ${embedded.package}, which holds the weights of mobilenet-v2, is missing. ${advice}`,
    { cause },
  );
}
