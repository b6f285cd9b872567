import type { Preprocessing } from "./preprocessing.js";

/** What can compute a CNN: onnxruntime, or TensorFlow.js. */
export const cnnEngines = ["onnx", "tfjs"] as const;
export type CnnEngine = (typeof cnnEngines)[number];

/** Numbers a CNN can be computed in. */
export const precisions = ["float32", "int8"] as const;
export type Precision = (typeof precisions)[number];

/** File formats a CNN can come in. */
export type CnnFormat = "tflite" | "onnx" | "tfjs";

/** Least and greatest value that a network's tensors take, by their names: what int8 spreads its 256 steps over. */
export type ActivationRanges = Readonly<Record<string, readonly [low: number, high: number]>>;

/** Which CNN, and how it is used. Plain data, so that a model can keep it. */
export interface CnnChoice {
  /** A name of the catalogue, or a file: .onnx, .tflite, or a TensorFlow.js model.json. */
  readonly cnn: string;
  /** The tensor to take. Default: the catalogue entry's; of a file, its last one before the classifier. */
  readonly layer?: string;
  /** Default: onnx; tfjs for a model.json. */
  readonly engine?: CnnEngine;
  /** Default: float32. */
  readonly precision?: Precision;
  /** What differs from the catalogue entry's preprocessing, or from what a file says. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** Ranges measured on frames, for int8. Default: the catalogue entry's. */
  readonly ranges?: ActivationRanges;
}
