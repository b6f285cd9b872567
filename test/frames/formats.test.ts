import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFfmpegDecoder } from "../../src/frames/ffmpeg-decoder.js";
import { createLibavDecoder } from "../../src/frames/libav-decoder.js";
import { decodeAll, expectSame } from "./decode-all.js";
import { smallOutput } from "./decoder-conformance.js";
import { ffmpegEncoders, ffmpegIsThere, runFfmpegProgram } from "./ffmpeg-program.js";
import { middles, numbersOf, writeNumberedClip } from "./numbered-clip.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const isThere = ffmpegIsThere("the table of codecs and containers in docs/formats.md");
const encoders = isThere ? ffmpegEncoders() : new Set<string>();
const [libav, program] = [createLibavDecoder(), createFfmpegDecoder()];
const clip = await writeNumberedClip(directory, { frames: 20, frameRate: 25 });

/** How the ffmpeg program encodes each codec of the table: the encoder first. */
const encodings: Record<string, string[]> = {
  h264: ["libx264", "-preset", "superfast", "-bf", "2"],
  hevc: ["libx265", "-preset", "superfast", "-x265-params", "log-level=none"],
  vp8: ["libvpx", "-deadline", "realtime", "-cpu-used", "8"],
  vp9: ["libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
  // The encoder takes no picture of fewer than 64 x 64 pixels.
  av1: ["libsvtav1", "-preset", "12", "-vf", "scale=128:96"],
  mpeg4: ["mpeg4", "-bf", "2", "-q:v", "2"],
  mpeg2: ["mpeg2video", "-bf", "2", "-q:v", "2"],
  mjpeg: ["mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "2"],
  prores: ["prores_ks"],
  gif: ["gif", "-pix_fmt", "gray"],
};

/** The table of the documentation: codec, and the containers that are marked. */
function readTable(): [codec: string, containers: string[]][] {
  const page = readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8");
  const rows = page
    .split("\n## Codecs\n")[1]!
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [[, ...containers] = [], , ...lines] = rows.slice(0, Object.keys(encodings).length + 2);
  return lines.map(([codec = "", ...marks]) => [
    codec,
    containers.filter((_, i) => marks[i] === "yes"),
  ]);
}

const table = readTable();

test("the table names every codec and container that is promised", () => {
  expect(table.map(([codec]) => codec)).toEqual(Object.keys(encodings));
  const containers = new Set(table.flatMap(([, marked]) => marked));
  expect([...containers].sort()).toEqual(
    ["avi", "flv", "gif", "mkv", "mov", "mp4", "ts", "webm"].sort(),
  );
});

test.skipIf(!isThere).each(table)(
  "%s is read by both decoders in %j",
  async (codec, containers) => {
    const [encoder = "", ...options] = encodings[codec]!;
    if (!encoders.has(encoder)) {
      return console.warn(`SKIPPED: ${codec}. The ffmpeg program has no encoder ${encoder}.`);
    }
    const paths = containers.map((container) => join(directory, `${codec}.${container}`));
    runFfmpegProgram(
      ...["-i", clip],
      ...paths.flatMap((path) => ["-c:v", encoder, ...options, path]),
    );
    for (const path of paths) {
      const output = smallOutput({ count: 4 });
      const [one, two] = [
        await decodeAll(libav, path, [output]),
        await decodeAll(program, path, [output]),
      ];
      const numbers = one.outputs[0]!.frames.flatMap((frames) =>
        numbersOf({ frames, timestamps: new Float64Array(1), n: 1 }),
      );
      expect(numbers, path).toEqual(middles(20, 4));
      expect(one.summary, path).toMatchObject({ truncated: false });
      expect(one.summary.info.codec).toMatch(new RegExp(`^${codec}`));
      expectSame(one, two, path);
      expect(two.summary.info).toEqual(one.summary.info);
      expect(two.summary.truncated).toBe(false);
    }
  },
);
