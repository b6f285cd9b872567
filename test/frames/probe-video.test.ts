import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeVideo } from "../../src/frames/probe-video.js";
import { withRotation } from "./mp4-boxes.js";
import { writeNumberedClip } from "./numbered-clip.js";
import { remux } from "./remux.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();

test("length, size, frame rate, codec and container of a video are told", async () => {
  const info = await probeVideo(await writeNumberedClip(directory, { frames: 50, frameRate: 25 }));
  expect(info).toEqual({
    duration: 2,
    width: 64,
    height: 48,
    frameRate: 25,
    rotation: 0,
    codec: "h264",
    container: "mov,mp4,m4a,3gp,3g2,mj2",
    pixelFormat: "yuv420p",
    hasAudio: false,
  });
});

test("a clip of one frame lasts as long as the frame is shown", async () => {
  const info = await probeVideo(await writeNumberedClip(directory, { frames: 1, frameRate: 5 }));
  expect(info.duration).toBeCloseTo(0.2, 6);
  expect(info.frameRate).toBe(5);
});

test.each(["avi", "matroska", "mpegts", "flv", "nut"])(
  "%s is known, whatever the name of the file",
  async (container) => {
    const path = join(directory, `${container}.mp4`);
    await remux(await writeNumberedClip(directory, { frames: 30 }), path, { container });
    const info = await probeVideo(path);
    expect(info.container.split(",")).toContain(container);
    expect(info).toMatchObject({ width: 64, height: 48, codec: "h264" });
    expect(info.duration).toBeGreaterThan(2.85);
    expect(info.duration).toBeLessThan(3.25);
  },
);

test.each([90, 180, 270] as const)(
  "a video to be turned by %i degrees is told as it is shown",
  async (degrees) => {
    const path = join(directory, `turned-${degrees}.mp4`);
    const upright = await readFile(await writeNumberedClip(directory, { frames: 5 }));
    await writeFile(path, withRotation(upright, degrees));
    const [width, height] = degrees === 180 ? [64, 48] : [48, 64];
    expect(await probeVideo(path)).toMatchObject({ rotation: degrees, width, height });
  },
);

test("a video with pixels that are not square is told as it is shown", async () => {
  const path = join(directory, "wide-pixels.mkv");
  const square = await writeNumberedClip(directory, { frames: 5 });
  await remux(square, path, { container: "matroska", sampleAspectRatio: 2 });
  expect(await probeVideo(path)).toMatchObject({ width: 128, height: 48 });
});
