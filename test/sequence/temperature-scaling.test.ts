import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { classificationMetrics, mostLikely } from "../../src/sequence/classification-metrics.js";
import {
  atTemperature,
  fewestForTemperature,
  fitTemperature,
  temperatureRange,
} from "../../src/sequence/temperature-scaling.js";
import { predictions, softmax } from "./arbitrary-predictions.js";

/** Logits that mean what they say, and labels drawn by them. */
function honest(count: number, seed: string): { logits: number[][]; truth: number[] } {
  const random = createRandom(seed);
  const logits = Array.from({ length: count }, () =>
    Array.from({ length: 4 }, () => 1.5 * random.normal()),
  );
  const truth = logits.map((row) => {
    let rest = random.next();
    const label = [...softmax(row)].findIndex((p) => (rest -= p) < 0);
    return Math.max(label, 0);
  });
  return { logits, truth };
}

const at = (logits: readonly number[][], temperature: number): Float32Array[] =>
  logits.map((row) => softmax(row.map((value) => value / temperature)));

test.each([0.25, 1, 4])(
  "predictions sharpened %d times get that temperature, and are calibrated on others",
  (sharpness) => {
    const sharpened = ({ logits }: { logits: number[][] }): number[][] =>
      logits.map((row) => row.map((value) => value * sharpness));
    const held = honest(4000, "held out");
    const temperature = fitTemperature(at(sharpened(held), 1), held.truth);
    expect(temperature / sharpness).toBeGreaterThan(0.9);
    expect(temperature / sharpness).toBeLessThan(1.1);
    const fresh = honest(4000, "fresh");
    const classes = ["a", "b", "c", "d"];
    const after = classificationMetrics(at(sharpened(fresh), temperature), fresh.truth, classes);
    expect(after.ece).toBeLessThan(0.03);
    if (sharpness === 1) return;
    const before = classificationMetrics(at(sharpened(fresh), 1), fresh.truth, classes);
    expect(before.ece).toBeGreaterThan(0.1);
    expect(before.logLoss).toBeGreaterThan(after.logLoss);
  },
);

test("of any predictions it finds the least log loss in its range", () => {
  fc.assert(
    fc.property(predictions(fewestForTemperature), ({ probabilities, truth }) => {
      fc.pre(probabilities.some((row, index) => mostLikely(row) !== truth[index]));
      const loss = (temperature: number): number =>
        probabilities.reduce((sum, row, index) => {
          const logits = [...row].map((value) => Math.log(value) / temperature);
          const largest = Math.max(...logits);
          const powers = logits.reduce((all, logit) => all + Math.exp(logit - largest), 0);
          return sum + largest + Math.log(powers) - logits[truth[index]!]!;
        }, 0);
      const best = fitTemperature(probabilities, truth);
      const [low, high] = temperatureRange;
      expect(best).toBeGreaterThanOrEqual(low);
      expect(best).toBeLessThanOrEqual(high);
      for (const other of [low, 0.3, 0.9 * best, 1, 1.1 * best, 3, high]) {
        if (other >= low && other <= high) {
          expect(loss(best)).toBeLessThanOrEqual(loss(other) * (1 + 1e-9) + 1e-9);
        }
      }
    }),
  );
});

test("certain errors make it hottest, probabilities of 0 included", () => {
  const wrong = Array.from({ length: 30 }, () => Float32Array.of(1, 0));
  expect(
    fitTemperature(
      wrong,
      wrong.map(() => 1),
    ),
  ).toBe(temperatureRange[1]);
});

test("few examples, or none told wrong, leave the temperature at 1", () => {
  const { logits, truth } = honest(fewestForTemperature - 1, "few");
  expect(fitTemperature(at(logits, 0.1), truth)).toBe(1);
  const right = honest(100, "right");
  const rows = at(right.logits, 1);
  expect(fitTemperature(rows, rows.map(mostLikely))).toBe(1);
});

test("a layer at a temperature gives its logits divided by it", () => {
  const layer = {
    kernel: { shape: [1, 2], data: Float32Array.of(3, -1) },
    bias: { shape: [2], data: Float32Array.of(0.5, 8) },
  };
  const { kernel, bias } = atTemperature(layer, 2);
  expect([...kernel.data, ...bias.data]).toEqual([1.5, -0.5, 0.25, 4]);
  expect(kernel.shape).toEqual([1, 2]);
});
