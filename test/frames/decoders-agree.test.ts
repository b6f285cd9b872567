import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createFfmpegDecoder } from "../../src/frames/ffmpeg-decoder.js";
import { createLibavDecoder } from "../../src/frames/libav-decoder.js";
import { decodeAll, expectSame } from "./decode-all.js";
import { smallOutput } from "./decoder-conformance.js";
import { ffmpegEncoders, ffmpegIsThere, runFfmpegProgram } from "./ffmpeg-program.js";
import { withRotation } from "./mp4-boxes.js";
import { writeNoiseClip } from "./noise-clip.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const [libav, program] = [createLibavDecoder(), createFfmpegDecoder()];
const isThere = ffmpegIsThere("both decoders give the same frames");
const encoders = isThere ? ffmpegEncoders() : new Set<string>();

const wide = { width: 112, height: 112 };
const outputs = [
  smallOutput({ count: 7 }, wide),
  smallOutput({ fps: 9, start: 0.1 }, { ...wide, fit: "pad" }),
  smallOutput({ count: 60 }, { width: 32, height: 32, pixelFormat: "gray8", fit: "crop" }),
];
/** Alone, so that nothing has to be decoded but keyframes. */
const keyframes = smallOutput({ keyframes: true }, { ...wide, fit: "crop" });

async function expectAgreement(path: string): Promise<void> {
  const together = await decodeAll(libav, path, outputs);
  const other = await decodeAll(program, path, outputs);
  expectSame(together, other, "together");
  expect(other.summary.info).toEqual(together.summary.info);
  expect(other.summary.truncated).toBe(together.summary.truncated);
  expect(other.summary.duration).toBeCloseTo(together.summary.duration, 2);
  const [one, two] = [libav, program].map((decoder) => decodeAll(decoder, path, [keyframes]));
  expectSame(await one!, await two!, "keyframes");
}

const picture = (size = "128x96", seconds = 1.2): string[] => [
  ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25:duration=${seconds}`],
];
const h264 = ["-c:v", "libx264", "-preset", "superfast", "-pix_fmt", "yuv420p"];
const translucent = ["-vf", "format=rgba,colorchannelmixer=aa=0.5"];

/** Files by name: what the ffmpeg program is told to make of them, and the encoder it needs. */
const kinds: Record<string, [file: string, encoder: string, args: string[]]> = {
  "a variable frame rate": [
    "vfr.mp4",
    "libx264",
    [
      ...picture(),
      ...["-vf", "select='not(mod(n,3))+gt(n,15)',setpts=PTS+0.01*random(0)/TB"],
      ...["-fps_mode", "vfr", ...h264, "-bf", "3"],
    ],
  ],
  "B-frames and open groups of pictures": [
    "open.ts",
    "libx264",
    [...picture(), ...h264, "-bf", "3", "-g", "8", "-x264-params", "open-gop=1"],
  ],
  "B-frames in an .avi, which knows no presentation times": [
    "b-frames.avi",
    "mpeg4",
    [...picture(), "-c:v", "mpeg4", "-bf", "2"],
  ],
  "packed B-frames": [
    "packed.avi",
    "libxvid",
    [...picture(), "-c:v", "libxvid", "-bf", "2", "-q:v", "4"],
  ],
  "no time stamps at all": ["bare.h264", "libx264", [...picture(), ...h264, "-bf", "2"]],
  "time stamps that begin late": [
    "late.ts",
    "libx264",
    [...picture(), ...h264, "-output_ts_offset", "90000"],
  ],
  "no duration in the header": [
    "endless.flv",
    "flv",
    [...picture(), "-c:v", "flv1", "-flvflags", "no_duration_filesize"],
  ],
  "ten bits, 4:4:4, odd sizes, portrait": [
    "ten.mkv",
    "libx264",
    [...picture("95x127"), "-c:v", "libx264", "-preset", "superfast", "-pix_fmt", "yuv444p10le"],
  ],
  "alpha in VP9": [
    "alpha.webm",
    "libvpx-vp9",
    [
      ...picture("128x96", 0.8),
      ...[...translucent, "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"],
      ...["-deadline", "realtime", "-cpu-used", "8"],
    ],
  ],
  "alpha in ProRes": [
    "alpha.mov",
    "prores_ks",
    [
      ...picture("128x96", 0.8),
      ...[...translucent, "-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"],
    ],
  ],
  "transparency in .gif": [
    "transparent.gif",
    "gif",
    [...picture("128x96", 0.8), "-vf", "fps=10,format=rgba,colorkey=red:0.3"],
  ],
  "two fields a frame and pixels that are not square": [
    "interlaced.mpg",
    "mpeg2video",
    [
      ...picture("352x288"),
      ...["-vf", "interlace,setsar=12/11", "-c:v", "mpeg2video", "-flags", "+ilme+ildct"],
      ...["-r", "25", "-q:v", "3"],
    ],
  ],
  "full range and another colour standard": [
    "full.mp4",
    "libx264",
    [...picture(), ...h264, "-colorspace", "bt709", "-color_range", "pc"],
  ],
};

test.skipIf(!isThere).each(Object.entries(kinds))(
  "both give the same frames of a video with %s",
  async (_, [file, encoder, args]) => {
    if (!encoders.has(encoder)) {
      return console.warn(`SKIPPED: ${file}. The ffmpeg program has no encoder ${encoder}.`);
    }
    const path = join(directory, file);
    runFfmpegProgram(...args, path);
    await expectAgreement(path);
  },
);

test.skipIf(!isThere)("both give the same frames of altered copies of a video", async () => {
  const whole = join(directory, "whole.mp4");
  runFfmpegProgram(...picture("128x96", 2), ...h264, "-g", "12", "-bf", "2", whole);
  // The edit list begins between two keyframes.
  const edited = join(directory, "edited.mp4");
  runFfmpegProgram("-ss", "0.7", "-i", whole, "-c", "copy", edited);
  await expectAgreement(edited);
  // What would be before time 0 has no time at all.
  const untimed = join(directory, "untimed.mkv");
  const early = ["-copyts", "-avoid_negative_ts", "disabled"];
  runFfmpegProgram("-itsoffset", "-1.5", "-i", whole, "-c", "copy", ...early, untimed);
  await expectAgreement(untimed);
});

test.skipIf(!isThere)(
  "an .avi whose header counts empty frames is not taken for cut off",
  async () => {
    const path = join(directory, "empty-frames.avi");
    const args = ["-vf", "select='not(between(n,5,20))'", "-c:v", "mpeg4", "-bf", "0"];
    runFfmpegProgram(...picture(), ...args, "-fps_mode", "passthrough", path);
    for (const decoder of [libav, program]) {
      const { summary } = await decodeAll(decoder, path, outputs);
      expect(summary).toMatchObject({ truncated: false, decodedFrames: 14 });
      expect(summary.duration).toBeCloseTo(1.2, 2);
    }
    await expectAgreement(path);
  },
);

test.skipIf(!isThere)("both give the same frames where the picture changes its size", async () => {
  const path = join(directory, "change.ts");
  const parts = ["128x96", "64x96"].map((size, i) => {
    const part = join(directory, `part-${i}.ts`);
    runFfmpegProgram(...picture(size, 0.6), ...h264, "-output_ts_offset", String(i), part);
    return part;
  });
  await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  const [one, two] = [
    await decodeAll(libav, path, outputs),
    await decodeAll(program, path, outputs),
  ];
  expect(two.summary.decodedFrames).toBe(30);
  expectSame(one, two, "change of size");
});

test.skipIf(!isThere)("both give the same frames of a damaged and turned video", async () => {
  const noise = join(directory, "noise.mp4");
  await writeNoiseClip(noise, 40);
  const bytes = withRotation(await readFile(noise), 90);
  bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + Math.floor(bytes.length / 20));
  const path = join(directory, "damaged.mp4");
  await writeFile(path, bytes);
  const [one, two] = [
    await decodeAll(libav, path, outputs),
    await decodeAll(program, path, outputs),
  ];
  expect(one.summary).toMatchObject({ truncated: true });
  expect(two.summary).toMatchObject({ truncated: true });
  expectSame(one, two, "damage");
});

/** Clips of UCF101, where they lie beside the project. */
const clips = fileURLToPath(new URL("../../../shared/data/ucf101-5class", import.meta.url));
const hasClips = existsSync(clips);
if (!hasClips) {
  console.warn("SKIPPED: decoders are not compared on real videos; ../shared/data is missing.");
}

test.skipIf(!isThere || !hasClips)("both give the same frames of a real video", async () => {
  const [folder] = readdirSync(clips, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const [clip] = readdirSync(join(clips, folder!.name)).filter((name) => name.endsWith(".avi"));
  await expectAgreement(join(clips, folder!.name, clip!));
});
