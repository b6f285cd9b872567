import { join } from "node:path";
import { MuybridgeError } from "../core/errors.js";
import { catalogue } from "../features/catalogue.js";
import type { CnnChoice } from "../features/cnn-choice.js";
import { resolveCnn } from "../features/resolve-cnn.js";
import { modelFiles } from "./model-directory.js";
import type { ModelRecord } from "./model-record.js";

/**
 * Checks that the CNN whose features a model was trained on is the one that is here: of the catalogue, the version
 * that is installed; of a file, its content.
 *
 * A model may come from anywhere, and the file that it names may be any on this machine. So the file is read for its
 * digest alone, and nothing that it holds is told; it is opened as a network where the digest is the model's, which
 * only one who has the very file can have written.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID naming the field; ERR_MODEL_MISMATCH where the catalogue's CNN is of another
 * version; ERR_WEIGHTS_UNAVAILABLE where the file is not there or holds something else.
 */
export async function checkCnn(record: ModelRecord, directory: string): Promise<void> {
  const { features, muybridge } = record;
  if (features.kind === "sequence") return;
  const { choice, digest, inputSize } = features.cnn;
  const path = join(directory, modelFiles.record);
  const cnn = await resolveCnn(choice as CnnChoice).catch((error: unknown) => {
    throw translated(error, choice.cnn, path);
  });
  if (cnn.digest !== digest) {
    if (!cnn.entry) throw notTheFile(choice.cnn, path, "holds something else");
    throw new MuybridgeError(
      "ERR_MODEL_MISMATCH",
      `${directory} was trained with another version of the CNN ${cnn.id} (features.cnn.digest); train it again, or use Muybridge ${muybridge}.`,
      { path: directory, parameter: "features.cnn.digest" },
    );
  }
  if (inputSize === (cnn.preprocessing.inputSize ?? inputSize)) return;
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    `${path} says that the CNN ${cnn.id} takes frames of ${inputSize} pixels (features.cnn.inputSize); it takes ${cnn.preprocessing.inputSize}.`,
    { path, parameter: "features.cnn.inputSize" },
  );
}

/** An error of the choice, as one of the model that made it. */
function translated(error: unknown, cnn: string, path: string): unknown {
  if (!(error instanceof MuybridgeError)) return error;
  if (error.code === "ERR_USAGE") {
    const field = `features.cnn.choice.${error.parameter ?? "cnn"}`;
    return new MuybridgeError(
      "ERR_MODEL_INVALID",
      `${path} names a CNN that cannot be (${field}): ${error.message}`,
      { path, parameter: field, cause: error },
    );
  }
  if (catalogue.some(({ name }) => name === cnn)) return error;
  const why = error.code === "ERR_FILE_NOT_FOUND" ? "cannot be read" : "holds something else";
  return notTheFile(cnn, path, why, error);
}

function notTheFile(file: string, path: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    `${path} was trained with the CNN in the file ${file} (features.cnn.choice.cnn), which ${why}. Put the very file there, or train again with another.`,
    { path: file, parameter: "features.cnn.choice.cnn", cause },
  );
}
