import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { nearestBlocks } from "../../src/pipeline/nearest-blocks.js";
import { poolBlocks } from "../../src/sequence/pooled-blocks.js";
import { predictSoftmax } from "../../src/sequence/softmax-layer.js";
import { fitStandardisation } from "../../src/sequence/standardisation.js";

const steps = 3;
const blocks = [
  { name: "rgb", dimension: 4 },
  { name: "cuboids", dimension: 5 },
];
const width = 9;

/** Clips of two classes that differ in one value of the cuboids, and in nothing else. */
function drawClips(count: number, seed: string) {
  const random = createRandom(seed);
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const clips = labels.map((label) =>
    Float32Array.from({ length: steps * width }, (_, i) => {
      const d = i % width;
      if (d < 4) return 50 + 20 * random.normal();
      return (d === 4 ? 2 * (label - 0.5) : 0) + 0.2 * random.normal();
    }),
  );
  return { labels, clips };
}

test("the nearest class is that of the blocks' distances, each measured by its own classes'", () => {
  const { labels, clips } = drawClips(6, "examples");
  const standardisation = fitStandardisation(clips, width);
  const { blocks: records, layer } = nearestBlocks(clips, labels, blocks, standardisation, 2);
  expect(records).toEqual([
    { name: "rgb", pools: ["mean"] },
    { name: "cuboids", pools: ["power"] },
  ]);
  const pooling = records.map(({ pools }, b) => ({ dimension: blocks[b]!.dimension, pools }));
  const { mean, deviation } = standardisation;
  const see = (clip: Float32Array): Float32Array =>
    poolBlocks(clip, pooling).map((value, d) =>
      d < 4 ? (value - mean[d]!) / deviation[d]! : value,
    );
  const centre = (label: number): number[] =>
    Array.from({ length: width }, (_, d) => {
      const own = clips.filter((_, i) => labels[i] === label).map(see);
      return own.reduce((sum, vector) => sum + vector[d]!, 0) / own.length;
    });
  const centres = [centre(0), centre(1)];
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>, from: number, to: number): number =>
    Array.from({ length: to - from }, (_, i) => (a[from + i]! - b[from + i]!) ** 2).reduce(
      (x, y) => x + y,
    );
  const ranges = [
    { from: 0, to: 4, weight: 1 },
    { from: 4, to: 9, weight: 2 },
  ];
  for (const clip of drawClips(10, "videos").clips) {
    const z = see(clip);
    // Two squared distances and a softmax of two classes: the logarithm of the odds is their difference.
    const expected = ranges.reduce((sum, { from, to, weight }) => {
      const between = distance(centres[0]!, centres[1]!, from, to);
      const away = distance(z, centres[1]!, from, to) - distance(z, centres[0]!, from, to);
      return sum + (weight / 3) * (away / (0.25 * between));
    }, 0);
    const [first, second] = predictSoftmax(layer, poolBlocks(clip, pooling));
    expect(Math.log(first! / second!)).toBeCloseTo(expected, 2);
  }
});

test("what only the cuboids tell is told, however large the other block's values are", () => {
  const { labels, clips } = drawClips(10, "examples");
  const standardisation = fitStandardisation(clips, width);
  const { blocks: records, layer } = nearestBlocks(clips, labels, blocks, standardisation, 2);
  const pooling = records.map(({ pools }, b) => ({ dimension: blocks[b]!.dimension, pools }));
  const videos = drawClips(40, "videos");
  const told = videos.clips.map((clip) =>
    predictSoftmax(layer, poolBlocks(clip, pooling))[1]! > 0.5 ? 1 : 0,
  );
  expect(told.filter((label, i) => label === videos.labels[i]).length).toBeGreaterThanOrEqual(35);
});
