import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openContentStore } from "../../../src/core/content-store.js";
import { openFeatureExtractor } from "../../../src/features/open-feature-extractor.js";
import { streamDimension, streamNames } from "../../../src/features/streams/feature-stream.js";
import { needsCnn, openStreams } from "../../../src/features/streams/open-streams.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { writeSmallCnn } from "../small-cnn.js";
import { moving, stepOf, still, tell, testStream } from "./stream-conformance.js";

const root = sharedDirectory();
const file = join(root, "small.tflite");
writeFileSync(file, writeSmallCnn());
const cnn = await openFeatureExtractor(file, { store: openContentStore(join(root, "cache")) });
const streams = await openStreams(streamNames, async () => cnn);
const again = await openStreams(streamNames, async () => cnn);
afterAll(() => cnn.close());

describe.each(streams.map((stream, i) => [stream.name, stream, again[i]!] as const))(
  "the stream %s",
  (name, stream, other) => {
    const instances = [stream, other];
    testStream(() => instances.shift() ?? other);

    test("has the values that it is said to have", () => {
      expect(stream.dimension).toBe(streamDimension(name, cnn.dimension));
    });
  },
);

const [rgb, difference, motion] = streams as [
  (typeof streams)[0],
  (typeof streams)[0],
  (typeof streams)[0],
];

test("rgb is what the CNN says of the frames, difference what it says of grey where nothing changes", async () => {
  const neutral = new Uint8Array(32 * 32 * 3).fill(128);
  const unchanged = [...(await cnn.extract(neutral, 1))];
  expect(stepOf(await tell(difference, still), 4, difference)).toEqual(unchanged);
  expect(stepOf(await tell(difference, moving), 4, difference)).not.toEqual(unchanged);
  expect(stepOf(await tell(rgb, still), 4, rgb)).not.toEqual(unchanged);
});

test("difference sees twice the change from the frame before a step to the one behind it", async () => {
  // A picture that grows brighter by 40 levels a second: by 12 in the gap of 0.3 s.
  const found = await tell(difference, (_x, _y, time) => (60 + 40 * time) / 255);
  const expected = await cnn.extract(new Uint8Array(32 * 32 * 3).fill(128 + 24), 1);
  expect(
    Math.max(...stepOf(found, 4, difference).map((value, i) => Math.abs(value - expected[i]!))),
  ).toBeLessThan(0.05);
  const darker = await tell(difference, (_x, _y, time) => (200 - 40 * time) / 255);
  expect(stepOf(darker, 4, difference)).not.toEqual(stepOf(found, 4, difference));
});

test("motion of a still picture is none: all pixels of each cell stand still", async () => {
  const row = stepOf(await tell(motion, still), 4, motion);
  const [flow, boundaries] = [row.slice(0, 16 * 9), row.slice(16 * 9)];
  expect(flow).toEqual(Array.from({ length: 16 * 9 }, (_, i) => (i % 9 === 8 ? 1 : 0)));
  expect(boundaries.every((value) => value === 0)).toBe(true);
});

test("only rgb and difference need a CNN", async () => {
  expect(needsCnn(["motion"])).toBe(false);
  expect(needsCnn(["difference", "motion"])).toBe(true);
  const fail = (): never => {
    throw new Error("asked for a CNN");
  };
  await expect(openStreams(["motion"], fail)).resolves.toHaveLength(1);
});
