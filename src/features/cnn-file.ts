import { extname } from "node:path";
import { readBoundedFile } from "../core/bounded-file.js";
import { sha256 } from "../core/digest.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { catalogue } from "./catalogue.js";
import type { CnnFormat } from "./cnn-choice.js";
import type { CnnSource } from "./cnn-source.js";

const formats: Readonly<Record<string, CnnFormat>> = {
  ".onnx": "onnx",
  ".tflite": "tflite",
  ".json": "tfjs",
};

/** Bytes a file may have: as many as ONNX's own format can. */
const maxFileSize = 2 ** 31 - 1;

/**
 * A CNN from a file.
 *
 * @throws MuybridgeError ERR_USAGE where its name is neither in the catalogue nor that of such a file,
 * ERR_FILE_NOT_FOUND where it cannot be read, ERR_TOO_LARGE for more than 2 GiB, ERR_MODEL_INVALID where a
 * model.json is none.
 */
export async function fileCnn(
  path: string,
): Promise<Pick<CnnSource, "path" | "read"> & { format: CnnFormat; weightsDigest: string }> {
  const format = formats[extname(path).toLowerCase()];
  if (!format) {
    const names = catalogue.map(({ name }) => name).join(", ");
    throw new MuybridgeError(
      "ERR_USAGE",
      `There is no CNN named "${path}". Known: ${names}; or a file .onnx, .tflite or a TensorFlow.js model.json.`,
      { parameter: "cnn" },
    );
  }
  const read = async (): Promise<Uint8Array> => {
    const refuse = (why: string, tooLarge: boolean): MuybridgeError =>
      new MuybridgeError(
        tooLarge ? "ERR_TOO_LARGE" : "ERR_FILE_NOT_FOUND",
        `The CNN ${path} cannot be used: it ${why}.`,
        { path },
      );
    try {
      return await readBoundedFile(path, maxFileSize, refuse);
    } catch (error) {
      if (error instanceof MuybridgeError) throw error;
      throw new MuybridgeError(
        "ERR_FILE_NOT_FOUND",
        `The CNN ${path} cannot be read: ${messageOf(error)}`,
        { path, cause: error },
      );
    }
  };
  // A model.json keeps its weights in other files.
  const weightsDigest =
    format === "tfjs"
      ? await (await import("./tfjs/model-json.js")).digestOfModelJson(path)
      : sha256(await read());
  return { path, read, format, weightsDigest };
}
