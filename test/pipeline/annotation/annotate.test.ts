import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeTimedVideo } from "../../../src/frames/timed-video-writer.js";
import { writeVideo } from "../../../src/frames/video-writer.js";
import { annotate } from "../../../src/pipeline/annotation/annotate.js";
import { addSound, soundOf } from "../../frames/add-sound.js";
import { ffmpegIsThere, runFfmpegProgram } from "../../frames/ffmpeg-program.js";
import { withRotation } from "../../frames/mp4-boxes.js";
import { writeAnimation, writeNumberedPictures } from "../../frames/picture-files.js";
import { remux } from "../../frames/remux.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { distance, type Pixel, readCopy } from "./annotated-copy.js";

const root = sharedDirectory();

/** The colours of the first two of the classes, and of what is none. */
const [orange, blue, grey]: Pixel[] = [
  [230, 159, 0],
  [86, 180, 233],
  [150, 150, 150],
];
const classes = ["sit-down", "stand-up"];

/** What encoding with halved colours may change in the middle of a plain area. */
const blur = 16;

interface Part {
  readonly end: number;
  readonly label: string;
}

/** A result whose segments follow each other. */
function resultOf(parts: readonly Part[]) {
  return {
    top: classes.map((label) => ({ label, confidence: 0.5 })),
    segments: parts.map(({ end, label }, i) => ({
      start: parts[i - 1]?.end ?? 0,
      end,
      label,
      confidence: 0.93,
    })),
    duration: parts.at(-1)!.end,
  };
}

/** A grey clip, ten frames a second. */
async function writeClip(
  name: string,
  frames: number,
  { width = 320, height = 240, level = 90 } = {},
): Promise<string> {
  const path = join(root, name);
  const frame = new Uint8Array(width * height * 3).fill(level);
  await writeVideo(path, Array<Uint8Array>(frames).fill(frame), { width, height, frameRate: 10 });
  return path;
}

const target = (name: string): string => join(root, "annotated", name);

describe("what is drawn", () => {
  const parts = [
    { end: 0.8, label: "sit-down" },
    { end: 1.2, label: "stand-up" },
    { end: 2, label: "unknown" },
  ];

  test.each([
    ["small and dark", 160, 120, 12],
    ["usual", 320, 240, 90],
    ["large and light", 960, 540, 235],
    ["tall", 180, 320, 90],
  ])(
    "%s: the segments in their colours, a playhead that moves, text that changes",
    async (name, width, height, level) => {
      const path = await writeClip(`drawn ${name}.mp4`, 20, { width, height, level });
      const before = await readFile(path);
      await annotate(path, resultOf(parts), target(`drawn ${name}.mp4`), { classes });
      expect((await readFile(path)).equals(before)).toBe(true);
      const copy = await readCopy(target(`drawn ${name}.mp4`));
      expect(copy).toMatchObject({ width, height });
      expect(copy.times).toHaveLength(20);
      expect(copy.duration).toBeCloseTo(2, 3);
      for (const time of [0, 0.9, 1.9]) {
        const frame = copy.at(time);
        for (const [part, colour] of [
          [0.15, orange],
          [0.3, orange],
          [0.55, blue],
          [0.7, grey],
          [0.85, grey],
        ] as const) {
          // Not where the playhead is.
          if (Math.abs(part - time / 2) < 0.06) continue;
          expect(distance(frame.bar(part), colour!), `${part} at ${time} s`).toBeLessThan(blur);
        }
        expect(Math.abs(frame.playhead() - time / 2)).toBeLessThan(0.03);
        // Above the panel the picture is what it was.
        expect(distance(frame.pixel(width / 2, height / 4), [level, level, level])).toBeLessThan(8);
      }
      const text = (time: number): Buffer => copy.at(time).text();
      const difference = (one: Buffer, other: Buffer): number =>
        one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
      expect(difference(text(0.2), text(0.7))).toBeLessThan(60);
      expect(difference(text(0.7), text(0.8))).toBeGreaterThan(120);
      expect(difference(text(1.1), text(1.2))).toBeGreaterThan(120);
    },
  );

  test("thousands of segments, long names and names of any characters", async () => {
    const path = await writeClip("many.mp4", 10);
    const many = Array.from({ length: 5000 }, (_, i) => ({
      end: (i + 1) / 5000,
      label: i % 2 ? `<b>"&'</b> 走る \u0000 ${"long ".repeat(200)}` : "stand-up",
    }));
    await annotate(path, resultOf(many), target("many.mp4"), { classes });
    expect((await readCopy(target("many.mp4"))).times).toHaveLength(10);
  });

  test("times that no segment covers are dark", async () => {
    const path = await writeClip("gap.mp4", 10);
    const result = resultOf([{ end: 1, label: "sit-down" }]);
    const [whole] = result.segments;
    const segments = [{ ...whole!, start: 0.5 }];
    await annotate(path, { ...result, segments }, target("gap.mp4"), { classes });
    const copy = await readCopy(target("gap.mp4"));
    expect(distance(copy.at(0.1).bar(0.3), [24, 27, 31])).toBeLessThan(blur);
    expect(distance(copy.at(0.1).bar(0.7), orange!)).toBeLessThan(blur);
  });
});

describe("any video", () => {
  const whole = (seconds: number) => resultOf([{ end: seconds, label: "sit-down" }]);

  test("frames keep their times where the rate varies", async () => {
    const path = join(root, "varying.mp4");
    const times = [0, 0.1, 0.5, 0.54, 1.5];
    async function* frames() {
      for (const [i, time] of times.entries()) {
        const pixels = new Uint8Array(64 * 64 * 3).fill(20 * i);
        yield { pixels, time, duration: (times[i + 1] ?? 2) - time };
      }
    }
    await writeTimedVideo(path, frames(), { width: 64, height: 64, frameRate: 10 });
    await annotate(path, whole(2), target("varying.mp4"));
    const copy = await readCopy(target("varying.mp4"));
    expect(copy.times).toHaveLength(5);
    for (const [i, time] of copy.times.entries()) expect(time).toBeCloseTo(times[i]!, 4);
    expect(copy.duration).toBeCloseTo(2, 4);
  });

  test.each([
    ["a single frame", 1, 64, 64, 64, 64],
    ["only a timeline fits", 10, 32, 24, 32, 24],
    ["larger than 1280 pixels", 2, 1920, 1080, 1280, 720],
  ])("%s", async (name, frames, width, height, copyWidth, copyHeight) => {
    const path = await writeClip(`${name}.mp4`, frames, { width, height });
    const told = await annotate(path, whole(frames / 10), target(`${name}.mp4`), { classes });
    expect(told).toMatchObject({ width: copyWidth, height: copyHeight, frames, sound: "none" });
    const copy = await readCopy(target(`${name}.mp4`));
    expect(copy).toMatchObject({ width: copyWidth, height: copyHeight });
    expect(copy.times).toHaveLength(frames);
    expect(copy.duration).toBeCloseTo(frames / 10, 3);
    expect(distance(copy.at(0).bar(0.7), orange!)).toBeLessThan(40);
  });

  test("pictures that are shown for days are refused, with the reason", async () => {
    const pictures = await writeNumberedPictures(join(root, "slow"), 2);
    const work = annotate(`images:${pictures}?fps=0.00001`, whole(2e5), target("slow.mp4"));
    await expect(work).rejects.toMatchObject({
      code: "ERR_USAGE",
      message: expect.stringMatching(
        /cannot be written: A frame is on screen for [\d.]+ s, above 23860 s/,
      ) as unknown,
    });
  });

  test("a turned video stands upright, and the text with it", async () => {
    const path = await writeClip("lying.mp4", 5);
    await writeFile(join(root, "turned.mp4"), withRotation(await readFile(path), 90));
    await annotate(join(root, "turned.mp4"), whole(0.5), target("turned.mp4"), { classes });
    const copy = await readCopy(target("turned.mp4"));
    expect(copy).toMatchObject({ width: 240, height: 320 });
    expect(distance(copy.at(0).bar(0.7), orange!)).toBeLessThan(blur);
  });

  test("odd sizes, an animated picture and a directory of pictures", async () => {
    const gif = await writeAnimation(join(root, "odd.gif"), [100, 300, 200], {
      width: 65,
      height: 49,
    });
    await annotate(gif, whole(0.6), target("odd.mp4"));
    const copy = await readCopy(target("odd.mp4"));
    expect(copy).toMatchObject({ width: 64, height: 48 });
    expect(copy.times.map((time) => Math.round(time * 1000))).toEqual([0, 100, 400]);
    expect(copy.duration).toBeCloseTo(0.6, 3);
    const pictures = await writeNumberedPictures(join(root, "pictures"), 6);
    await annotate(`images:${pictures}?fps=2`, whole(3), target("pictures.mp4"));
    const slides = await readCopy(target("pictures.mp4"));
    expect(slides.times).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect(slides.duration).toBeCloseTo(3, 3);
  });

  test("a truncated video is annotated as far as it decodes", async () => {
    const path = await writeClip("whole.mp4", 40, { width: 64, height: 64 });
    await remux(path, join(root, "whole.ts"), { container: "mpegts" });
    const bytes = await readFile(join(root, "whole.ts"));
    const cut = join(root, "cut.ts");
    await writeFile(cut, bytes.subarray(0, Math.floor(bytes.length / 2)));
    const { frames } = await annotate(cut, whole(4), target("cut.mp4"));
    const copy = await readCopy(target("cut.mp4"));
    expect(copy.times).toHaveLength(frames);
    expect(frames).toBeGreaterThan(5);
    expect(frames).toBeLessThan(40);
  });
});

describe("sound", () => {
  test.each(["mp4", "matroska", "avi"])(
    "MP3 from %s is copied, up to the end of the pictures",
    async (container) => {
      const path = await writeClip(`silent ${container}.mp4`, 20, { width: 64, height: 64 });
      const heard = join(root, `heard.${container}`);
      if (container === "avi") await remuxInto(path, heard);
      else await addSound(path, heard, { codec: "mp3", container, seconds: 3 });
      const result = resultOf([{ end: 2, label: "sit-down" }]);
      const told = await annotate(heard, result, target(`${container}.mp4`));
      expect(told.sound).toBe("copied");
      const sound = await soundOf(target(`${container}.mp4`));
      expect(sound?.codec).toBe("mp3");
      expect(sound?.start).toBeLessThan(0.06);
      expect(Math.abs(sound!.end - 2)).toBeLessThan(0.06);
      const copy = await readCopy(target(`${container}.mp4`));
      expect(copy.times).toHaveLength(20);
      expect(copy.duration).toBeCloseTo(2, 3);
    },
  );

  /** H.264 as an AVI holds it, then the sound beside it. */
  async function remuxInto(path: string, heard: string): Promise<void> {
    await remux(path, `${heard}.plain.avi`, { container: "avi" });
    await addSound(`${heard}.plain.avi`, heard, { codec: "mp3", container: "avi", seconds: 3 });
  }

  test("what an .mp4 cannot hold is left out, and that is told", async () => {
    const path = await writeClip("silent.mp4", 10, { width: 64, height: 64 });
    const heard = join(root, "pcm.mkv");
    await addSound(path, heard, { codec: "pcm", container: "matroska", seconds: 1 });
    const result = resultOf([{ end: 1, label: "sit-down" }]);
    const told = await annotate(heard, result, target("pcm.mp4"));
    expect(told.sound).toBe("left out");
    expect(await soundOf(target("pcm.mp4"))).toBeUndefined();
  });

  test.runIf(ffmpegIsThere("copying AAC and Opus into annotated videos"))(
    "AAC and Opus, from containers that keep them differently, are copied in time",
    async () => {
      const path = await writeClip("pictures.mp4", 20, { width: 64, height: 64 });
      for (const [codec, extension] of [
        ["aac", "ts"],
        ["aac", "mp4"],
        ["libopus", "webm"],
      ] as const) {
        const heard = join(root, `${codec}.${extension}`);
        const pictures = extension === "webm" ? ["-c:v", "libvpx"] : ["-c:v", "copy"];
        runFfmpegProgram(
          ...["-i", path, "-f", "lavfi", "-t", "2", "-i", "sine=sample_rate=48000"],
          ...[...pictures, "-c:a", codec, heard],
        );
        const result = resultOf([{ end: 2, label: "sit-down" }]);
        const name = `${codec}-${extension}.mp4`;
        expect((await annotate(heard, result, target(name))).sound).toBe("copied");
        const sound = await soundOf(target(name));
        expect(sound?.codec).toBe(codec === "aac" ? "aac" : "opus");
        expect(sound!.start).toBeLessThan(0.05);
        expect(Math.abs(sound!.end - 2)).toBeLessThan(0.06);
        expect((await readCopy(target(name))).times).toHaveLength(20);
      }
    },
  );
});

describe("files", () => {
  const result = resultOf([{ end: 3, label: "sit-down" }]);

  test("nothing half-written is left by an abort or a video that is none", async () => {
    const directory = join(root, "empty");
    await mkdir(directory);
    const path = await writeClip("long.mp4", 30, { width: 640, height: 480 });
    const abort = new AbortController();
    const reason = new Error("enough");
    const work = annotate(path, result, join(directory, "a.mp4"), { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 20);
    await expect(work).rejects.toBe(reason);
    const text = join(root, "text.mp4");
    await writeFile(text, "no video");
    await expect(annotate(text, result, join(directory, "b.mp4"))).rejects.toMatchObject({
      code: "ERR_NOT_A_VIDEO",
      path: text,
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test("the video itself is not written over, by whatever name", async () => {
    const path = await writeClip("itself.mp4", 3);
    const before = await stat(path);
    await symlink(path, join(root, "link.mp4"));
    for (const name of ["itself.mp4", "link.mp4", "annotated/../itself.mp4"]) {
      await expect(annotate(path, result, join(root, name))).rejects.toMatchObject({
        code: "ERR_USAGE",
        message: expect.stringContaining("itself.mp4") as unknown,
      });
    }
    expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
  });

  test("a directory that cannot be written to is told by name", async () => {
    const path = await writeClip("fine.mp4", 3);
    await expect(annotate(path, result, join(path, "a.mp4"))).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "annotate",
    });
  });
});
