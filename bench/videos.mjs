import { execFileSync } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { measureProgram } from "./measured-command.mjs";

/** Clips a class of the motions data set, where no clips are given: 252 in all. */
const motionsClips = 18;

/**
 * The clips of a directory; without one, those of the motions data set, rendered at first use.
 *
 * @param {string | undefined} directory
 * @param {string} workDirectory
 */
export async function findClips(directory, workDirectory) {
  if (directory !== undefined) return listVideoFiles(directory);
  const made = join(workDirectory, "motions");
  if (!existsSync(join(made, "manifest.csv"))) {
    say(`Rendering clips into ${made} ...`);
    const size = ["--clips", String(motionsClips)];
    await measureProgram(["datasets", "make", "motions", "--out", made, ...size], workDirectory);
  }
  return listVideoFiles(made);
}

/**
 * Makes a video with the ffmpeg program, unless it is there.
 *
 * @param {string} path
 * @param {readonly string[]} args of ffmpeg, without the output
 */
export async function makeVideo(path, args) {
  if (existsSync(path)) return;
  say(`Making ${path} ...`);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.unfinished.mp4`;
  try {
    execFileSync("ffmpeg", ["-v", "error", "-y", ...args, unfinished], { stdio: "inherit" });
  } catch (error) {
    throw new Error(
      `${path} could not be made; the ffmpeg program is needed for it (apt-get install ffmpeg).`,
      { cause: error },
    );
  }
  renameSync(unfinished, path);
}

/** Arguments of ffmpeg for a minute of 1280 x 720, 25 Hz: moving shapes, colours and grain, H.264 with B-frames. */
export const hdMinute = [
  ...["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=60"],
  ...["-f", "lavfi", "-i", "gradients=size=1280x720:rate=25:duration=60:speed=0.02:seed=1"],
  ...["-filter_complex", "[0][1]blend=all_mode=average,noise=alls=4:allf=t,format=yuv420p"],
  ...["-c:v", "libx264", "-preset", "fast", "-bf", "3", "-g", "250", "-crf", "23"],
];

/** Arguments of ffmpeg for two hours of 320 x 240, 10 Hz. */
export const twoHours = [
  ...["-f", "lavfi", "-i", "testsrc=size=320x240:rate=10:duration=7200"],
  ...["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "superfast", "-bf", "2", "-g", "250"],
];

/** @param {string} message */
export function say(message) {
  process.stderr.write(`${message}\n`);
}
