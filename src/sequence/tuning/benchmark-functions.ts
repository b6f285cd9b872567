import { createRandom } from "../../core/random.js";

/** A function to try optimisers on. */
export interface BenchmarkFunction {
  /** Bounds of every coordinate. */
  readonly low: number;
  readonly high: number;
  /**
   * @param x any number of coordinates
   * @param noise draws a number in [0, 1), for the one function that is noisy
   */
  evaluate(x: Float64Array, noise: () => number): number;
}

/**
 * The functions F1 to F13 of Yao, Liu & Lin (1999), on which the Whale Optimization Algorithm was published: F1 to
 * F7 have one valley, F8 to F13 many. The lowest value is 0 in all but F8, where it is -418.98 a coordinate; it
 * lies at the origin but for F5, F12 and F13 (near 1 and -1), F6 (near -0.5) and F8 (420.97 in every coordinate).
 */
export const benchmarkFunctions = {
  /** Sphere. */
  F1: { low: -100, high: 100, evaluate: (x) => sum(x, (v) => v * v) },
  /** Schwefel 2.22. */
  F2: {
    low: -10,
    high: 10,
    evaluate: (x) => sum(x, Math.abs) + x.reduce((product, v) => product * Math.abs(v), 1),
  },
  /** Schwefel 1.2. */
  F3: {
    low: -100,
    high: 100,
    evaluate(x) {
      let before = 0;
      return sum(x, (v) => (before += v) ** 2);
    },
  },
  /** Schwefel 2.21. */
  F4: { low: -100, high: 100, evaluate: (x) => x.reduce((a, v) => Math.max(a, Math.abs(v)), 0) },
  /** Rosenbrock. */
  F5: {
    low: -30,
    high: 30,
    evaluate: (x) =>
      sum(x.subarray(1), (next, d) => 100 * (next - x[d]! ** 2) ** 2 + (x[d]! - 1) ** 2),
  },
  /** Step. */
  F6: { low: -100, high: 100, evaluate: (x) => sum(x, (v) => (v + 0.5) ** 2) },
  /** Quartic with noise. */
  F7: {
    low: -1.28,
    high: 1.28,
    evaluate: (x, noise) => sum(x, (v, d) => (d + 1) * v ** 4) + noise(),
  },
  /** Schwefel 2.26. */
  F8: {
    low: -500,
    high: 500,
    evaluate: (x) => sum(x, (v) => -v * Math.sin(Math.sqrt(Math.abs(v)))),
  },
  /** Rastrigin. */
  F9: {
    low: -5.12,
    high: 5.12,
    evaluate: (x) => sum(x, (v) => v * v - 10 * Math.cos(2 * Math.PI * v) + 10),
  },
  /** Ackley. */
  F10: {
    low: -32,
    high: 32,
    evaluate: (x) =>
      -20 * Math.exp(-0.2 * Math.sqrt(sum(x, (v) => v * v) / x.length)) -
      Math.exp(sum(x, (v) => Math.cos(2 * Math.PI * v)) / x.length) +
      20 +
      Math.E,
  },
  /** Griewank. */
  F11: {
    low: -600,
    high: 600,
    evaluate: (x) =>
      sum(x, (v) => v * v) / 4000 -
      x.reduce((product, v, d) => product * Math.cos(v / Math.sqrt(d + 1)), 1) +
      1,
  },
  /** Penalised 1. */
  F12: {
    low: -50,
    high: 50,
    evaluate(x) {
      const y = x.map((v) => 1 + (v + 1) / 4);
      const inner = sum(
        y.subarray(1),
        (next, d) => (y[d]! - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * next) ** 2),
      );
      const ends = 10 * Math.sin(Math.PI * y[0]!) ** 2 + (y.at(-1)! - 1) ** 2;
      return (Math.PI / x.length) * (ends + inner) + sum(x, (v) => penalty(v, 10));
    },
  },
  /** Penalised 2. */
  F13: {
    low: -50,
    high: 50,
    evaluate(x) {
      const inner = sum(
        x.subarray(1),
        (next, d) => (x[d]! - 1) ** 2 * (1 + Math.sin(3 * Math.PI * next) ** 2),
      );
      const last = x.at(-1)!;
      const ends =
        Math.sin(3 * Math.PI * x[0]!) ** 2 +
        (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
      return 0.1 * (ends + inner) + sum(x, (v) => penalty(v, 5));
    },
  },
} as const satisfies Record<string, BenchmarkFunction>;

/** Name of a benchmark function. */
export type BenchmarkName = keyof typeof benchmarkFunctions;

/** Part of the half range that a shift moves each coordinate by, up or down. */
const shifts = [0.3, 0.5] as const;

/**
 * The same function with its valley elsewhere: moved by 0.3 to 0.5 of the half range in each coordinate, to a side
 * that the seed decides. An optimiser that is drawn to the origin is no longer helped by it.
 */
export function shiftedBenchmark(
  { low, high, evaluate }: BenchmarkFunction,
  dimensions: number,
  seed: number | string,
): BenchmarkFunction {
  const random = createRandom(seed);
  const shift = Float64Array.from(
    { length: dimensions },
    () => random.pick([-1, 1]) * random.uniform(...shifts) * ((high - low) / 2),
  );
  return {
    low,
    high,
    evaluate: (x, noise) =>
      evaluate(
        x.map((v, d) => v - shift[d]!),
        noise,
      ),
  };
}

function sum(x: Float64Array, of: (value: number, d: number) => number): number {
  let total = 0;
  for (let d = 0; d < x.length; d++) total += of(x[d]!, d);
  return total;
}

/** 0 within ±a, and 100 times the fourth power of what is beyond. */
function penalty(value: number, a: number): number {
  const beyond = Math.abs(value) - a;
  return beyond > 0 ? 100 * beyond ** 4 : 0;
}
