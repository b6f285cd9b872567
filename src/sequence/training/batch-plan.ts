import type { Random } from "../../core/random.js";

/** Batches that are put together by length from one pool; more of them waste less padding and shuffle less. */
const batchesAPool = 16;

/**
 * Deals the sequences of an epoch out to batches, at random. By length, batches are of similar lengths, so that there
 * is little padding to compute: the shuffled sequences are sorted by length within pools of some batches, and the
 * batches are shuffled (as torchtext's BucketIterator does).
 *
 * @param lengths of each sequence
 * @returns indices of sequences, by batch
 */
export function planBatches(
  lengths: readonly number[],
  batchSize: number,
  byLength: boolean,
  random: Random,
): number[][] {
  const order = random.shuffle([...lengths.keys()]);
  if (!byLength) return chunks(order, batchSize);
  const batches = chunks(order, batchSize * batchesAPool).flatMap((pool) =>
    chunks(
      pool.toSorted((a, b) => lengths[a]! - lengths[b]!),
      batchSize,
    ),
  );
  return random.shuffle(batches);
}

function chunks(items: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
