import { freeMemory } from "../../core/free-memory.js";
import { mostLikely } from "../classification-metrics.js";
import { parameterFeeds } from "../network-feeds.js";
import { outputSize } from "../network-shape.js";
import type { GraphParameters } from "../parameters.js";
import { evaluationBatches } from "./evaluation-batches.js";
import type { TrainedNetwork } from "./trained-network.js";
import type { LabelledSequences } from "./training-data.js";

/** Sequences evaluated at once. */
const evaluationBatch = 64;

/** How a network does on sequences. */
export interface NetworkJudgement {
  /** Mean loss of the items, all of the same weight, without dropout. */
  readonly loss: number;
  /** Part of the items that is told right; of a classification only. */
  readonly accuracy?: number;
}

/** Judges a network by labelled sequences. */
export async function evaluateNetwork(
  { shape, engine }: TrainedNetwork,
  parameters: GraphParameters,
  data: LabelledSequences,
): Promise<NetworkJudgement> {
  const width = outputSize(shape);
  let loss = 0;
  let right = 0;
  let items = 0;
  const own = parameterFeeds(parameters);
  for (const { feeds, weights, total } of evaluationBatches(shape, data, evaluationBatch)) {
    const outputs = await engine.run("evaluate", { ...feeds, ...own });
    freeMemory(feeds.x.data);
    const losses = outputs.losses!.data as Float32Array;
    const logits = outputs.logits!.data as Float32Array;
    for (const [item, weight] of weights.entries()) {
      if (weight === 0) continue;
      loss += losses[item]!;
      const row = [item * width, (item + 1) * width] as const;
      const wanted = (feeds.targets.data as Float32Array).subarray(...row);
      if (mostLikely(logits.subarray(...row)) === mostLikely(wanted)) right += 1;
    }
    items += total;
  }
  const isClass = shape.head?.type === "classification";
  return { loss: loss / items, ...(isClass ? { accuracy: right / items } : {}) };
}
