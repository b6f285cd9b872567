import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeVideo } from "../../src/frames/probe-video.js";
import { type VideoWriterOptions, writeVideo } from "../../src/frames/video-writer.js";
import { sampleNumbers, writeNumberedClip } from "./numbered-clip.js";
import { sharedDirectory } from "./shared-directory.js";

const root = sharedDirectory();
const options: VideoWriterOptions = { width: 32, height: 16, frameRate: 12 };

async function emptyDirectory(name: string): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  return directory;
}

/** Frames of moving stripes. */
function stripes(count: number): Uint8Array[] {
  const { width, height } = options;
  return Array.from({ length: count }, (_, t) =>
    Uint8Array.from({ length: width * height * 3 }, (_, i) => ((Math.floor(i / 3) + t) % 8) * 30),
  );
}

test("every frame is in the video, for as long as the others", async () => {
  for (const frames of [1, 2, 3, 25]) {
    const path = await writeNumberedClip(root, { frames });
    const { numbers } = await sampleNumbers(path, { fps: 10 });
    expect(numbers).toEqual(Array.from({ length: frames }, (_, i) => i));
    const info = await probeVideo(path);
    expect(info.duration).toBeCloseTo(frames / 10, 6);
    expect(info.frameRate).toBeCloseTo(10, 6);
  }
});

test("the same frames give the same bytes", async () => {
  const directory = await emptyDirectory("same");
  const [one, two] = [join(directory, "one.mp4"), join(directory, "two.mp4")];
  await writeVideo(one, stripes(20), options);
  await writeVideo(two, stripes(20), options);
  expect(Buffer.compare(await readFile(one), await readFile(two))).toBe(0);
});

test("frames may come one by one, and as views into a larger array", async () => {
  const directory = await emptyDirectory("sources");
  const frames = stripes(6);
  const size = frames[0]!.length;
  const together = new Uint8Array(6 * size + 5);
  for (const [i, frame] of frames.entries()) together.set(frame, 5 + i * size);
  async function* views(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 6; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      yield together.subarray(5 + i * size, 5 + (i + 1) * size);
    }
  }
  await writeVideo(join(directory, "array.mp4"), frames, options);
  await writeVideo(join(directory, "views.mp4"), views(), options);
  const [array, viewed] = await Promise.all(
    ["array.mp4", "views.mp4"].map((name) => readFile(join(directory, name))),
  );
  expect(Buffer.compare(array!, viewed!)).toBe(0);
});

test("while it is written the file has not got its name, and then it stands alone", async () => {
  const directory = await emptyDirectory("unfinished");
  let during: string[] = [];
  async function* watched(): AsyncGenerator<Uint8Array> {
    yield* stripes(10);
    during = await readdir(directory);
  }
  await writeVideo(join(directory, "a.mp4"), watched(), options);
  expect(during).toHaveLength(1);
  // A hidden name, so that listing the directory meanwhile does not find it.
  expect(during[0]).toMatch(/^\..*a\.mp4/);
  expect(await readdir(directory)).toEqual(["a.mp4"]);
});

test("a frame of another size is refused and leaves nothing behind", async () => {
  const directory = await emptyDirectory("wrong-size");
  const frames = [...stripes(9), new Uint8Array(5)];
  const writing = writeVideo(join(directory, "a.mp4"), frames, options);
  await expect(writing).rejects.toBeInstanceOf(RangeError);
  await expect(writing).rejects.toThrow("5 bytes; 1536");
  expect(await readdir(directory)).toEqual([]);
});

test("aborting rejects with the signal's reason and leaves nothing behind", async () => {
  const directory = await emptyDirectory("aborted");
  const reason = new Error("changed my mind");
  const controller = new AbortController();
  function* aborting(): Generator<Uint8Array> {
    for (const [i, frame] of stripes(30).entries()) {
      if (i === 20) controller.abort(reason);
      yield frame;
    }
  }
  const { signal } = controller;
  const writing = writeVideo(join(directory, "a.mp4"), aborting(), { ...options, signal });
  await expect(writing).rejects.toBe(reason);
  expect(await readdir(directory)).toEqual([]);
});

test("an error of the source comes through, and a video of that name stays what it was", async () => {
  const directory = await emptyDirectory("failing-source");
  const path = join(directory, "a.mp4");
  await writeFile(path, "the old one");
  const failure = new Error("the camera is gone");
  function* failing(): Generator<Uint8Array> {
    yield* stripes(3);
    throw failure;
  }
  await expect(writeVideo(path, failing(), options)).rejects.toBe(failure);
  expect(await readdir(directory)).toEqual(["a.mp4"]);
  expect(await readFile(path, "utf8")).toBe("the old one");
  await writeVideo(path, stripes(3), options);
  expect(await probeVideo(path)).toMatchObject({ width: 32, height: 16, frameRate: 12 });
});

test("a directory that is missing is an error", async () => {
  const path = join(root, "missing", "a.mp4");
  await expect(writeVideo(path, stripes(1), options)).rejects.toThrow("No such file or directory");
});
