/** Two classifiers on the same items. */
import type { Random } from "../core/random.js";

/** An interval of plausible values. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Standard deviations of the normal distribution that hold 95 % of it. */
const twoSided95 = 1.959964;

/**
 * The 95 % confidence interval of a proportion (Wilson 1927), as if the items were independent of each other.
 *
 * @param n at least 1
 */
export function wilsonInterval(right: number, n: number): Interval {
  const z2 = twoSided95 ** 2;
  const share = right / n;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half =
    (twoSided95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * McNemar's test in its exact form: how likely so uneven a division of the items on which two classifiers differ would
 * be if neither were better (two-sided binomial test). In [0, 1].
 *
 * @param onlyFirst items that only the first one tells right
 * @param onlySecond items that only the second one tells right
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  // log of n over k, term by term, so that nothing overflows
  let logChoose = 0;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    if (k > 0) logChoose += Math.log((n - k + 1) / k);
    tail += Math.exp(logChoose - n * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}

/** Draws of the bootstrap. */
const draws = 10_000;

/**
 * The 95 % interval of a mean by the bootstrap over groups (Field & Welsh 2007): groups are drawn with replacement, and
 * with each all its items, since items of one group are alike.
 *
 * @param values one an item
 * @param groups the group of each; an item without one stands for itself
 */
export function bootstrapInterval(
  values: readonly number[],
  groups: readonly (string | undefined)[],
  random: Random,
): Interval {
  const byGroup = new Map<string, { sum: number; n: number }>();
  for (const [index, value] of values.entries()) {
    const key = groups[index] === undefined ? `item ${index}` : `group ${groups[index]}`;
    const group = byGroup.get(key) ?? { sum: 0, n: 0 };
    byGroup.set(key, { sum: group.sum + value, n: group.n + 1 });
  }
  const all = [...byGroup.values()];
  const means = Float64Array.from({ length: draws }, () => {
    let sum = 0;
    let n = 0;
    for (let draw = 0; draw < all.length; draw++) {
      const group = random.pick(all);
      sum += group.sum;
      n += group.n;
    }
    return sum / n;
  }).sort();
  return { low: means[Math.floor(0.025 * draws)]!, high: means[Math.ceil(0.975 * draws) - 1]! };
}
