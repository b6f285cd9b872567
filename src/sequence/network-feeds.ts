import { float32, type OnnxTensor } from "../onnx/tensor.js";
import type { MiniBatch } from "./mini-batch.js";
import type { GraphParameters } from "./parameters.js";

/** A batch as the graphs' inputs. */
export function batchFeeds({
  x,
  lengths,
  mask,
}: MiniBatch): Pick<MiniBatch, "x" | "lengths" | "mask"> {
  return { x, lengths, mask };
}

/** Parameters as the graphs' inputs. */
export function parameterFeeds(parameters: GraphParameters): Record<string, OnnxTensor> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { data, shape }]) => [name, float32(data, shape)]),
  );
}

/** Contexts as the graphs' input; nothing for a network without one. */
export function contextFeeds(
  contexts: readonly Float32Array[],
  contextSize: number,
): Record<string, OnnxTensor> {
  if (contextSize === 0) return {};
  const data = new Float32Array(contexts.length * contextSize);
  for (const [b, context] of contexts.entries()) data.set(context, b * contextSize);
  return { context: float32(data, [contexts.length, contextSize]) };
}
