import { float32, type OnnxTensor } from "../onnx/tensor.js";
import type { MiniBatch } from "./mini-batch.js";
import type { GraphParameters } from "./parameters.js";

/** A batch as the graphs' inputs. */
export function batchFeeds({ x, lengths, mask }: MiniBatch): Record<string, OnnxTensor> {
  return { x, lengths, mask };
}

/** Parameters as the graphs' inputs. */
export function parameterFeeds(parameters: GraphParameters): Record<string, OnnxTensor> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { data, shape }]) => [name, float32(data, shape)]),
  );
}
