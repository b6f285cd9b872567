/**
 * Export: a trained model as one file, or directory, that other programs run without Muybridge.
 */
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { writeDirectoryAtomically } from "../../core/atomic-directory.js";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { MuybridgeError } from "../../core/errors.js";
import type { Model } from "../model.js";

/** Forms of an exported model. */
export const exportFormats = ["onnx", "tfjs"] as const;

/** One of {@link exportFormats}: one ONNX file, or a directory with a Keras-style model.json of TensorFlow.js. */
export type ExportFormat = (typeof exportFormats)[number];

/** Options of {@link exportModel}. */
export interface ExportOptions {
  readonly format: ExportFormat;
  /** The file ("onnx") or directory ("tfjs") to write; an earlier export there is replaced. */
  readonly out: string;
  /** Put the CNN in front, so that the file takes frames. Only for "onnx". Default false. */
  readonly withCnn?: boolean;
  /** Where what the CNN was prepared to is kept. Default: the usual place. */
  readonly cacheDir?: string;
}

/** Files of an exported TensorFlow.js model. */
const tfjsFiles = { topology: "model.json", weights: "weights.bin" } as const;

/**
 * Writes a model in a form that other programs run: ONNX (onnxruntime in any language, or in a browser) or
 * TensorFlow.js. The standardisation of the features is inside. Written as a whole or not at all.
 *
 * - "onnx": `features` float32 [batch, time, dimension] and `lengths` int32 [batch], or with the CNN `frames` uint8
 *   RGB [time, height, width, 3] → `probabilities` float32 [batch, classes], or [batch, time, classes] of a model that
 *   labels each frame
 * - "tfjs": a LayersModel, float32 [batch, time, dimension] → [batch, classes]; all sequences of a batch are as
 *   long as the batch
 *
 * Classes, sampling plan and CNN are in the file's metadata.
 *
 * @throws MuybridgeError ERR_USAGE where the target is something else than an earlier export, the format cannot hold
 * the network, or the CNN cannot be put into the file; ERR_MODEL_INVALID.
 *
 * @example
 * await exportModel(await openModel("model/"), { format: "onnx", out: "model.onnx" });
 */
export async function exportModel(model: Model, options: ExportOptions): Promise<void> {
  const { format, out, withCnn = false, cacheDir } = options;
  await checkExportTarget(options);
  // Late, as each brings much that the other has no use for.
  if (format === "onnx") {
    const { toOnnxModel, toOnnxModelWithCnn } = await import("./onnx-export.js");
    const file = withCnn ? await toOnnxModelWithCnn(model, cacheDir) : toOnnxModel(model);
    await mkdir(dirname(resolve(out)), { recursive: true });
    await writeFileAtomically(out, file);
    return;
  }
  const { toLayersModel } = await import("./tfjs-export.js");
  const { topology, weights } = await toLayersModel(model, tfjsFiles.weights);
  await writeDirectoryAtomically(out, {
    [tfjsFiles.topology]: topology,
    [tfjsFiles.weights]: weights,
  });
}

/**
 * Checks that an export may be written where it is to go, before the work.
 *
 * @throws MuybridgeError ERR_USAGE where the format is unknown, or there is something that is no earlier export.
 */
export async function checkExportTarget({ format, out, withCnn }: ExportOptions): Promise<void> {
  const complain = (message: string, parameter: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { path: out, parameter });
  };
  if (!exportFormats.includes(format)) {
    complain(`format must be ${exportFormats.join(" or ")}; it is "${String(format)}".`, "format");
  }
  if (withCnn && format !== "onnx") {
    complain("Only the format onnx can hold the CNN; leave --with-cnn out.", "withCnn");
  }
  const stats = await stat(out).catch(() => undefined);
  if (!stats) return;
  if (format === "onnx") {
    if (!stats.isFile()) complain(`${out} is not a file; name the file to write.`, "out");
    return;
  }
  if (!stats.isDirectory()) complain(`${out} is a file; name a directory to write.`, "out");
  if (!(await isExportDirectory(out))) {
    complain(
      `${out} exists and is no exported TensorFlow.js model; choose another place, or remove it.`,
      "out",
    );
  }
}

/** Whether a directory is empty, or holds an exported model and nothing else. */
async function isExportDirectory(directory: string): Promise<boolean> {
  const names = await readdir(directory);
  if (names.length === 0) return true;
  const own: readonly string[] = Object.values(tfjsFiles);
  if (!names.every((name) => own.includes(name))) return false;
  try {
    const text = await readFile(join(directory, tfjsFiles.topology), "utf8");
    return (JSON.parse(text) as { format?: unknown }).format === "layers-model";
  } catch {
    return false;
  }
}
