import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { fitMeanPool, predictMeanPool } from "../../src/sequence/mean-pool-baseline.js";
import { fitStandardisation, standardise } from "../../src/sequence/standardisation.js";

const random = createRandom("standardisation");
const sequences = Array.from({ length: 30 }, () => {
  const level = 10 * random.normal();
  const steps = random.integer(1, 8);
  return Float32Array.from({ length: 2 * steps }, (_, i) =>
    i % 2 === 0 ? level + random.normal() : 3,
  );
});

test("a sequence is split into its mean and the changes about it, both of deviation 1", () => {
  const standardisation = fitStandardisation(sequences, 2);
  const parts = sequences.map((sequence) => standardise(sequence, standardisation));
  for (const { changes } of parts) {
    let sum = 0;
    for (let i = 0; i < changes.length; i += 2) sum += changes[i]!;
    expect(sum).toBeCloseTo(0, 3);
  }
  const rootMeanSquare = (values: readonly number[]): number =>
    Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
  expect(rootMeanSquare(parts.map(({ context }) => context[0]!))).toBeCloseTo(1, 4);
  const changes = parts.flatMap((part) => [...part.changes].filter((_, i) => i % 2 === 0));
  expect(rootMeanSquare(changes)).toBeCloseTo(1, 4);
});

test("a constant value and a single frame stay finite", () => {
  const standardisation = fitStandardisation(sequences, 2);
  const { context, changes } = standardise(Float32Array.of(5, 3), standardisation);
  expect([...changes]).toEqual([0, 0]);
  expect(context[1]).toBe(0);
  expect(Number.isFinite(context[0]!)).toBe(true);
});

test("the mean-pool classifier tells levels, and finds the same weights every time", async () => {
  const labels = sequences.map((sequence) => (sequence[0]! > 0 ? 1 : 0));
  const standardisation = fitStandardisation(sequences, 2);
  const contexts = sequences.map((sequence) => standardise(sequence, standardisation).context);
  const options = { classes: 2, dimension: 2 };
  const classifier = await fitMeanPool(contexts, labels, options);
  expect(await fitMeanPool(contexts, labels, options)).toEqual(classifier);
  const right = contexts.filter((context, index) => {
    const [no = 0, yes = 0] = predictMeanPool(classifier, context);
    expect(no + yes).toBeCloseTo(1, 5);
    return (yes > no ? 1 : 0) === labels[index];
  });
  expect(right.length).toBeGreaterThanOrEqual(28);
});
