import { MuybridgeError } from "../core/errors.js";
import type { CnnEngine, CnnFormat, Precision } from "./cnn-choice.js";

/** What is asked of an engine. */
export interface EngineDemand {
  /** Name of the network, for errors. */
  readonly id: string;
  readonly format: CnnFormat;
  /** Default: the one that reads the format. */
  readonly engine?: CnnEngine | undefined;
  readonly precision: Precision;
}

/**
 * Checks that an engine can compute a network of this format in these numbers.
 *
 * @throws MuybridgeError ERR_USAGE saying why it cannot.
 */
export function checkEngine({ id, format, engine, precision }: EngineDemand): void {
  const used = engine ?? (format === "tfjs" ? "tfjs" : "onnx");
  const refuse = (parameter: string, why: string): never => {
    throw new MuybridgeError("ERR_USAGE", why, { path: id, parameter });
  };
  if (used === "onnx" && format === "tfjs") {
    const why = "is a TensorFlow.js model, whose operations onnxruntime does not know";
    refuse("engine", `${id} ${why}. Use the engine tfjs, which is its default.`);
  }
  if (used === "tfjs" && format === "onnx") {
    const why = "is an ONNX model, whose operators TensorFlow.js does not know";
    refuse("engine", `${id} ${why}. Use the engine onnx, which is its default.`);
  }
  if (used === "tfjs" && precision === "int8") {
    const why = "The engine tfjs computes in float32 alone";
    refuse("precision", `${why}; leave the precision out, or use the engine onnx.`);
  }
}
