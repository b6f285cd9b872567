import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type SampleOptions, sampleFrames } from "../../src/frames/sample-frames.js";
import { writeVideo } from "../../src/frames/video-writer.js";
import { withRotation } from "./mp4-boxes.js";
import { remux } from "./remux.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();

type Colour = readonly [red: number, green: number, blue: number];
const red: Colour = [255, 0, 0];
const green: Colour = [0, 255, 0];
const blue: Colour = [0, 0, 255];
const black: Colour = [0, 0, 0];

/** Writes a clip of three equal frames, painted by a function of the place. */
async function paint(
  name: string,
  [width, height]: readonly [number, number],
  colourAt: (x: number, y: number) => Colour,
): Promise<string> {
  const picture = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) picture.set(colourAt(x, y), (y * width + x) * 3);
  }
  const path = join(directory, name);
  await writeVideo(path, [picture, picture, picture], { width, height, frameRate: 10 });
  return path;
}

/** Samples one frame and gives back what colour it has where. */
async function look(
  path: string,
  options: Pick<SampleOptions, "size" | "fit">,
): Promise<(x: number, y: number) => Colour> {
  const { size = 224 } = options;
  for await (const { frames } of sampleFrames(path, { ...options, count: 1 })) {
    return (x, y) => [...frames.subarray((y * size + x) * 3, (y * size + x) * 3 + 3)] as never;
  }
  throw new Error("no frame came");
}

/** Encoding shifts a saturated colour by a few levels. */
function expectColour(actual: Colour, expected: Colour): void {
  const distance = Math.max(...actual.map((level, i) => Math.abs(level - expected[i]!)));
  expect(distance, `colour ${actual}, expected ${expected}`).toBeLessThanOrEqual(12);
}

/** Three bands of 32 x 32 pixels side by side. */
const bands = await paint("bands.mp4", [96, 32], (x) => [red, green, blue][Math.floor(x / 32)]!);

test.each([
  ["red", red],
  ["green", green],
  ["blue", blue],
  ["orange", [240, 130, 20]],
] as const)("a %s frame is that, in the order red, green, blue", async (name, colour) => {
  const at = await look(await paint(`${name}.mp4`, [32, 32], () => colour), { size: 16 });
  expectColour(at(0, 0), colour);
  expectColour(at(15, 15), colour);
});

test("stretch brings all of the picture to the square", async () => {
  const at = await look(bands, { size: 48, fit: "stretch" });
  for (const y of [0, 24, 47]) {
    expectColour(at(4, y), red);
    expectColour(at(24, y), green);
    expectColour(at(43, y), blue);
  }
});

test("stretch is what is done where nothing is said", async () => {
  const at = await look(bands, { size: 48 });
  expectColour(at(4, 0), red);
  expectColour(at(43, 47), blue);
});

test("crop fills the square from the middle of the picture", async () => {
  const at = await look(bands, { size: 32, fit: "crop" });
  for (const x of [4, 16, 27]) {
    for (const y of [0, 16, 31]) expectColour(at(x, y), green);
  }
});

test("pad shows all of the picture between black bars", async () => {
  const at = await look(bands, { size: 48, fit: "pad" });
  expectColour(at(4, 24), red);
  expectColour(at(24, 24), green);
  expectColour(at(43, 24), blue);
  for (const x of [4, 24, 43]) {
    // 48 x 16 pixels of picture, from row 16 on.
    for (const y of [0, 14, 33, 47]) expect(at(x, y)).toEqual(black);
  }
});

test("crop and pad of a tall picture go the other way", async () => {
  const tall = await paint("tall.mp4", [32, 96], (_, y) => [red, green, blue][Math.floor(y / 32)]!);
  const cropped = await look(tall, { size: 32, fit: "crop" });
  expectColour(cropped(16, 4), green);
  expectColour(cropped(16, 27), green);
  const padded = await look(tall, { size: 48, fit: "pad" });
  expectColour(padded(24, 4), red);
  expectColour(padded(24, 43), blue);
  expect(padded(4, 24)).toEqual(black);
  expect(padded(43, 24)).toEqual(black);
});

test("frames of odd sizes have no gaps between their rows", async () => {
  const path = await paint("plain.mp4", [64, 48], () => [120, 120, 120]);
  for (const size of [1, 7, 33, 225]) {
    for await (const { frames } of sampleFrames(path, { count: 2, size })) {
      expect(frames).toHaveLength(2 * size * size * 3);
      expect(frames.every((level) => level > 110 && level < 130)).toBe(true);
    }
  }
});

test.each([
  [90, [12, 3]],
  [180, [12, 12]],
  [270, [3, 12]],
] as const)("a video to be turned by %i degrees comes out upright", async (degrees, [x, y]) => {
  const upright = await paint("corner.mp4", [64, 48], (px, py) =>
    px < 32 && py < 24 ? red : blue,
  );
  const path = join(directory, `corner-${degrees}.mp4`);
  await writeFile(path, withRotation(await readFile(upright), degrees));
  const at = await look(path, { size: 16 });
  for (const [cx, cy] of [
    [3, 3],
    [12, 3],
    [12, 12],
    [3, 12],
  ] as const) {
    expectColour(at(cx, cy), cx === x && cy === y ? red : blue);
  }
});

test("pixels that are not square are squared, also where only the container says so", async () => {
  const plain = await paint("square-pixels.mp4", [32, 32], () => green);
  const path = join(directory, "wide-pixels.mkv");
  await remux(plain, path, { container: "matroska", sampleAspectRatio: 2 });
  const at = await look(path, { size: 32, fit: "pad" });
  // Shown as 64 x 32: half of the square is bars.
  expectColour(at(16, 16), green);
  expectColour(at(1, 16), green);
  expect(at(16, 6)).toEqual(black);
  expect(at(16, 25)).toEqual(black);
});
