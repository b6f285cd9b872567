import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { sha256 } from "./digest.js";

/** A seeded source of random numbers. The same seed gives the same numbers on every machine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A number in [low, high). */
  uniform(low: number, high: number): number;
  /** A whole number in [low, high], both included. */
  integer(low: number, high: number): number;
  /** A number of the normal distribution (mean 0, deviation 1; Box-Muller). */
  normal(): number;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** A source of its own, given by this one's seed and the label alone, not by what was drawn before. */
  fork(label: string): Random;
  /** Where it has come to, for {@link restore}. */
  state(): readonly number[];
  /**
   * Goes on from where another source had come to.
   *
   * @throws RangeError where it is not what {@link state} gives
   */
  restore(state: readonly number[]): void;
}

/** Opens a seeded source. The seed is a number or any text. */
export function createRandom(seed: number | string): Random {
  const text = String(seed);
  let generator = xoroshiro128plus(Number.parseInt(sha256(text).slice(0, 8), 16) | 0);
  const next = (): number => uniformFloat64(generator);
  const integer = (low: number, high: number): number => uniformInt(generator, low, high);
  return {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (items) => {
      if (items.length === 0) throw new RangeError("pick() needs at least one item.");
      return items[integer(0, items.length - 1)]!;
    },
    shuffle: (items) => {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = integer(0, i);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
    fork: (label) => createRandom(`${text}/${label}`),
    state: () => [...generator.getState()],
    restore(state) {
      const words = generator.getState().length;
      if (state.length !== words || !state.every((word) => word === (word | 0))) {
        throw new RangeError(`The state of a random source is ${words} whole numbers of 32 bits.`);
      }
      generator = xoroshiro128plusFromState(state);
    },
  };
}
