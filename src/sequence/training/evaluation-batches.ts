import type { OnnxTensor } from "../../onnx/tensor.js";
import { padSequences } from "../mini-batch.js";
import { batchFeeds, contextFeeds } from "../network-feeds.js";
import type { NetworkShape } from "../network-shape.js";
import { batchTargets } from "../targets.js";
import { contextOf, type LabelledSequences } from "./training-data.js";

/** Sequences side by side, as the graph "evaluate" takes them but for the parameters. */
export interface EvaluationBatch {
  /** The batch, its contexts and its targets, float32 [N, outputs]. */
  readonly feeds: Readonly<Record<string, OnnxTensor>> & {
    readonly x: OnnxTensor;
    readonly targets: OnnxTensor;
  };
  /** [N], 0 for what is padding */
  readonly weights: Float32Array;
  /** Items that are no padding. */
  readonly total: number;
}

/**
 * Lays out labelled sequences for judging, in their order.
 *
 * @param size sequences of a batch
 */
export function* evaluationBatches(
  shape: NetworkShape,
  data: LabelledSequences,
  size: number,
): Generator<EvaluationBatch, void> {
  const { x, y } = data;
  for (let first = 0; first < x.length; first += size) {
    const part = x.slice(first, first + size);
    const batch = padSequences(part, shape.inputSize);
    const lengths = part.map((sequence) => sequence.length / shape.inputSize);
    const wanted = y.slice(first, first + size);
    const { targets, weights, total } = batchTargets(shape, wanted, lengths, batch.steps);
    const contexts = part.map((_, b) => contextOf(data, first + b));
    yield {
      feeds: { ...batchFeeds(batch), ...contextFeeds(contexts, shape.contextSize), targets },
      weights: weights.data as Float32Array,
      total,
    };
  }
}
