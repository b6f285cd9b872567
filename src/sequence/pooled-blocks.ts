/**
 * Ways from a block's steps to a few values: their mean, their largest, how they vary, or the mean of each half or quarter;
 * `power`, of values that are signed roots, the signed root of the mean of what they are roots of, brought to length 1
 * (as improved Fisher vectors are: Perronnin et al. 2010), or that of each half.
 */
export const pools = [
  "mean",
  "max",
  "deviation",
  "halves",
  "quarters",
  "power",
  "power-halves",
] as const;

/** One of {@link pools}. */
export type Pool = (typeof pools)[number];

/** Values of a vector that stand side by side, and how they are pooled over time. */
export interface PooledBlock {
  /** Values of a step. */
  readonly dimension: number;
  readonly pools: readonly Pool[];
}

/** Equal parts of a sequence that a pool takes each by itself. */
export const partsOf: Readonly<Record<Pool, number>> = {
  mean: 1,
  max: 1,
  deviation: 1,
  halves: 2,
  quarters: 4,
  power: 1,
  "power-halves": 2,
};

/** Values that a block's pools give. */
export function pooledSize({ dimension, pools }: PooledBlock): number {
  return dimension * pools.reduce((sum, pool) => sum + partsOf[pool], 0);
}

/**
 * Pools a sequence over time: block after block, in each pool after pool, in each part after part.
 *
 * @param sequence float32 [T, D], row-major, T at least 1, D the sum of the blocks' dimensions
 * @returns float32 [the sum of the blocks' {@link pooledSize}]
 */
export function poolBlocks(sequence: Float32Array, blocks: readonly PooledBlock[]): Float32Array {
  const width = blocks.reduce((sum, { dimension }) => sum + dimension, 0);
  const pooled = new Float32Array(blocks.reduce((sum, block) => sum + pooledSize(block), 0));
  let from = 0;
  let to = 0;
  for (const { dimension, pools } of blocks) {
    for (const pool of pools) {
      const steps = { sequence, width, from, dimension };
      for (let part = 0; part < partsOf[pool]; part++) {
        poolPart(steps, pool, part, pooled.subarray(to, to + dimension));
        to += dimension;
      }
    }
    from += dimension;
  }
  return pooled;
}

/** A block of a sequence. */
interface Steps {
  readonly sequence: Float32Array;
  readonly width: number;
  /** Where the block begins in a vector. */
  readonly from: number;
  readonly dimension: number;
}

function poolPart(
  { sequence, width, from, dimension }: Steps,
  pool: Pool,
  part: number,
  into: Float32Array,
): void {
  const steps = sequence.length / width;
  const parts = partsOf[pool];
  // Of a sequence shorter than its parts, a step is in several of them.
  const first = Math.floor((part * steps) / parts);
  const end = Math.max(first + 1, Math.floor(((part + 1) * steps) / parts));
  const isPower = pool === "power" || pool === "power-halves";
  if (pool === "max") into.fill(Number.NEGATIVE_INFINITY);
  const sums = new Float64Array(dimension);
  for (let t = first; t < end; t++) {
    const start = t * width + from;
    for (let d = 0; d < dimension; d++) {
      const value = sequence[start + d]!;
      if (pool === "max") into[d] = Math.max(into[d]!, value);
      else sums[d]! += isPower ? value * Math.abs(value) : value;
    }
  }
  if (pool === "max") return;
  if (isPower) {
    signedRoots(sums, into);
    return;
  }
  const n = end - first;
  if (pool !== "deviation") {
    for (let d = 0; d < dimension; d++) into[d] = sums[d]! / n;
    return;
  }
  const squares = new Float64Array(dimension);
  for (let t = first; t < end; t++) {
    const start = t * width + from;
    for (let d = 0; d < dimension; d++) squares[d]! += (sequence[start + d]! - sums[d]! / n) ** 2;
  }
  for (let d = 0; d < dimension; d++) into[d] = Math.sqrt(squares[d]! / n);
}

/** The signed roots of values, brought to length 1; all 0 where the values are. */
function signedRoots(values: Float64Array, into: Float32Array): void {
  // The squares of the roots are the values.
  const length = Math.sqrt(values.reduce((sum, value) => sum + Math.abs(value), 0));
  for (let d = 0; d < values.length; d++) {
    const value = values[d]!;
    into[d] = length > 0 ? (Math.sign(value) * Math.sqrt(Math.abs(value))) / length : 0;
  }
}
