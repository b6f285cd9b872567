import { createRandom } from "../../core/random.js";
import type { PositionSource } from "./position-source.js";
import type { Box } from "./search-space.js";

/** Options of {@link createWhaleOptimiser}. */
export interface WhaleOptimiserOptions {
  /** Whales, at least 1. */
  readonly whales: number;
  /** Times that each whale is asked for; they decide how fast the search narrows. */
  readonly iterations: number;
  readonly seed: number | string;
}

/** b: how fast the spiral around the leader widens. */
const spiral = 1;

/**
 * The Whale Optimization Algorithm (Mirjalili & Lewis 2016), as its author's published code computes it, which
 * differs from the paper: one A, C, l and p for all coordinates of a whale; in the search for prey another whale
 * for every coordinate, taken from the school as far as it has moved already; l in [a₂, 1], a₂ falling from -1
 * to -2; whales are brought back into the box before they are judged; the leader changes only when all are judged.
 *
 * It is drawn to zero: a whale's step is as large as |C x* - x|, C random in [0, 2), which settles only where the
 * leader's coordinate is zero. See docs/tuning.md for what is left of it on functions whose minimum lies elsewhere.
 */
export function createWhaleOptimiser(
  { low, high }: Box,
  { whales, iterations, seed }: WhaleOptimiserOptions,
): PositionSource {
  const random = createRandom(seed);
  const dimensions = low.length;
  const school = Array.from({ length: whales }, () =>
    low.map((from, d) => random.uniform(from, high[d]!)),
  );
  let leader = school[0]!.slice();
  let leaderLoss = Number.POSITIVE_INFINITY;
  let whale = 0;
  let iteration = 0;

  const move = (position: Float64Array, a: number, a2: number): void => {
    const A = 2 * a * random.next() - a;
    const C = 2 * random.next();
    const l = (a2 - 1) * random.next() + 1;
    const p = random.next();
    const turn = Math.exp(spiral * l) * Math.cos(2 * Math.PI * l);
    for (let d = 0; d < dimensions; d++) {
      const x = position[d]!;
      if (p >= 0.5) {
        position[d] = Math.abs(leader[d]! - x) * turn + leader[d]!;
      } else {
        const target = Math.abs(A) < 1 ? leader[d]! : random.pick(school)[d]!;
        position[d] = target - A * Math.abs(C * target - x);
      }
    }
  };

  const clip = (position: Float64Array): void => {
    for (let d = 0; d < dimensions; d++) {
      position[d] = Math.min(Math.max(position[d]!, low[d]!), high[d]!);
    }
  };

  return {
    ask() {
      const position = school[whale]!;
      clip(position);
      return position.slice();
    },
    tell(loss) {
      const position = school[whale]!;
      clip(position);
      if (loss < leaderLoss) {
        leaderLoss = loss;
        leader = position.slice();
      }
      whale += 1;
      if (whale < whales) return;
      whale = 0;
      const part = iteration / iterations;
      for (const other of school) move(other, 2 - 2 * part, -1 - part);
      iteration += 1;
    },
  };
}
