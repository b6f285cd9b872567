import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openContentStore } from "../../../src/core/content-store.js";
import { openFeatureExtractor } from "../../../src/features/open-feature-extractor.js";
import {
  needsCnn,
  type StreamName,
  type StreamSource,
  streamDimension,
  streamNames,
} from "../../../src/features/streams/feature-stream.js";
import { openStreams } from "../../../src/features/streams/open-streams.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { writeSmallCnn } from "../small-cnn.js";
import {
  type Film,
  moving,
  stepOf,
  still,
  tell,
  tellAll,
  testStream,
} from "./stream-conformance.js";

const root = sharedDirectory();
const file = join(root, "small.tflite");
writeFileSync(file, writeSmallCnn());
const cnn = await openFeatureExtractor(file, { store: openContentStore(join(root, "cache")) });
afterAll(() => cnn.close());

/** Opens one stream alone. */
async function openAlone(name: StreamName): Promise<StreamSource> {
  const sources = await openStreams([name], async () => cnn);
  expect(sources).toHaveLength(1);
  return sources[0]!;
}

const [rgb, difference, motion, cuboids] = (await Promise.all(streamNames.map(openAlone))) as [
  StreamSource,
  StreamSource,
  StreamSource,
  StreamSource,
];

describe.each(
  [rgb, difference, motion, cuboids].map((source, i) => [streamNames[i]!, source] as const),
)("the stream %s", async (name, source) => {
  const again = await openAlone(name);
  const instances = [source, again];
  testStream(() => instances.shift() ?? again);

  test("is the only one that is told, and has the values that it is said to have", () => {
    const dimension = streamDimension(name, cnn.dimension);
    expect(source.streams).toEqual([{ name, dimension }]);
  });
});

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

/** Not to be called. */
const openNone = async (): Promise<never> => {
  throw new Error("asked for a CNN");
};

test("cuboids of a still picture are none, and of what moves some, at every step", async () => {
  expect((await tell(cuboids, still)).every((value) => value === 0)).toBe(true);
  const rows = await tell(cuboids, moving);
  for (let step = 0; step < 8; step++) {
    expect(stepOf(rows, step, cuboids).some((value) => value !== 0)).toBe(true);
  }
});

test("cuboids of a film and of its mirror image are the same, but for what its flow is rounded to", async () => {
  const { width, height } = cuboids.inputs[0]!;
  const mirrored: Film = (x, y, time) => moving((width - 1) / width - x, y, time);
  const upsideDown: Film = (x, y, time) => moving(x, (height - 1) / height - y, time);
  const rows = await tell(cuboids, moving);
  const gap = async (film: Film): Promise<number> => {
    const other = await tell(cuboids, film);
    return Math.hypot(...rows.map((value, i) => value - other[i]!)) / Math.hypot(...rows);
  };
  expect(await gap(mirrored)).toBeLessThan(0.05);
  // What is upside down is another motion.
  expect(await gap(upsideDown)).toBeGreaterThan(0.5);
});

test("motion and cuboids opened together tell to the bit what each tells alone", async () => {
  const sources = await openStreams(["motion", "cuboids"], openNone);
  expect(sources).toHaveLength(1);
  const [source] = sources as [StreamSource];
  expect(source.streams.map(({ name }) => name)).toEqual(["motion", "cuboids"]);
  // Twice, as what computed one clip computes the next.
  for (const film of [moving, still]) {
    const together = await tellAll(source, film);
    expect(together).toHaveLength(2);
    expect(together[0]).toEqual(await tell(motion, film));
    expect(together[1]).toEqual(await tell(cuboids, film));
  }
});

test("only rgb and difference need a CNN", async () => {
  expect(needsCnn(["motion"])).toBe(false);
  expect(needsCnn(["motion", "cuboids"])).toBe(false);
  expect(needsCnn(["difference", "motion"])).toBe(true);
  await expect(openStreams(["motion"], openNone)).resolves.toHaveLength(1);
  await expect(openStreams(["rgb"], openNone)).rejects.toThrow("asked for a CNN");
});
