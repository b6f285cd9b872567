import { createRandom } from "../../../src/core/random.js";
import type { NetworkOptions } from "../../../src/sequence/network-options.js";

/** A small network for two classes. */
export const smallNetwork: NetworkOptions = {
  cell: "lstm",
  bidirectional: true,
  inputSize: 3,
  hidden: 5,
  head: { type: "classification", classes: 2 },
  seed: 7,
  threads: 1,
};

/** Sequences of 4 to 9 steps that rise (class 0) or fall (class 1), under noise. */
export function ramps(count: number, seed = "ramps"): { x: Float32Array[]; y: number[] } {
  const random = createRandom(seed);
  const y = Array.from({ length: count }, (_, index) => index % 2);
  const x = y.map((label) => {
    const steps = random.integer(4, 9);
    return Float32Array.from({ length: steps * 3 }, (_, i) => {
      const t = Math.floor(i / 3) / (steps - 1) - 0.5;
      return (label === 0 ? t : -t) + 0.2 * random.normal();
    });
  });
  return { x, y };
}
