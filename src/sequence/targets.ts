import { MuybridgeError } from "../core/errors.js";
import { float32, type OnnxTensor } from "../onnx/tensor.js";
import { type NetworkShape, outputSize } from "./network-shape.js";

/**
 * What a network is to give for a sequence:
 * - classification: the index of its class; one index for each step where there is a result for each step
 * - multilabel: [classes], 1 for each label it bears, else 0; for each step [T · classes], row-major
 * - regression: [size], or a number where the size is 1; for each step [T · size], row-major
 */
export type Target = number | ArrayLike<number>;

/** The targets of a batch as the graphs take them. */
export interface BatchTargets {
  /** float32 [N, outputs] */
  readonly targets: OnnxTensor;
  /** float32 [N, 1], of which the sum is 1; 0 in the padding */
  readonly weights: OnnxTensor;
  /** Sum of the items' weights before they were brought to 1: items, where classes weigh the same. */
  readonly total: number;
}

/** How targets are laid out. */
export interface TargetOptions {
  /** Part of each target that is spread over all classes (Szegedy et al. 2016), in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Weight of each class's items, [classes]. Default: all the same. */
  readonly classWeights?: ArrayLike<number>;
}

/**
 * Lays out the targets of a batch: N = B rows, or, where there is a result for each step, N = T · B, step by step.
 *
 * @param y a target for each sequence
 * @param lengths steps of each sequence
 * @param steps T
 */
export function batchTargets(
  shape: NetworkShape,
  y: readonly Target[],
  lengths: readonly number[],
  steps: number,
  { labelSmoothing = 0, classWeights }: TargetOptions = {},
): BatchTargets {
  const width = outputSize(shape);
  const isClass = shape.head!.type === "classification";
  const size = y.length;
  const perStep = shape.output === "sequence";
  const items = perStep ? steps * size : size;
  const targets = new Float32Array(items * width);
  const weights = new Float32Array(items);
  let total = 0;
  for (const [b, target] of y.entries()) {
    const rows = perStep ? lengths[b]! : 1;
    for (let t = 0; t < rows; t++) {
      const item = t * size + b;
      const row = targets.subarray(item * width, (item + 1) * width);
      if (isClass) {
        const label = typeof target === "number" ? target : target[t]!;
        row.fill(labelSmoothing / width);
        row[label]! += 1 - labelSmoothing;
        weights[item] = classWeights?.[label] ?? 1;
      } else {
        for (let i = 0; i < width; i++) {
          row[i] = typeof target === "number" ? target : target[t * width + i]!;
        }
        weights[item] = 1;
      }
      total += weights[item]!;
    }
  }
  for (let item = 0; item < items; item++) weights[item]! /= total;
  return {
    targets: float32(targets, [items, width]),
    weights: float32(weights, [items, 1]),
    total,
  };
}

/**
 * Checks the targets of some sequences.
 *
 * @param x each float32 [T_i, inputSize]
 * @throws MuybridgeError ERR_USAGE naming the sequence whose target does not fit the network.
 */
export function checkTargets(
  shape: NetworkShape,
  x: readonly Float32Array[],
  y: readonly Target[],
): void {
  const width = outputSize(shape);
  const isClass = shape.head?.type === "classification";
  for (const [index, target] of y.entries()) {
    const steps = shape.output === "sequence" ? x[index]!.length / shape.inputSize : 1;
    const wanted = isClass ? steps : steps * width;
    const values = typeof target === "number" ? [target] : Array.from(target);
    const isScalar = typeof target === "number";
    const fits =
      values.length === wanted &&
      (isClass ? isScalar === (shape.output === "last") : true) &&
      values.every((value) => isTargetValue(value, shape, width));
    if (fits) continue;
    throw new MuybridgeError("ERR_USAGE", `y[${index}] must be ${wantedTarget(shape, wanted)}.`, {
      parameter: "y",
    });
  }
}

function isTargetValue(value: number, { head }: NetworkShape, width: number): boolean {
  if (head?.type === "classification")
    return Number.isInteger(value) && value >= 0 && value < width;
  if (head?.type === "multilabel") return value >= 0 && value <= 1;
  return Number.isFinite(value);
}

function wantedTarget(shape: NetworkShape, wanted: number): string {
  const width = outputSize(shape);
  if (shape.head?.type === "classification") {
    const index = `a class index below ${width}`;
    return shape.output === "last" ? index : `${wanted} values, ${index} for each step`;
  }
  const kind = shape.head?.type === "multilabel" ? "values from 0 to 1" : "finite values";
  return `${wanted} ${kind}`;
}
