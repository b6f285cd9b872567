import { createRandom } from "../../core/random.js";
import type { Box } from "./search-space.js";

/** Proposes places in a box and is told their losses, in turns: what an optimiser is to those who run it. */
export interface PositionSource {
  /** The next place to try; asked again before it is told, it proposes the same one. */
  ask(): Float64Array;
  /** The loss at that place; Infinity where there is none. */
  tell(loss: number): void;
}

/** Random search: each place is drawn from the whole box, whatever was told. */
export function createRandomSource({ low, high }: Box, seed: number | string): PositionSource {
  const random = createRandom(seed);
  const draw = (): Float64Array => low.map((from, d) => random.uniform(from, high[d]!));
  let position = draw();
  return {
    ask: () => position,
    tell() {
      position = draw();
    },
  };
}
