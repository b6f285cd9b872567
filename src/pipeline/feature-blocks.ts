import { streamDimension } from "../features/streams/feature-stream.js";
import type { ModelRecord } from "./model-record.js";

/** Values of a feature vector that stand side by side and belong together. */
export interface FeatureBlock {
  /** Name of the stream they come from; "sequence" where the vectors are what files hold. */
  readonly name: string;
  /** How many values. */
  readonly dimension: number;
  /** What a linear head counts it, times what it does as a rule. Default 1. */
  readonly emphasis?: number;
}

/** The blocks that the vectors of a model are joined from, in their order. */
export function featureBlocks(features: ModelRecord["features"]): FeatureBlock[] {
  if (features.kind === "sequence") return [{ name: "sequence", dimension: features.dimension }];
  return features.streams.map((name) => ({
    name,
    dimension: streamDimension(name, features.cnn.dimension),
  }));
}
