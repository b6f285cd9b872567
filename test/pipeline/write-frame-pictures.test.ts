import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { WriteFramesTask, WrittenFrames } from "../../src/pipeline/worker-tasks.js";
import { writeFramePictures } from "../../src/pipeline/write-frame-pictures.js";
import { withRotation } from "../frames/mp4-boxes.js";
import { middles, writeNumberedClip } from "../frames/numbered-clip.js";
import { numberedPicture, writeNumberedPictures } from "../frames/picture-files.js";
import { sharedDirectory } from "../frames/shared-directory.js";

const root = sharedDirectory();
const clip = await writeNumberedClip(root, { frames: 40 });

async function write(
  task: Partial<WriteFramesTask>,
): Promise<WrittenFrames & { readonly files: string[] }> {
  const directory = await mkdtemp(join(root, "frames-"));
  const written = await writeFramePictures({
    path: clip,
    decoder: "libav",
    plan: { count: 16 },
    fit: "stretch",
    format: "jpg",
    directory,
    ...task,
  });
  const files = (await readdir(directory)).sort().map((name) => join(directory, name));
  return { ...written, files };
}

/** The pixels of a picture, 8-bit RGB. */
async function pixelsOf(
  file: string,
): Promise<{ at: (x: number, y: number) => number; width: number; height: number }> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { at: (x, y) => data[(y * width + x) * channels]!, width, height };
}

async function numbersIn(files: readonly string[]): Promise<number[]> {
  const pictures = await Promise.all(files.map(pixelsOf));
  return pictures.map(({ at, width, height }) => Math.round(at(width >> 1, height >> 1) / 4) - 3);
}

test("every frame that the plan takes is a picture, numbered from 1, with its time", async () => {
  const { files, timestamps, ...facts } = await write({ plan: { count: 20 } });
  expect(files.map((file) => file.slice(-10))).toEqual(
    Array.from({ length: 20 }, (_, i) => `${String(i + 1).padStart(6, "0")}.jpg`),
  );
  expect(await numbersIn(files)).toEqual(middles(40, 20));
  expect(Array.from(timestamps, (time) => Math.round(time * 1e6) / 1e6)).toEqual(
    middles(40, 20).map((i) => i / 10),
  );
  expect(facts).toEqual({ width: 64, height: 48, duration: 4, truncated: false });
});

test("PNG keeps the pixels; the size is a square by the fit", async () => {
  const { files, width, height } = await write({
    plan: { fps: 2, start: 1, end: 3 },
    size: 40,
    fit: "pad",
    format: "png",
  });
  expect([width, height]).toEqual([40, 40]);
  expect(await numbersIn(files)).toEqual([10, 15, 20, 25]);
  // 64 x 48 becomes 40 x 30, five black rows above and below.
  const { at } = await pixelsOf(files[0]!);
  expect([at(20, 4), at(20, 35)]).toEqual([0, 0]);
  expect(Math.min(at(20, 5), at(20, 34))).toBeGreaterThan(40);
});

test("frames are as the video shows them: turned", async () => {
  const path = join(root, "turned.mp4");
  await writeFile(path, withRotation(await readFile(clip), 90));
  const { files, width, height } = await write({ path, plan: { count: 1 } });
  expect([width, height]).toEqual([48, 64]);
  expect(await pixelsOf(files[0]!)).toMatchObject({ width: 48, height: 64 });
});

test("pictures of other sizes come out at the size of the first", async () => {
  const shots = await writeNumberedPictures(join(root, "shots"), 2);
  await numberedPicture(2, { width: 20, height: 90 }).png().toFile(join(shots, "img2.png"));
  const { files } = await write({ path: `images:${shots}`, plan: { fps: 25 } });
  expect(await numbersIn(files)).toEqual([0, 1, 2]);
  expect(await pixelsOf(files[2]!)).toMatchObject({ width: 64, height: 48 });
});

test("a video that fails has its code, a directory that is not there is told as such", async () => {
  const path = join(root, "bad.mp4");
  await writeFile(path, "no video");
  await expect(write({ path })).rejects.toMatchObject({ code: "ERR_NOT_A_VIDEO", path });
  await expect(write({ directory: join(root, "missing") })).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "out",
  });
});

test("a contact sheet shows every frame with its time below", async () => {
  const sheet = join(root, "sheet.jpg");
  await write({ plan: { count: 6 }, sheet });
  const { at, width, height } = await pixelsOf(sheet);
  // Tiles of 128 x 96 pixels, 3 in a row, and 28 pixels of digits below each.
  expect([width, height]).toEqual([3 * 140 + 28, 2 * 136 + 28]);
  const middlesOfTiles = [0, 1].flatMap((row) =>
    [0, 1, 2].map((column) => at(20 + 140 * column + 64, 20 + 136 * row + 48)),
  );
  expect(middlesOfTiles.map((level) => Math.round(level / 4) - 3)).toEqual(middles(40, 6));
  const brightest = (left: number, top: number, columns: number, rows: number): number =>
    Math.max(
      ...Array.from({ length: columns * rows }, (_, i) =>
        at(left + (i % columns), top + Math.floor(i / columns)),
      ),
    );
  // Light strokes at the left, dimmer ones at the right, nothing between the rows.
  expect(brightest(20, 120, 60, 22)).toBeGreaterThan(180);
  expect(brightest(138, 120, 10, 22)).toBeGreaterThan(90);
  expect(brightest(20, 147, 128, 5)).toBeLessThan(60);
});

test("a sheet stays bounded, however many frames there are, or however long and narrow", async () => {
  const sheet = join(root, "large.jpg");
  await write({ plan: { count: 300 }, size: 300, sheet });
  const { width, height } = await sharp(sheet).metadata();
  expect(Math.max(width, height)).toBeLessThan(2600);
  for (const size of [
    { width: 2000, height: 10 },
    { width: 10, height: 2000 },
  ]) {
    const shots = await writeNumberedPictures(join(root, `long-${size.width}`), 1, size);
    await write({ path: `images:${shots}`, plan: { count: 1 }, sheet });
    const long = await sharp(sheet).metadata();
    expect(Math.max(long.width, long.height)).toBeLessThan(400);
  }
});
