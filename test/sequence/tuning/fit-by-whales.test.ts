import { describe, expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { unprojectParameters } from "../../../src/pipeline/projected-examples.js";
import { createNetwork } from "../../../src/sequence/network.js";
import { fitPrincipalComponents, project } from "../../../src/sequence/principal-components.js";
import { fitByWhales } from "../../../src/sequence/tuning/fit-by-whales.js";

const random = createRandom("sequences");

/** Sequences of one value that rises or falls, of different lengths. */
function slopes(n: number): { x: Float32Array[]; y: number[] } {
  const y = Array.from({ length: n }, (_, index) => index % 2);
  const x = y.map((rising) => {
    const steps = random.integer(3, 7);
    return Float32Array.from(
      { length: steps },
      (_, t) => (rising === 1 ? t : steps - t) / steps + 0.1 * random.normal(),
    );
  });
  return { x, y };
}

const sizes = { cell: "gru", inputSize: 1, hidden: 2, seed: 1 } as const;

describe("whales find the weights of a small network", () => {
  test("that tells classes apart, the same ones for the same seed", async () => {
    const data = slopes(40);
    await using network = createNetwork({ ...sizes, head: { type: "classification", classes: 2 } });
    const options = { whales: 20, iterations: 60, seed: 2, bound: 5 };
    const { loss, history, parameters } = await fitByWhales(network, data, options);
    const found = network.getParameters();
    expect(parameters).toBe(
      Object.values(found).reduce((sum, { data: values }) => sum + values.length, 0),
    );
    expect(history).toHaveLength(60);
    expect(history.at(-1)).toBe(loss);
    expect(loss).toBeLessThan(0.2);
    const probabilities = await network.predict(data.x);
    const ownLoss =
      probabilities.reduce((sum, row, index) => sum - Math.log(row[data.y[index]!]!), 0) / 40;
    expect(ownLoss).toBeCloseTo(loss, 4);
    expect((await fitByWhales(network, data, options)).loss).toBe(loss);
  });

  test("that gives values: the loss is the mean squared error", async () => {
    const { x } = slopes(30);
    const y = x.map(
      (sequence) => sequence.reduce((sum, value) => sum + value, 0) / sequence.length,
    );
    await using network = createNetwork({ ...sizes, head: { type: "regression", size: 1 } });
    const { loss } = await fitByWhales(network, { x, y }, { whales: 20, iterations: 40 });
    const predicted = await network.predict(x);
    const error = predicted.reduce((sum, row, index) => sum + (row[0]! - y[index]!) ** 2, 0) / 30;
    expect(error).toBeCloseTo(loss, 5);
    const mean = y.reduce((sum, value) => sum + value, 0) / 30;
    expect(loss).toBeLessThan(y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 30);
  });

  test("and refuse one of more than 5000 parameters, saying what to lower", async () => {
    await using network = createNetwork({
      cell: "lstm",
      inputSize: 100,
      hidden: 12,
      head: { type: "classification", classes: 2 },
    });
    const x = [new Float32Array(100)];
    await expect(fitByWhales(network, { x, y: [0] })).rejects.toMatchObject({
      code: "ERR_USAGE",
      message: expect.stringMatching(/5450 weights and biases.*Lower hidden \(12\)/),
    });
  });
});

test("principal components are the directions of largest spread, scaled to deviation 1", () => {
  // Spread 5 along (3, 4, 0) / 5, 2 along (0, 0, 1), 0.1 along the third direction.
  const vectors = new Float32Array(3 * 3000);
  for (let i = 0; i < 3000; i++) {
    const [a, b, c] = [5 * random.normal(), 2 * random.normal(), 0.1 * random.normal()];
    vectors.set([0.6 * a - 0.8 * c, 0.8 * a + 0.6 * c, b], 3 * i);
  }
  const projection = fitPrincipalComponents([vectors], 3, 2);
  const [x, y, z] = [0, 2, 4].map((at) => projection.kernel[at]!) as [number, number, number];
  expect(Math.abs(0.6 * x + 0.8 * y) * 5).toBeCloseTo(1, 1);
  expect(Math.abs(z) * 5).toBeLessThan(0.05);
  const projected = project(vectors, projection);
  for (const k of [0, 1]) {
    const square = projected.reduce((sum, value, i) => sum + (i % 2 === k ? value ** 2 : 0), 0);
    expect(square / 3000).toBeCloseTo(1, 2);
  }
});

test("a projection folded into a network gives what the network gives for projected vectors", async () => {
  const dimension = 6;
  const draw = (length: number): Float32Array => Float32Array.from({ length }, random.normal);
  const x = [draw(4 * dimension), draw(7 * dimension)];
  const context = [draw(dimension), draw(dimension)];
  const projections = {
    changes: fitPrincipalComponents(x, dimension, 3),
    context: fitPrincipalComponents(context, dimension, 2),
  };
  const common = {
    cell: "lstm",
    bidirectional: true,
    hidden: 5,
    head: { type: "classification", classes: 4 },
  } as const;
  await using small = createNetwork({ ...common, inputSize: 3, contextSize: 2 });
  await using whole = createNetwork({
    ...common,
    inputSize: dimension,
    contextSize: dimension,
  });
  whole.setParameters(unprojectParameters(small.getParameters(), projections, small.shape));
  const expected = await small.predict(
    x.map((each) => project(each, projections.changes)),
    context.map((each) => project(each, projections.context)),
  );
  for (const [index, row] of (await whole.predict(x, context)).entries()) {
    for (const [k, value] of row.entries()) expect(value).toBeCloseTo(expected[index]![k]!, 5);
  }
});
