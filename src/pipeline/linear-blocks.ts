import { MuybridgeError } from "../core/errors.js";
import { openLinearHeads } from "../sequence/linear-head.js";
import { type Pool, type PooledBlock, pooledSize } from "../sequence/pooled-blocks.js";
import type { SoftmaxLayer } from "../sequence/temperature-scaling.js";
import { type FeatureBlock, featureBlocks } from "./feature-blocks.js";
import { mirrorOf } from "./mirrored-blocks.js";
import type { ModelRecord } from "./model-record.js";

/** How the linear head pools each block, where nothing else stands below: in whole, in halves and in quarters. */
const usualPools: readonly Pool[] = ["mean", "halves", "quarters", "deviation"];

/** What moves most at any time tells an action as well; Fisher vectors are added up before their roots are taken. */
const poolsOf: Readonly<Record<string, readonly Pool[]>> = {
  motion: [...usualPools, "max"],
  cuboids: ["power", "power-halves"],
};

/** How much the blocks count beside each other, where it is not 1: chosen on clips left out of training. */
const weights: Readonly<Record<string, number>> = { motion: 0.5, cuboids: 2 };

/** A block, and how the linear head pools it: what `linear.blocks` of a model.json holds. */
export interface LinearBlockRecord {
  readonly name: string;
  readonly pools: readonly Pool[];
}

/** How a linear head of these blocks pools them. */
export function linearBlocks(blocks: readonly FeatureBlock[]): LinearBlockRecord[] {
  return blocks.map(({ name }) => ({ name, pools: poolsOf[name] ?? usualPools }));
}

/** Records of blocks, with the blocks' sizes. */
export function poolingBy(
  records: readonly LinearBlockRecord[],
  blocks: readonly FeatureBlock[],
): PooledBlock[] {
  return records.map(({ pools }, index) => ({ dimension: blocks[index]!.dimension, pools }));
}

/** How a linear head of these blocks pools them, with the blocks' sizes. */
export function usualPooling(blocks: readonly FeatureBlock[]): PooledBlock[] {
  return poolingBy(linearBlocks(blocks), blocks);
}

/**
 * The blocks of a model's linear head with their sizes; undefined for a model without one.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where they are not those of the model's features.
 */
export function pooledBlocks({
  linear,
  features,
}: Pick<ModelRecord, "linear" | "features">): PooledBlock[] | undefined {
  if (!linear) return undefined;
  const blocks = featureBlocks(features);
  const names = (all: readonly { readonly name: string }[]): string =>
    all.map(({ name }) => name).join(", ");
  if (names(blocks) !== names(linear.blocks)) {
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `The model's linear head (linear.blocks in its model.json) is of the blocks ${names(linear.blocks)}, but its features are ${names(blocks)}; copy the model again, or train it again.`,
      { parameter: "linear.blocks" },
    );
  }
  return poolingBy(linear.blocks, blocks);
}

/** Fits a linear head to pooled training clips: float32 [the pooled sizes together] each. */
export function fitLinearBlocks(
  pooled: readonly Float32Array[],
  labels: readonly number[],
  blocks: readonly FeatureBlock[],
  classes: number,
): SoftmaxLayer {
  return openLinearBlocks(pooled, labels, blocks, classes)(({ emphasis = 1 }) => emphasis);
}

/** The same for several heads that count the blocks differently: see {@link openLinearHeads}. */
export function openLinearBlocks(
  pooled: readonly Float32Array[],
  labels: readonly number[],
  blocks: readonly FeatureBlock[],
  classes: number,
): (factor: (block: FeatureBlock) => number) => SoftmaxLayer {
  const mirror = pooledMirror(blocks);
  const sizes = usualPooling(blocks).map((block, index) => ({
    size: pooledSize(block),
    weight: weights[blocks[index]!.name] ?? 1,
  }));
  const fitHead = openLinearHeads(pooled, labels, {
    ...{ blocks: sizes, classes },
    ...(mirror ? { mirror } : {}),
  });
  return (factor) => fitHead((index) => factor(blocks[index]!));
}

/** What each pooled value becomes in the mirror image: pools of a value are pools of the value in its place. */
function pooledMirror(blocks: readonly FeatureBlock[]): Int32Array | undefined {
  if (!mirrorOf(blocks)) return undefined;
  const whole: number[] = [];
  for (const [index, block] of usualPooling(blocks).entries()) {
    const own = mirrorOf([blocks[index]!]);
    const size = pooledSize(block);
    const start = whole.length;
    for (let i = 0; i < size; i++) {
      const d = i % block.dimension;
      whole.push(start + i - d + (own?.[d] ?? d));
    }
  }
  return Int32Array.from(whole);
}
