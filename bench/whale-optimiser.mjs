/**
 * The Whale Optimization Algorithm and random search on F1 to F13, as published and with the minimum moved away
 * from the origin: 30 dimensions, 30 whales, 500 iterations, the median of some seeds.
 * Run: node bench/whale-optimiser.mjs [SEEDS]
 */
import {
  benchmarkFunctions,
  minimiseAtRandom,
  minimiseByWhales,
  shiftedBenchmark,
} from "../dist/src/index.js";
import { markdownTable } from "./markdown-table.mjs";

const dimensions = 30;
const trials = 30 * 500;
const seeds = Number(process.argv[2] ?? 10);

/**
 * @param {import("../dist/src/index.js").BenchmarkFunction} benchmark
 * @param {typeof minimiseByWhales | typeof minimiseAtRandom} search
 * @returns {Promise<string>}
 */
async function median({ low, high, evaluate }, search) {
  /** @type {Record<string, import("../dist/src/index.js").RealDimension>} */
  const space = {};
  for (let d = 0; d < dimensions; d++) space[`x${d}`] = { type: "real", low, high };
  const losses = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const { best } = await search(
      (settings) => evaluate(Float64Array.from(Object.values(settings)), Math.random),
      space,
      { trials, seed },
    );
    losses.push(best.loss);
  }
  const middle = losses.sort((a, b) => a - b)[Math.floor(seeds / 2)] ?? Number.NaN;
  return middle.toPrecision(3);
}

const rows = [];
for (const [name, benchmark] of Object.entries(benchmarkFunctions)) {
  const shifted = shiftedBenchmark(benchmark, dimensions, "elsewhere");
  rows.push([
    name,
    await median(benchmark, minimiseByWhales),
    await median(benchmark, minimiseAtRandom),
    await median(shifted, minimiseByWhales),
    await median(shifted, minimiseAtRandom),
  ]);
}
console.log(markdownTable(["", "whales", "random", "whales, shifted", "random, shifted"], rows));
