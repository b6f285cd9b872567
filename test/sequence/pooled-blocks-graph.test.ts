import "../property-seed.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { encodeModel } from "../../src/onnx/graph.js";
import { inOpset } from "../../src/onnx/older-opset.js";
import { readModel, writeModel } from "../../src/onnx/read-model.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, int32 } from "../../src/onnx/tensor.js";
import { onlySequence, paddedFeatures } from "../../src/sequence/feature-input.js";
import {
  type PooledBlock,
  poolBlocks,
  pooledSize,
  pools,
} from "../../src/sequence/pooled-blocks.js";
import { addPooledBlocks } from "../../src/sequence/pooled-blocks-graph.js";

const widthOf = (blocks: readonly PooledBlock[]): number =>
  blocks.reduce((sum, { dimension }) => sum + dimension, 0);
const sizeOf = (blocks: readonly PooledBlock[]): number =>
  blocks.reduce((sum, block) => sum + pooledSize(block), 0);

/** Values of both signs around a number that outweighs them; some of them nothing. */
function sequence(seed: number, length: number): Float32Array {
  const random = createRandom(`pools ${seed}`);
  const offset = seed % 3 === 0 ? 0 : 100;
  return Float32Array.from({ length }, () =>
    random.integer(0, 9) === 0 ? 0 : offset + random.normal(),
  );
}

const block = fc.record({
  dimension: fc.integer({ min: 1, max: 4 }),
  pools: fc.uniqueArray(fc.constantFrom(...pools), { minLength: 1 }),
});

test("the graph pools as poolBlocks does: any blocks, any lengths, whatever is in the padding", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1, maxLength: 4 });
  const blocks = fc.array(block, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(blocks, lengths, fc.nat(), async (pooled, steps, seed) => {
      const width = widthOf(pooled);
      const size = sizeOf(pooled);
      const input = paddedFeatures(width);
      input.graph.output(addPooledBlocks(input, pooled), "float32", ["batch", size], "pooled");
      await using session = await openOnnxSession(encodeModel(input.graph));
      const longest = Math.max(...steps) + (seed % 2);
      const features = new Float32Array(steps.length * longest * width);
      // A largest value may pass over what is no number.
      features.fill(seed % 3 === 0 ? Number.NaN : 1e30);
      const expected = steps.flatMap((n, row) => {
        const own = sequence(seed + row, n * width);
        features.set(own, row * longest * width);
        return [...poolBlocks(own, pooled)];
      });
      const outputs = await session.run({
        features: float32(features, [steps.length, longest, width]),
        lengths: int32(steps),
      });
      expect(outputs.pooled!.dims).toEqual([steps.length, size]);
      expect(largestError(outputs.pooled!.data as Float32Array, expected)).toBeLessThan(2e-7);
    }),
    { numRuns: 60 },
  );
});

test.each([7, 8, 9, 10, 11, 12, 13, 17, 18])(
  "the same of one sequence without padding, in operator set %i",
  async (opset) => {
    const all: readonly PooledBlock[] = [{ dimension: 3, pools }];
    const input = onlySequence(3);
    input.graph.output(addPooledBlocks(input, all), "float32", ["batch", sizeOf(all)], "pooled");
    const older = inOpset(readModel(encodeModel(input.graph)), opset);
    await using session = await openOnnxSession(writeModel(older));
    for (const steps of [1, 2, 3, 4, 5, 6, 7, 40]) {
      const features = sequence(steps, 3 * steps);
      const outputs = await session.run({ features: float32(features, [steps, 3]) });
      const given = outputs.pooled!.data as Float32Array;
      expect(largestError(given, [...poolBlocks(features, all)])).toBeLessThan(2e-7);
    }
  },
);

/** The largest error, relative where values are above 1; infinite where one is no number. */
function largestError(given: Float32Array, expected: readonly number[]): number {
  expect(given).toHaveLength(expected.length);
  return expected.reduce((most, value, i) => {
    const error = Math.abs(given[i]! - value) / Math.max(1, Math.abs(value));
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error);
  }, 0);
}
