import { execFileSync } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { DecodeSummary, FrameOutput, FramePlan } from "../../src/frames/decoder.js";
import { fits } from "../../src/frames/decoder.js";
import { createImageDecoder } from "../../src/frames/image-decoder.js";
import { createDecoder } from "../../src/frames/open-decoder.js";
import { probeVideo } from "../../src/frames/probe-video.js";
import { type SampleOptions, sampleFrames } from "../../src/frames/sample-frames.js";
import { writeVideo } from "../../src/frames/video-writer.js";
import { middles, numbersOf, sampleNumbers } from "./numbered-clip.js";
import { numberedPicture, writeAnimation, writeNumberedPictures } from "./picture-files.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const twelve = await writeNumberedPictures(join(directory, "twelve"), 12);

/** Decodes with one output of 8 x 8 pixels, or as told. */
async function decode(
  path: string,
  plan: FramePlan,
  output: Partial<FrameOutput> = {},
): Promise<{
  frames: Uint8Array;
  numbers: number[];
  timestamps: number[];
  summary: DecodeSummary;
}> {
  const full = { plan, width: 8, height: 8, pixelFormat: "rgb24", fit: "stretch", ...output };
  const parts: Uint8Array[] = [];
  const numbers: number[] = [];
  const timestamps: number[] = [];
  let summary: DecodeSummary | undefined;
  const onEnd = (end: DecodeSummary): void => {
    summary = end;
  };
  for await (const batch of createDecoder().decode(path, [full as FrameOutput], { onEnd })) {
    parts.push(batch.frames);
    numbers.push(...numbersOf(batch));
    timestamps.push(...batch.timestamps);
  }
  return { frames: Buffer.concat(parts), numbers, timestamps, summary: summary! };
}

async function fresh(name: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(path, { recursive: true });
  return path;
}

test("a directory of pictures is a video of 25 frames a second, or as many as it says", async () => {
  expect(await probeVideo(`images:${twelve}`)).toEqual({
    duration: 12 / 25,
    width: 64,
    height: 48,
    frameRate: 25,
    rotation: 0,
    codec: "png",
    container: "images",
    pixelFormat: "rgb24",
    hasAudio: false,
  });
  expect(await probeVideo(`images:${twelve}?fps=4`)).toMatchObject({ frameRate: 4, duration: 3 });
  expect((await probeVideo(`images:${twelve}?fps=0.5`)).duration).toBe(24);
});

test("pictures are taken earlier or later where a plan says so", async () => {
  const film = `images:${twelve}?fps=10`;
  expect((await decode(film, { count: 3, shift: -0.2 })).numbers).toEqual([0, 4, 7]);
  expect((await decode(film, { count: 3, shift: 0.2 })).numbers).toEqual([4, 8, 11]);
  expect((await decode(film, { fps: 5, shift: 0.2 })).numbers).toEqual([4, 4, 6, 8, 10, 11]);
});

test("pictures are taken in natural order, i / R seconds after the first", async () => {
  const { numbers, timestamps, summary } = await decode(`images:${twelve}?fps=4`, { fps: 4 });
  expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(timestamps).toEqual(numbers.map((i) => i / 4));
  expect(summary).toMatchObject({ duration: 3, decodedFrames: 12, truncated: false });
});

test("every plan takes the frames that it would take of a video, and no other is decoded", async () => {
  const input = `images:${twelve}?fps=4`;
  const taken = async (plan: FramePlan) => {
    const { numbers, summary } = await decode(input, plan);
    return [numbers, summary.decodedFrames];
  };
  expect(await taken({ count: 5 })).toEqual([middles(12, 5), 5]);
  expect((await taken({ count: 24 }))[0]).toEqual(middles(12, 24));
  expect(await taken({ fps: 1 })).toEqual([[0, 4, 8], 3]);
  expect((await taken({ keyframes: true }))[0]).toHaveLength(12);
  expect((await taken({ keyframes: true, start: 1, end: 2 }))[0]).toEqual([4, 5, 6, 7]);
  expect((await taken({ fps: 2, start: 0.6, end: 1.6 }))[0]).toEqual([2, 4]);
  expect((await taken({ count: 2, start: 1.5 }))[0]).toEqual([7, 10]);
});

test("one pass serves several outputs, in batches of the size asked for", async () => {
  const outputs = [
    { plan: { count: 3 }, width: 16, height: 8, pixelFormat: "rgb24", fit: "stretch" },
    { plan: { fps: 4 }, width: 5, height: 7, pixelFormat: "gray8", fit: "crop" },
  ] as const;
  const numbers: number[][] = [[], []];
  const sizes: number[] = [];
  const decoder = createImageDecoder();
  for await (const batch of decoder.decode(`images:${twelve}?fps=4`, outputs, { batchSize: 5 })) {
    numbers[batch.output]!.push(...numbersOf(batch));
    if (batch.output === 1) sizes.push(batch.n);
  }
  expect(numbers).toEqual([middles(12, 3), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]);
  expect(sizes).toEqual([5, 5, 2]);
});

test("hidden files, other files and directories are left out; img2 comes before img10", async () => {
  const path = await fresh("mixed");
  const names = ["img2.PNG", "img10.jpg", "IMG1.jpeg", "img02.webp", "img3.tif", "img11.avif"];
  const order = ["IMG1.jpeg", "img2.PNG", "img02.webp", "img3.tif", "img10.jpg", "img11.avif"];
  for (const name of names) {
    const picture = numberedPicture(order.indexOf(name) + 10);
    const format = name.endsWith("PNG") ? "png" : name.endsWith("tif") ? "tiff" : undefined;
    if (format) await picture.toFormat(format).toFile(join(path, name));
    else await picture.toFile(join(path, name));
  }
  await numberedPicture(0).png().toFile(join(path, ".hidden.png"));
  await writeFile(join(path, "notes.txt"), "");
  await writeFile(join(path, "drawing.svg"), "<svg/>");
  await mkdir(join(path, "img0.png"));
  await symlink(join(path, "img0.png"), join(path, "img00.png"));
  expect((await decode(`images:${path}`, { fps: 25 })).numbers).toEqual([10, 11, 12, 13, 14, 15]);
});

test("pictures of other sizes and formats are each fitted by themselves", async () => {
  const path = await fresh("sizes");
  await numberedPicture(1, { width: 30, height: 20 }).png().toFile(join(path, "a.png"));
  await numberedPicture(2, { width: 20, height: 30 }).png().toFile(join(path, "b.png"));
  const { frames } = await decode(
    `images:${path}`,
    { fps: 25 },
    { width: 30, height: 30, fit: "pad" },
  );
  const frame = (i: number) => (x: number, y: number) => frames[(i * 900 + y * 30 + x) * 3];
  expect([frame(0)(15, 2), frame(0)(2, 15), frame(0)(15, 27)]).toEqual([0, 16, 0]);
  expect([frame(1)(15, 2), frame(1)(2, 15), frame(1)(27, 15)]).toEqual([20, 0, 0]);
});

test("a photograph is turned upright as its EXIF data say", async () => {
  const path = await fresh("turned");
  // Left half white as stored; the camera was held so that this is the upper half.
  const left = { create: { width: 20, height: 20, channels: 3, background: "white" } } as const;
  await sharp({ create: { width: 40, height: 20, channels: 3, background: "black" } })
    .composite([{ input: left, left: 0, top: 0 }])
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100 })
    .toFile(join(path, "a.jpg"));
  expect(await probeVideo(`images:${path}`)).toMatchObject({ width: 20, height: 40, rotation: 90 });
  const { frames } = await decode(`images:${path}`, { count: 1 }, { width: 20, height: 40 });
  expect(frames[(5 * 20 + 10) * 3]).toBeGreaterThan(250);
  expect(frames[(35 * 20 + 10) * 3]).toBeLessThan(5);
});

test("what is transparent is black; 16 bits, grey and CMYK become 8-bit RGB", async () => {
  const path = await fresh("colours");
  const red = { r: 255, g: 0, b: 0 };
  const plain = (alpha: number) =>
    sharp({ create: { width: 8, height: 8, channels: 4, background: { ...red, alpha } } });
  await plain(0).png().toFile(join(path, "1.png"));
  await plain(0.5).png().toFile(join(path, "2.png"));
  await numberedPicture(29).toColourspace("rgb16").png().toFile(join(path, "3.png"));
  await numberedPicture(29).greyscale().png().toFile(join(path, "4.png"));
  await plain(1).toColourspace("cmyk").jpeg({ quality: 100 }).toFile(join(path, "5.jpg"));
  const { frames } = await decode(`images:${path}`, { fps: 25 });
  const pixels = Array.from({ length: 5 }, (_, i) => [...frames.subarray(i * 192, i * 192 + 3)]);
  expect(pixels[0]).toEqual([0, 0, 0]);
  expect(pixels[1]![0]).toBeGreaterThan(126);
  expect(pixels[1]![0]).toBeLessThan(129);
  expect(pixels[2]).toEqual([128, 128, 128]);
  expect(pixels[3]).toEqual([128, 128, 128]);
  expect(pixels[4]![0]).toBeGreaterThan(220);
  expect(pixels[4]![1]).toBeLessThan(30);
});

test.each(fits)(
  "%s puts the picture where the decoder of videos does, in both colours",
  async (fit) => {
    const [width, height] = [96, 64];
    // A soft picture, so that encoding and scaling differ by little: red grows to the right, green downwards.
    const pixels = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      pixels.set([40 + 1.5 * (i % width), 40 + 2 * Math.floor(i / width), 90], i * 3);
    }
    const path = await fresh(`same-${fit}`);
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(path, "a.png"));
    const video = join(path, "a.mp4");
    await writeVideo(video, [pixels], { width, height, frameRate: 10 });
    for (const pixelFormat of ["rgb24", "gray8"] as const) {
      const output = { width: 50, height: 40, pixelFormat, fit };
      const own = await decode(`images:${path}`, { count: 1 }, output);
      const other = await decode(video, { count: 1 }, output);
      const differences = own.frames.map((value, i) => Math.abs(value - other.frames[i]!));
      expect(Math.max(...differences)).toBeLessThan(14);
      expect(differences.reduce((a, b) => a + b, 0) / differences.length).toBeLessThan(3);
    }
  },
);

test("an unreadable picture is passed over: the one before it stays on screen", async () => {
  const path = await writeNumberedPictures(join(directory, "damaged"), 8);
  const whole = await readFile(join(path, "img3.png"));
  await writeFile(join(path, "img3.png"), whole.subarray(0, whole.length / 2));
  await writeFile(
    join(path, "img4.png"),
    "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
  );
  await writeFile(join(path, "img0.png"), "");
  const all = await decode(`images:${path}?fps=8`, { fps: 8 });
  expect(all.numbers).toEqual([1, 1, 2, 2, 2, 5, 6, 7]);
  expect(all.timestamps).toEqual([1, 1, 2, 2, 2, 5, 6, 7].map((i) => i / 8));
  expect(all.summary).toMatchObject({ decodedFrames: 5, truncated: true, duration: 1 });
  expect((await decode(`images:${path}`, { count: 2 })).numbers).toEqual([2, 6]);
  expect((await decode(`images:${path}`, { keyframes: true })).numbers).toEqual([1, 2, 5, 6, 7]);
});

test("where no picture can be read, or none decodes, there are no frames", async () => {
  const unreadable = await fresh("unreadable");
  await writeFile(join(unreadable, "a.png"), "not a picture");
  await expect(probeVideo(`images:${unreadable}`)).rejects.toMatchObject({ code: "ERR_NO_FRAMES" });
  const cut = await writeNumberedPictures(join(directory, "cut"), 3, { width: 300, height: 300 });
  for (const i of [0, 1, 2]) {
    const whole = await readFile(join(cut, `img${i}.png`));
    await writeFile(join(cut, `img${i}.png`), whole.subarray(0, whole.length / 2));
  }
  expect(await probeVideo(`images:${cut}`)).toMatchObject({ width: 300 });
  await expect(decode(`images:${cut}`, { count: 2 })).rejects.toMatchObject({
    code: "ERR_NO_FRAMES",
    path: `images:${cut}`,
  });
});

test("what is no directory of pictures is refused with its name", async () => {
  const file = join(twelve, "img0.png");
  const empty = await fresh("empty");
  const cases = [
    [`images:${join(directory, "missing")}`, "ERR_FILE_NOT_FOUND"],
    [`images:${file}`, "ERR_NOT_A_VIDEO"],
    [`images:${empty}`, "ERR_NOT_A_VIDEO"],
    ["images:", "ERR_USAGE"],
    [`images:${twelve}?fps=0`, "ERR_USAGE"],
    [`images:${twelve}?fps=-1`, "ERR_USAGE"],
    [`images:${twelve}?fps=`, "ERR_USAGE"],
    [`images:${twelve}?fps=1001`, "ERR_USAGE"],
    [`images:${twelve}?rate=5`, "ERR_USAGE"],
  ] as const;
  for (const [path, code] of cases) {
    await expect(probeVideo(path)).rejects.toMatchObject({ code, path });
    await expect(decode(path, { count: 1 })).rejects.toMatchObject({ code });
  }
});

test.skipIf(process.platform === "win32")(
  "a pipe in the directory does not hold it up",
  async () => {
    const path = await writeNumberedPictures(join(directory, "pipe"), 2);
    execFileSync("mkfifo", [join(path, "img1a.png")]);
    const { numbers, summary } = await decode(`images:${path}`, { fps: 25 });
    expect([numbers, summary.truncated]).toEqual([[0, 1, 1], true]);
  },
);

test("a picture that would unfold to gigabytes is refused, also within others", async () => {
  const path = await writeNumberedPictures(join(directory, "bomb"), 2);
  const bomb = await sharp({
    create: { width: 8193, height: 8193, channels: 3, background: "black" },
    limitInputPixels: false,
  })
    .png()
    .toBuffer();
  await writeFile(join(path, "img1.png"), bomb);
  const refusal = { code: "ERR_TOO_LARGE", path: join(path, "img1.png") };
  await expect(decode(`images:${path}`, { fps: 25 })).rejects.toMatchObject(refusal);
  const gif = join(directory, "bomb.gif");
  // A GIF of 65535 x 65535 pixels in 40 bytes.
  const header = Buffer.from("GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff", "latin1");
  const image = Buffer.from(",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;", "latin1");
  await writeFile(gif, [header, image]);
  await expect(decode(gif, { count: 1 })).rejects.toMatchObject({
    code: "ERR_TOO_LARGE",
    path: gif,
  });
});

const delays = [40, 40, 0, 10, 200, 70];
const begins = [0, 0.04, 0.08, 0.18, 0.28, 0.48];

test.each(["gif", "webp"])(
  "an animated %s has the times of its delays, those under 20 ms counting as 100 ms",
  async (format) => {
    const path = await writeAnimation(join(directory, `delays.${format}`), delays);
    const { duration, ...info } = await probeVideo(path);
    expect(info).toMatchObject({ width: 64, height: 48, codec: format, container: format });
    expect(duration).toBeCloseTo(0.55, 9);
    expect(info.frameRate).toBeCloseTo(6 / 0.55, 9);
    const all = await decode(path, { keyframes: true });
    expect(all.numbers).toEqual([0, 1, 2, 3, 4, 5]);
    expect(all.timestamps).toEqual(begins);
    expect(all.summary.truncated).toBe(false);
    expect((await decode(path, { fps: 10 })).numbers).toEqual([0, 2, 3, 4, 4, 5]);
    expect((await decode(path, { count: 2, start: 0.1 })).numbers).toEqual([3, 5]);
  },
);

test("GIF and WebP are known by their content, whatever their name and the decoder's", async () => {
  const gif = await readFile(await writeAnimation(join(directory, "content.gif"), [100, 100]));
  const path = join(directory, "content [n=-1].mp4");
  await writeFile(path, gif);
  expect(await probeVideo(path)).toMatchObject({ codec: "gif", container: "gif", duration: 0.2 });
  expect((await sampleNumbers(path, { count: 2 })).numbers).toEqual([0, 1]);
});

test.each(["gif", "webp"])("a still %s is a video of one frame", async (format) => {
  const path = join(directory, `still.${format}`);
  await numberedPicture(7).toFile(path);
  expect(await probeVideo(path)).toMatchObject({ duration: 0.1, frameRate: 10, width: 64 });
  const { numbers, timestamps } = await decode(path, { count: 3 });
  expect(numbers).toEqual([7, 7, 7]);
  expect(timestamps).toEqual([0, 0, 0]);
});

test("an animation larger than what is decoded at once comes out frame by frame all the same", async () => {
  const path = await writeAnimation(join(directory, "large.gif"), new Array(5).fill(40));
  // A canvas of 4000 x 4000 pixels, of which two are decoded at once; the frames stay in its corner.
  const bytes = await readFile(path);
  bytes.writeUInt16LE(4000, 6);
  bytes.writeUInt16LE(4000, 8);
  await writeFile(path, bytes);
  const size = { width: 500, height: 500 };
  expect((await decode(path, { fps: 25 }, size)).numbers).toEqual([0, 1, 2, 3, 4]);
  expect((await decode(path, { count: 2 }, size)).numbers).toEqual(middles(5, 2));
});

test.each(["gif", "webp"])(
  "of a %s that is cut off, the frames that are whole are taken, and it is told",
  async (format) => {
    const whole = await readFile(
      await writeAnimation(join(directory, `whole.${format}`), new Array(10).fill(100)),
    );
    const path = join(directory, `half.${format}`);
    await writeFile(path, whole.subarray(0, whole.length * 0.6));
    const { numbers, summary } = await decode(path, { keyframes: true });
    expect(summary.truncated).toBe(true);
    expect(numbers.length).toBeGreaterThan(3);
    expect(numbers.length).toBeLessThan(8);
    expect(numbers.slice(0, 4)).toEqual([0, 1, 2, 3]);
    await writeFile(path, whole.subarray(0, 20));
    await expect(decode(path, { count: 1 })).rejects.toMatchObject({ path });
  },
);

test.each([
  ["whose header says what cannot be", 0, 99],
  ["whose pixels are garbage", 2, 0xff],
])("a frame in the middle of a GIF %s ends it there", async (_, offset, value) => {
  const path = await writeAnimation(join(directory, "middle.gif"), new Array(10).fill(100));
  const bytes = await readFile(path);
  let control = 0;
  for (let frame = 0; frame < 6; frame++) {
    control = bytes.indexOf("\x21\xf9\x04", control + 1, "latin1");
  }
  const image = control + 8;
  const table = bytes[image + 9]! & 0x80 ? 3 << ((bytes[image + 9]! & 7) + 1) : 0;
  bytes.fill(value, image + 10 + table + offset, image + 11 + table + 3 * offset);
  await writeFile(path, bytes);
  const { numbers, timestamps, summary } = await decode(path, { keyframes: true });
  expect(numbers).toEqual([0, 1, 2, 3, 4]);
  expect(timestamps).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  expect(summary).toMatchObject({ truncated: true, decodedFrames: 5 });
});

test.each(["GIF89a", "GIF89aJUNKJUNKJUNKJUNKJUNK", "RIFF\x40\0\0\0WEBPjunkjunkjunkjunkjunk"])(
  "%j and nothing behind it is refused",
  async (content) => {
    const path = join(directory, "junk.gif");
    await writeFile(path, content, "latin1");
    await expect(probeVideo(path)).rejects.toMatchObject({ name: "MuybridgeError", path });
    await expect(decode(path, { count: 1 })).rejects.toMatchObject({
      name: "MuybridgeError",
      path,
    });
  },
);

test("a picture that is replaced is seen at once", async () => {
  const path = await writeNumberedPictures(join(directory, "replaced"), 2);
  expect((await decode(`images:${path}`, { fps: 25 })).numbers).toEqual([0, 1]);
  await numberedPicture(30).png().toFile(join(path, "img1.png"));
  expect((await decode(`images:${path}`, { fps: 25 })).numbers).toEqual([0, 30]);
});

test("aborting ends it with the signal's reason", async () => {
  const reason = new Error("enough");
  const read = async (options: Partial<SampleOptions>): Promise<void> => {
    for await (const _ of sampleFrames(`images:${twelve}`, {
      fps: 25,
      batchSize: 2,
      ...options,
    } as SampleOptions)) {
      controller.abort(reason);
    }
  };
  const controller = new AbortController();
  await expect(read({ signal: controller.signal })).rejects.toBe(reason);
  await expect(read({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await sleep(0);
});

test.each([
  ["count", {}],
  ["batchSize", { count: 1, batchSize: 0 }],
  ["fps", { fps: 0 }],
])("%s out of range is refused: %o", async (parameter, options) => {
  const read = async (): Promise<void> => {
    for await (const _ of sampleFrames(`images:${twelve}`, options as SampleOptions));
  };
  await expect(read()).rejects.toMatchObject({ code: "ERR_USAGE", parameter });
});
