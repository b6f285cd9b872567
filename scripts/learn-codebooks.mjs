// Learns the words that the cuboids stream tells motion by, and writes them as source: `npm run codebooks`. They come of the
// motions data set, which the program draws itself, by a seed that nothing else uses: they owe nothing to any video that the
// stream is tried on. The same words come out each time.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeMotions } from "../dist/datasets/motions/make-motions.js";
import { createRandom } from "../dist/src/core/random.js";
import { packCodebooks } from "../dist/src/features/motion/cuboid-codebook.js";
import { createRoots, describeCuboid } from "../dist/src/features/motion/cuboid-kernels.js";
import {
  cuboidParameters,
  descriptorSizes,
} from "../dist/src/features/motion/cuboid-parameters.js";
import { createCuboidCutter } from "../dist/src/features/motion/cut-cuboids.js";
import { createMotionExtractor } from "../dist/src/features/motion/motion-extractor.js";
import { motionFrames } from "../dist/src/features/motion/motion-view.js";
import { createDecoder } from "../dist/src/frames/open-decoder.js";

const { columns, rows, words, components } = cuboidParameters;
const random = createRandom(1);
const clipsPerClass = 12;
const motionsSeed = 20;
/** Descriptors of a clip at most. */
const descriptorsPerClip = 200;
/** Rounds of expectation maximisation. */
const rounds = 40;
/** Added to every variance. */
const leastVariance = 1e-4;

const directory = await mkdtemp(join(tmpdir(), "muybridge-codebooks-"));
try {
  await makeMotions(directory, { clipsPerClass, seed: motionsSeed });
  const paths = (await readdir(directory, { recursive: true }))
    .filter((path) => path.endsWith(".mp4"))
    .sort();
  const samples = descriptorSizes.map(() => []);
  for (const path of paths) {
    const found = await descriptorsOf(join(directory, path));
    const kept = Array.from({ length: Math.min(descriptorsPerClip, found.length) }, () =>
      random.integer(0, found.length - 1),
    );
    for (const i of kept) for (const [h, sample] of samples.entries()) sample.push(found[i][h]);
  }
  await writeWords(packCodebooks(samples.map(learnWords)));
} finally {
  await rm(directory, { recursive: true });
}

/** Of each cuboid of a video, and of its mirror image, the descriptors. */
async function descriptorsOf(path) {
  const extractor = createMotionExtractor({ columns, rows });
  const found = [];
  const roots = createRoots((length) => new Float32Array(length));
  const cutter = createCuboidCutter({
    roots,
    sums: [],
    add(histogram, view, place, scale) {
      const descriptor = new Float32Array(descriptorSizes[histogram]);
      describeCuboid({ roots }, histogram, view, place, scale, descriptor);
      // A cuboid's histograms come one after the other, each of it and its mirror image.
      if (histogram === 0) found.push([descriptor]);
      else found.at(view === "cuboid" ? -2 : -1).push(descriptor);
    },
  });
  const { width, height, rate } = motionFrames;
  const output = { plan: { fps: rate }, width, height, pixelFormat: "gray8", fit: "stretch" };
  for await (const { frames, timestamps, n } of createDecoder("libav").decode(path, [output])) {
    const motion = extractor.push(frames, timestamps, n);
    for (let i = 0; i < motion.n; i++) {
      const size = motion.vectors.length / motion.n;
      cutter.next(motion.vectors.subarray(i * size, (i + 1) * size), motion.timestamps[i]);
    }
  }
  return found;
}

/** Principal components of descriptors, and a mixture of Gaussians over them by expectation maximisation. */
function learnWords(sample) {
  const size = sample[0].length;
  const mean = meanOf(sample);
  const axes = principalAxes(sample, mean);
  const points = sample.map((descriptor) =>
    Float64Array.from({ length: components }, (_, d) => {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (descriptor[i] - mean[i]) * axes[d][i];
      return sum;
    }),
  );
  return {
    mean: Float32Array.from(mean),
    axes: Float32Array.from(
      { length: size * components },
      (_, i) => axes[i % components][Math.floor(i / components)],
    ),
    ...fitMixture(points),
  };
}

function meanOf(vectors) {
  const mean = new Float64Array(vectors[0].length);
  for (const vector of vectors)
    for (const [i, value] of vector.entries()) mean[i] += value / vectors.length;
  return mean;
}

/** The axes along which vectors vary most: by orthogonal iteration. */
function principalAxes(vectors, mean) {
  const size = mean.length;
  const covariance = Array.from({ length: size }, () => new Float64Array(size));
  for (const vector of vectors) {
    for (let i = 0; i < size; i++) {
      const value = (vector[i] - mean[i]) / vectors.length;
      for (let j = 0; j < size; j++) covariance[i][j] += value * (vector[j] - mean[j]);
    }
  }
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  let axes = Array.from({ length: components }, () =>
    Float64Array.from({ length: size }, () => random.normal()),
  );
  for (let round = 0; round < 300; round++) {
    const orthogonal = [];
    for (const axis of axes) {
      const turned = Float64Array.from(covariance, (row) => dot(row, axis));
      for (const other of orthogonal) {
        const along = dot(turned, other);
        for (let i = 0; i < size; i++) turned[i] -= along * other[i];
      }
      const length = Math.sqrt(dot(turned, turned));
      orthogonal.push(turned.map((value) => value / length));
    }
    axes = orthogonal;
  }
  return axes;
}

/** Begins at points far from each other (k-means++; Arthur & Vassilvitskii 2007), and goes on by k-means, then as a mixture. */
function fitMixture(points) {
  let means = distantPoints(points);
  for (let round = 0; round < 20; round++) {
    const nearest = points.map((point) => nearestOf(means, point).index);
    means = means.map((old, k) => {
      const own = points.filter((_, i) => nearest[i] === k);
      return own.length > 0 ? meanOf(own) : old;
    });
  }
  const all = meanOf(points);
  const spread = all.map(
    (middle, d) => points.reduce((sum, point) => sum + (point[d] - middle) ** 2, 0) / points.length,
  );
  let variances = means.map(() => spread.map((value) => value / 4));
  let weights = means.map(() => 1 / words);
  for (let round = 0; round < rounds; round++) {
    const shares = means.map(() => 0);
    const sums = means.map(() => new Float64Array(components));
    const squares = means.map(() => new Float64Array(components));
    for (const point of points) {
      const logs = means.map((mean, k) => {
        let log = Math.log(weights[k]);
        for (let d = 0; d < components; d++) {
          const variance = variances[k][d];
          log -= ((point[d] - mean[d]) ** 2 / variance + Math.log(variance)) / 2;
        }
        return log;
      });
      const highest = Math.max(...logs);
      const parts = logs.map((log) => Math.exp(log - highest));
      const total = parts.reduce((sum, part) => sum + part, 0);
      for (const [k, part] of parts.entries()) {
        const share = part / total;
        shares[k] += share;
        for (let d = 0; d < components; d++) {
          sums[k][d] += share * point[d];
          squares[k][d] += share * point[d] ** 2;
        }
      }
    }
    weights = shares.map((share) => share / points.length);
    means = sums.map((sum, k) => sum.map((value) => value / shares[k]));
    variances = squares.map((square, k) =>
      square.map((value, d) => value / shares[k] - means[k][d] ** 2 + leastVariance),
    );
  }
  return {
    weights: Float32Array.from(weights),
    means: Float32Array.from(means.flatMap((mean) => [...mean])),
    deviations: Float32Array.from(variances.flatMap((each) => [...each].map(Math.sqrt))),
  };
}

function distantPoints(points) {
  const chosen = [random.pick(points)];
  while (chosen.length < words) {
    const squares = points.map((point) => nearestOf(chosen, point).square);
    let left = random.next() * squares.reduce((sum, square) => sum + square, 0);
    chosen.push(
      points[
        Math.max(
          0,
          squares.findIndex((square) => (left -= square) <= 0),
        )
      ],
    );
  }
  return chosen;
}

function nearestOf(centres, point) {
  let index = 0;
  let square = Number.POSITIVE_INFINITY;
  for (const [k, centre] of centres.entries()) {
    let sum = 0;
    for (let d = 0; d < point.length; d++) sum += (point[d] - centre[d]) ** 2;
    if (sum < square) [index, square] = [k, sum];
  }
  return { index, square };
}

async function writeWords(numbers) {
  const lines = Buffer.from(numbers.buffer)
    .toString("base64")
    .match(/.{1,88}/g);
  await writeFile(
    new URL("../src/features/motion/cuboid-words.ts", import.meta.url),
    `/** The codebooks of cuboids, float32: learned by \`npm run codebooks\`; not edited by hand. */
export const cuboidWordsBase64: string = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`,
  );
}
