import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { createDifferencePictures } from "../dist/src/features/difference-pictures.js";
import { createMotionExtractor } from "../dist/src/features/motion/motion-extractor.js";
import { equalSteps, motionSteps } from "../dist/src/features/motion/motion-steps.js";
import { motionFrames } from "../dist/src/features/motion/motion-view.js";
import { openFeatureExtractor } from "../dist/src/features/open-feature-extractor.js";
import { createDecoder } from "../dist/src/frames/open-decoder.js";
import { say } from "./videos.mjs";

/** Steps of each stream. */
export const steps = 16;
/** Hertz of the frames that differences are taken of. */
const differenceRate = 10;
/** What a change is multiplied by. */
const gain = 2;
/** Gaps tried, in frames at that rate. */
const gaps = [1, 3];

/**
 * @typedef {object} ClipStreams each float32 [16, D]
 * @property {Float32Array} rgb
 * @property {Float32Array} difference1
 * @property {Float32Array} difference3
 * @property {Float32Array} motion
 */

/**
 * The streams of videos, and the CPU milliseconds a clip of each part of the work; computed once and kept in a file.
 *
 * @param {readonly string[]} paths
 * @param {string} file
 * @returns {Promise<{ streams: ClipStreams[], costs: Record<string, number> }>}
 */
export async function computeStreams(paths, file) {
  if (existsSync(file)) return deserialize(readFileSync(file));
  say(`Computing the streams of ${paths.length} clips into ${file} ...`);
  const cnn = await openFeatureExtractor("mobilenet-v2", { precision: "int8" });
  const side = cnn.inputSize;
  const decoder = createDecoder("libav");
  const square = /** @type {const} */ ({
    width: side,
    height: side,
    pixelFormat: "rgb24",
    fit: "stretch",
  });
  const rgbOutput = { plan: { count: steps }, ...square };
  const tenOutput = { plan: { fps: differenceRate }, ...square };
  const greyOutput = /** @type {const} */ ({
    plan: { fps: motionFrames.rate },
    width: motionFrames.width,
    height: motionFrames.height,
    pixelFormat: "gray8",
    fit: "stretch",
  });
  /** @type {Record<string, number>} */
  const costs = {};
  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   */
  const timed = async (name, work) => {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    costs[name] = (costs[name] ?? 0) + (user + system) / 1000 / paths.length;
    return result;
  };
  /** @type {ClipStreams[]} */
  const streams = [];
  for (const path of paths) {
    // Once untimed: whoever is first reads the file from the disk.
    await decode(decoder, path, [rgbOutput]);
    await timed("decode rgb", () => decode(decoder, path, [rgbOutput]));
    const [rgb, ten, grey] = await timed("decode all three", () =>
      decode(decoder, path, [rgbOutput, tenOutput, greyOutput]),
    );
    if (!rgb || !ten || !grey) throw new Error(`${path} gave no frames.`);
    /** @type {Record<string, Float32Array>} */
    const found = { rgb: await timed("CNN rgb", () => cnn.extract(rgb.frames, steps)) };
    for (const gap of gaps) {
      const pictures = await timed(`make differences, gap ${gap}`, async () =>
        spreadDifferences(ten.frames, ten.n, gap),
      );
      found[`difference${gap}`] = await timed(`CNN difference, gap ${gap}`, () =>
        cnn.extract(pictures, steps),
      );
    }
    found.motion = await timed("motion", async () => {
      const extractor = createMotionExtractor();
      const histograms = extractor.push(grey.frames, grey.timestamps, grey.n);
      const end = (grey.timestamps.at(-1) ?? 0) + 1 / motionFrames.rate;
      return motionSteps(histograms, extractor.dimension, equalSteps(0, end, steps));
    });
    streams.push(/** @type {ClipStreams} */ (/** @type {unknown} */ (found)));
  }
  await cnn.close();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, serialize({ streams, costs }));
  return { streams, costs };
}

/**
 * @param {import("../dist/src/frames/decoder.js").Decoder} decoder
 * @param {string} path
 * @param {readonly import("../dist/src/frames/decoder.js").FrameOutput[]} outputs
 */
async function decode(decoder, path, outputs) {
  /** @type {import("../dist/src/frames/decoder.js").DecodedBatch[]} */
  const batches = [];
  for await (const batch of decoder.decode(path, outputs)) batches.push(batch);
  return outputs.map((_, output) => {
    const own = batches.filter((batch) => batch.output === output);
    return {
      frames: new Uint8Array(Buffer.concat(own.map(({ frames }) => frames))),
      timestamps: Float64Array.from(own.flatMap(({ timestamps }) => [...timestamps])),
      n: own.reduce((sum, { n }) => sum + n, 0),
    };
  });
}

/**
 * Differences of 16 pairs of frames, spread evenly.
 *
 * @param {Uint8Array} frames
 * @param {number} n
 * @param {number} gap
 */
function spreadDifferences(frames, n, gap) {
  const size = frames.length / n;
  const pairs = Math.max(n - gap, 1);
  const pictures = new Uint8Array(steps * size);
  const differences = createDifferencePictures(gain);
  for (let step = 0; step < steps; step++) {
    const from = Math.floor(((step + 0.5) * pairs) / steps);
    const to = Math.min(from + gap, n - 1);
    const frame = (/** @type {number} */ i) => frames.subarray(i * size, (i + 1) * size);
    pictures.set(differences.between(frame(from), frame(to)), step * size);
  }
  return pictures;
}

/** @param {string} directory */
export const streamsFile = (directory) => join(directory, "motion-streams.bin");
