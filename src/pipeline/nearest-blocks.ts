import { nearestClassMean } from "../sequence/nearest-class-mean.js";
import { poolBlocks, pooledSize } from "../sequence/pooled-blocks.js";
import type { Standardisation } from "../sequence/standardisation.js";
import type { SoftmaxLayer } from "../sequence/temperature-scaling.js";
import type { FeatureBlock } from "./feature-blocks.js";
import { type LinearBlockRecord, poolingBy } from "./linear-blocks.js";
import { blockWeight } from "./recurrent-blocks.js";

/** A linear head that names the nearest class mean of several blocks. */
export interface NearestBlocks {
  readonly blocks: readonly LinearBlockRecord[];
  /** Over the pooled blocks, as they are. */
  readonly layer: SoftmaxLayer;
}

/**
 * The nearest class mean over several blocks: each block's squared distances, measured by those between its own classes'
 * means, are averaged by the blocks' weights. So no block counts for having more or larger values. `cuboids` are of
 * length 1 and taken as they are, other blocks' means over time standardised.
 *
 * @param examples each float32 [T, the blocks' dimensions together]
 * @param labels the index of each one's class
 * @throws RangeError where a class has no example
 */
export function nearestBlocks(
  examples: readonly Float32Array[],
  labels: readonly number[],
  blocks: readonly FeatureBlock[],
  { mean, deviation }: Standardisation,
  classes: number,
): NearestBlocks {
  const records = blocks.map(
    ({ name }): LinearBlockRecord => ({ name, pools: [name === "cuboids" ? "power" : "mean"] }),
  );
  const pooling = poolingBy(records, blocks);
  const size = pooling.reduce((sum, block) => sum + pooledSize(block), 0);
  const pooled = examples.map((features) => poolBlocks(features, pooling));
  const total = blocks.reduce((sum, block) => sum + blockWeight(block), 0);
  const kernel = new Float32Array(size * classes);
  const bias = new Float64Array(classes);
  let start = 0;
  for (const [index, block] of blocks.entries()) {
    const { dimension } = block;
    const from = start;
    start += dimension;
    const isMean = records[index]!.pools[0] === "mean";
    const shift = (d: number): number => (isMean ? mean[from + d]! : 0);
    const scale = (d: number): number => (isMean ? 1 / deviation[from + d]! : 1);
    const own = nearestClassMean(
      pooled.map((vector) =>
        vector.slice(from, from + dimension).map((value, d) => (value - shift(d)) * scale(d)),
      ),
      labels,
      { classes, dimension },
    );
    const share = blockWeight(block) / total;
    for (let c = 0; c < classes; c++) bias[c]! += share * own.bias.data[c]!;
    for (let d = 0; d < dimension; d++) {
      for (let c = 0; c < classes; c++) {
        const weight = share * own.kernel.data[d * classes + c]! * scale(d);
        kernel[(from + d) * classes + c] = weight;
        bias[c]! -= weight * shift(d);
      }
    }
  }
  return {
    blocks: records,
    layer: {
      kernel: { shape: [size, classes], data: kernel },
      bias: { shape: [classes], data: Float32Array.from(bias) },
    },
  };
}
