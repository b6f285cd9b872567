import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DecodeSummary } from "../../src/frames/decoder.js";
import { probeVideo } from "../../src/frames/probe-video.js";
import { middles, sampleNumbers, writeNumberedClip } from "./numbered-clip.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();

/** Runs the ffmpeg program, which only these tests use: to make files in codecs that the library does not write. */
function ffmpeg(...args: readonly string[]): boolean {
  return spawnSync("ffmpeg", ["-v", "error", "-y", ...args]).status === 0;
}

const isThere = ffmpeg("-version");
if (!isThere) {
  console.warn(
    "SKIPPED: other codecs and containers are not tried, as there is no ffmpeg program on PATH.",
  );
}

const clip = await writeNumberedClip(directory, { frames: 30 });

test.skipIf(!isThere).each([
  ["mpeg4", "avi", ["-c:v", "mpeg4", "-q:v", "2"]],
  ["mpeg4", "b-frames.avi", ["-c:v", "mpeg4", "-bf", "2", "-q:v", "2"]],
  ["h264", "h264", ["-c", "copy", "-bsf:v", "h264_mp4toannexb"]],
  ["mpeg2video", "mpg", ["-c:v", "mpeg2video", "-r", "25", "-q:v", "2"]],
  [
    "mpeg2video",
    "interlaced.mpg",
    ["-c:v", "mpeg2video", "-r", "25", "-flags", "+ilme+ildct", "-q:v", "2", "-vf", "setfield=tff"],
  ],
  ["mjpeg", "mov", ["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"]],
  ["flv1", "flv", ["-c:v", "flv1", "-q:v", "2"]],
  ["wmv2", "wmv", ["-c:v", "wmv2", "-q:v", "2"]],
  ["ffv1", "mkv", ["-c:v", "ffv1"]],
  ["gif", "gif", ["-pix_fmt", "gray"]],
] as const)(
  "%s in .%s gives the frames on screen at the chosen times",
  async (codec, extension, args) => {
    const path = join(directory, `clip.${extension}`);
    expect(ffmpeg("-i", clip, ...args, path)).toBe(true);
    expect((await probeVideo(path)).codec).toBe(codec);
    const told: DecodeSummary[] = [];
    const onEnd = (summary: DecodeSummary): void => void told.push(summary);
    const { numbers } = await sampleNumbers(path, { count: 6, onEnd });
    expect(numbers).toEqual(middles(30, 6));
    expect(told).toMatchObject([{ truncated: false }]);
  },
);

test.skipIf(!isThere)(
  "a video with sound has it told, and its frames are those without",
  async () => {
    const path = join(directory, "sound.mp4");
    const sound = ["-f", "lavfi", "-i", "sine=duration=3"];
    expect(ffmpeg("-i", clip, ...sound, "-c:v", "copy", "-c:a", "aac", path)).toBe(true);
    expect(await probeVideo(path)).toMatchObject({ hasAudio: true, codec: "h264" });
    expect((await sampleNumbers(path, { count: 6 })).numbers).toEqual(middles(30, 6));
  },
);
