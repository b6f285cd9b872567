import type { MobileNetAlpha, MobileNetVersion } from "@tensorflow-models/mobilenet";

/** A MobileNet that the package @tensorflow-models/mobilenet runs. */
export interface MobilenetVariant {
  readonly version: MobileNetVersion;
  /** Width of the network, as a part of the full one. */
  readonly alpha: MobileNetAlpha;
  /** What the levels 0 and 255 of a pixel go in as. */
  readonly inputRange: readonly [low: number, high: number];
}

/** Nodes whose values that package takes as embeddings, [n, 1, 1, channels], by version. */
export const mobilenetEmbeddings: Readonly<Record<MobileNetVersion, string>> = {
  1: "module_apply_default/MobilenetV1/Logits/global_pool",
  2: "module_apply_default/MobilenetV2/Logits/AvgPool",
};

/** Side of the pictures that package makes, in pixels. */
export const mobilenetInputSize = 224;
