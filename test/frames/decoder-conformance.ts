import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { MuybridgeError } from "../../src/core/errors.js";
import type { Decoder, Fit, FrameOutput, FramePlan } from "../../src/frames/decoder.js";
import { writeVideo } from "../../src/frames/video-writer.js";
import { mp3WithCover, silentWav } from "./audio-files.js";
import { decodeAll } from "./decode-all.js";
import {
  topBoxes,
  withDurations,
  withHeaderFirst,
  withRotation,
  withStartCut,
} from "./mp4-boxes.js";
import { writeNoiseClip } from "./noise-clip.js";
import { middles, numbersOf, writeNumberedClip } from "./numbered-clip.js";
import { remux } from "./remux.js";

/** An output of small pictures. */
export function smallOutput(plan: FramePlan, more: Partial<FrameOutput> = {}): FrameOutput {
  return { plan, width: 8, height: 8, pixelFormat: "rgb24", fit: "stretch", ...more };
}

/** The tests that every decoder of video files has to pass. Files are written to the directory. */
export function testDecoder(decoder: Decoder, directory: string): void {
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };
  /** The numbers that the frames of a numbered clip tell, and their times in tenths of a second. */
  const sample = async (
    path: string,
    plan: FramePlan,
  ): Promise<{ numbers: number[]; tenths: number[] }> => {
    const { outputs } = await decodeAll(decoder, path, [smallOutput(plan)]);
    const [{ frames, timestamps }] = outputs as [(typeof outputs)[0]];
    return {
      numbers: frames.flatMap(numberOf),
      tenths: timestamps.map((time) => Math.round(time * 1e4) / 1e3),
    };
  };

  describe(`the decoder ${decoder.name}`, () => {
    test("tells what the headers say", async () => {
      const path = await writeNumberedClip(directory, { frames: 50, frameRate: 25 });
      expect(await decoder.probe(path)).toEqual({
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

    const plans: [string, FramePlan, number[]][] = [
      ["count", { count: 7 }, middles(60, 7)],
      ["count above the frames", { count: 61 }, middles(60, 61)],
      ["fps", { fps: 4 }, Array.from({ length: 24 }, (_, k) => Math.floor(k * 2.5))],
      ["fps of the frame rate", { fps: 10 }, middles(60, 60)],
      ["keyframes", { keyframes: true }, [0]],
      ["every n-th frame, up to a limit", { every: 7, limit: 4 }, [0, 7, 14, 21]],
      ["count of a span", { count: 4, start: 2, end: 4 }, [22, 27, 32, 37]],
      ["a span between two frames", { count: 2, start: 1.53, end: 1.58 }, [15, 15]],
      ["fps of a span", { fps: 5, start: 1.05, end: 2.05 }, [10, 12, 14, 16, 18]],
      ["keyframes of a span with none", { keyframes: true, start: 1, end: 2 }, [19]],
      ["count of a span beyond the end", { count: 2, start: 50, end: 60 }, [59, 59]],
      ["fps of a span beyond the end", { fps: 5, start: 50 }, [59]],
      ["a span that goes on beyond the end", { count: 2, start: 5, end: 60 }, [52, 57]],
      // Of the frames 5, 15 … 55, half a second away; the first and the last are moved inside for it.
      ["count, half a second earlier", { count: 6, shift: -0.5 }, [0, 10, 20, 30, 40, 49]],
      ["count, half a second later", { count: 6, shift: 0.5 }, [10, 20, 30, 40, 50, 59]],
      ["fps, a fifth of a second earlier", { fps: 1, shift: -0.2 }, [0, 8, 18, 28, 38, 48]],
      ["fps, a fifth of a second later", { fps: 1, shift: 0.2 }, [4, 12, 22, 32, 42, 52]],
      ["fps of a span, earlier", { fps: 5, start: 2, end: 3, shift: -0.15 }, [20, 20, 22, 24, 26]],
      ["fps of a span, later", { fps: 5, start: 2, end: 3, shift: 0.15 }, [23, 23, 25, 27, 29]],
      [
        "count of a span too short for a shift",
        { count: 2, start: 1, end: 1.25, shift: 3 },
        [12, 12],
      ],
    ];
    // Alone, a plan may let the decoder leave out frames; in one pass it must not take the others' frames.
    const alone = plans.filter(([name]) => !/fps|between|above/.test(name));
    test.each(alone)("takes the right frames: %s", async (_, plan, expected) => {
      const path = await writeNumberedClip(directory, { frames: 60 });
      const { numbers, tenths } = await sample(path, plan);
      expect(numbers).toEqual(expected);
      expect(tenths).toEqual(expected);
    });

    test("takes the right frames for many plans in one pass", async () => {
      const path = await writeNumberedClip(directory, { frames: 60 });
      const outputs = plans.map(([, plan]) => smallOutput(plan));
      const decoded = await decodeAll(decoder, path, outputs);
      for (const [i, [name, , expected]] of plans.entries()) {
        const { frames, timestamps } = decoded.outputs[i]!;
        expect(
          timestamps.map((time) => Math.round(time * 1e4) / 1e3),
          name,
        ).toEqual(expected);
        expect(frames.flatMap(numberOf), name).toEqual(expected);
      }
    });

    test("a clip of one frame gives it to every plan", async () => {
      const path = await writeNumberedClip(directory, { frames: 1 });
      expect(await sample(path, { count: 3 })).toEqual({ numbers: [0, 0, 0], tenths: [0, 0, 0] });
      expect(await sample(path, { fps: 10 })).toEqual({ numbers: [0], tenths: [0] });
      expect(await sample(path, { fps: 0.01 })).toEqual({ numbers: [0], tenths: [0] });
      expect(await sample(path, { keyframes: true })).toEqual({ numbers: [0], tenths: [0] });
      expect(await sample(path, { fps: 1, start: 9 })).toEqual({ numbers: [0], tenths: [0] });
    });

    test("what an edit list cuts off is not shown, and time begins after it", async () => {
      const clip = await writeNumberedClip(directory, { frames: 40 });
      const path = await write("trimmed.mp4", withStartCut(await readFile(clip), 3));
      const { numbers, tenths } = await sample(path, { count: 5 });
      expect(numbers).toEqual([31, 33, 35, 37, 39]);
      expect(tenths).toEqual([1, 3, 5, 7, 9]);
    });

    test.each(["avi", "matroska", "mpegts"])("reads %s", async (container) => {
      const path = join(directory, `${decoder.name}-${container}.mp4`);
      await remux(await writeNumberedClip(directory, { frames: 30 }), path, { container });
      expect((await decoder.probe(path)).container.split(",")).toContain(container);
      expect((await sample(path, { count: 6 })).numbers).toEqual(middles(30, 6));
    });

    test("serves several outputs in one pass, each with its plan, size, colour and fit", async () => {
      const path = await writeNumberedClip(directory, { frames: 60 });
      const { outputs, summary } = await decodeAll(
        decoder,
        path,
        [
          smallOutput({ count: 3 }, { width: 16 }),
          smallOutput({ fps: 1 }, { width: 5, height: 7, pixelFormat: "gray8" }),
          smallOutput({ count: 70 }, { width: 20, height: 8, fit: "pad" }),
        ],
        { batchSize: 4 },
      );
      const level = (frame: Uint8Array): number => frame[frame.length >> 1]!;
      const numbers = outputs.map(({ frames }) =>
        frames.map((frame) => Math.round(level(frame) / 4 - 3)),
      );
      expect(numbers[0]).toEqual(middles(60, 3));
      expect(numbers[1]).toEqual([0, 10, 20, 30, 40, 50]);
      expect(outputs[2]!.timestamps.map((time) => Math.round(time * 10))).toEqual(middles(60, 70));
      expect(summary).toMatchObject({ decodedFrames: 60, truncated: false });
      expect(summary.duration).toBeCloseTo(6, 6);
    });

    test.each<[Fit, string[]]>([
      ["stretch", ["red", "green", "blue"]],
      ["crop", ["green", "green", "green"]],
      ["pad", ["red", "green", "blue"]],
    ])("brings a wide picture to a square: %s", async (fit, expected) => {
      const path = await writeBands(directory);
      const size = 48;
      const output = smallOutput({ count: 1 }, { width: size, height: size, fit });
      const { outputs } = await decodeAll(decoder, path, [output]);
      const at = (x: number, y: number): string =>
        colourOf(outputs[0]!.frames[0]!.subarray((y * size + x) * 3));
      expect([at(5, 24), at(24, 24), at(42, 24)]).toEqual(expected);
      const edge = fit === "pad" ? ["black", "black", "black"] : expected;
      expect([at(5, 2), at(24, 2), at(42, 45)]).toEqual(edge);
    });

    test.each([90, 180, 270] as const)("turns a picture by %i degrees", async (degrees) => {
      const bands = await readFile(await writeBands(directory));
      const path = await write(`turned-${degrees}.mp4`, withRotation(bands, degrees));
      const [width, height] = degrees === 180 ? [96, 32] : [32, 96];
      expect(await decoder.probe(path)).toMatchObject({ rotation: degrees, width, height });
      const { outputs } = await decodeAll(decoder, path, [
        smallOutput({ count: 1 }, { width, height }),
      ]);
      const at = (x: number, y: number): string =>
        colourOf(outputs[0]!.frames[0]!.subarray((y * width + x) * 3));
      const [first, last] = degrees === 90 ? ["red", "blue"] : ["blue", "red"];
      expect([at(5, 5), at(width >> 1, height >> 1), at(width - 6, height - 6)]).toEqual([
        first,
        "green",
        last,
      ]);
    });

    test("squares pixels that are not square, also where only the container says so", async () => {
      const path = join(directory, `${decoder.name}-wide-pixels.mkv`);
      const clip = await writeNumberedClip(directory, { frames: 30 });
      await remux(clip, path, { container: "matroska", sampleAspectRatio: 2 });
      expect(await decoder.probe(path)).toMatchObject({ width: 128, height: 48 });
      const { outputs } = await decodeAll(decoder, path, [
        smallOutput({ count: 1 }, { width: 32, height: 32, fit: "pad", pixelFormat: "gray8" }),
      ]);
      // 128 x 48 in a square of 32: 12 rows of picture, from row 10 on.
      const rows = Array.from({ length: 32 }, (_, y) => outputs[0]!.frames[0]![y * 32 + 16]! > 0);
      expect(rows.indexOf(true)).toBe(10);
      expect(rows.lastIndexOf(true)).toBe(21);
    });

    test.each(["avi", "matroska"])("decodes what is there of a cut %s", async (container) => {
      const noise = join(directory, "noise.mp4");
      await writeNoiseClip(noise, 40);
      const whole = join(directory, `${decoder.name}-whole.${container}`);
      await remux(noise, whole, { container });
      const bytes = await readFile(whole);
      const path = await write(`cut.${container}`, bytes.subarray(0, bytes.length * 0.6));
      const output = smallOutput({ count: 8 });
      expect((await decodeAll(decoder, whole, [output])).summary.truncated).toBe(false);
      const { outputs, summary } = await decodeAll(decoder, path, [output]);
      expect(outputs[0]!.timestamps).toHaveLength(8);
      expect(summary.truncated).toBe(true);
      expect(summary.duration).toBeGreaterThan(1.5);
      expect(summary.duration).toBeLessThan(3);
    });

    test("damage in the middle costs some frames, not the video, and it is said", async () => {
      const noise = join(directory, "noise.mp4");
      await writeNoiseClip(noise, 40);
      const bytes = await readFile(noise);
      const { start, end } = topBoxes(bytes).find(({ type }) => type === "mdat")!;
      const middle = (start + end) >> 1;
      bytes.fill(0, middle, middle + Math.floor((end - start) / 10));
      const path = await write("hole.mp4", bytes);
      const { outputs, summary } = await decodeAll(decoder, path, [smallOutput({ count: 8 })]);
      expect(outputs[0]!.timestamps).toHaveLength(8);
      expect(outputs[0]!.timestamps.at(-1)).toBeGreaterThan(3);
      expect(summary.truncated).toBe(true);
      expect(summary.decodedFrames).toBeGreaterThan(32);
      expect(summary.decodedFrames).toBeLessThan(40);
    });

    const refusals: Record<string, [code: string, make: () => Promise<string>]> = {
      "a file that is not there": [
        "ERR_FILE_NOT_FOUND",
        async () => join(directory, "nowhere.mp4"),
      ],
      "an empty file": ["ERR_NOT_A_VIDEO", () => write("empty.mp4", "")],
      "a directory": [
        "ERR_NOT_A_VIDEO",
        async () => {
          await mkdir(join(directory, "folder.mp4"), { recursive: true });
          return join(directory, "folder.mp4");
        },
      ],
      prose: [
        "ERR_NOT_A_VIDEO",
        () => write("prose.mp4", "It was a bright cold day.\n".repeat(99)),
      ],
      subtitles: [
        "ERR_NOT_A_VIDEO",
        () => write("sub.avi", "1\n00:00:00,000 --> 00:00:02,000\nHello\n\n"),
      ],
      zeros: ["ERR_NOT_A_VIDEO", () => write("zeros.ts", "\0".repeat(10_000))],
      "a still picture": [
        "ERR_NOT_A_VIDEO",
        async () => write("still.mp4", await redPicture().png().toBuffer()),
      ],
      "sound alone": ["ERR_NO_VIDEO_STREAM", () => write("sound.mp4", silentWav())],
      "sound with a cover picture": [
        "ERR_NO_VIDEO_STREAM",
        async () => write("song.mp3", mp3WithCover(await redPicture().jpeg().toBuffer())),
      ],
      "an .mp4 whose header is lost": [
        "ERR_NOT_A_VIDEO",
        async () => {
          const video = await readFile(await writeNumberedClip(directory, { frames: 20 }));
          const header = topBoxes(video).find(({ type }) => type === "moov")!;
          return write("headless.mp4", video.subarray(0, header.start));
        },
      ],
    };
    test.each(Object.entries(refusals))("refuses %s", async (_, [code, make]) => {
      const path = await make();
      const outputs = [smallOutput({ count: 2 })];
      for (const read of [() => decoder.probe(path), () => decodeAll(decoder, path, outputs)]) {
        const error: unknown = await read().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(MuybridgeError);
        expect(error).toMatchObject({ code, path });
        expect((error as Error).message).toContain(path);
      }
    });

    test("says so where not one frame decodes", async () => {
      const streamable = withHeaderFirst(
        await readFile(await writeNumberedClip(directory, { frames: 20 })),
      );
      const { start } = topBoxes(streamable).find(({ type }) => type === "mdat")!;
      const path = await write("header-only.mp4", streamable.subarray(0, start + 8));
      for (const plan of [{ count: 4 }, { keyframes: true }] as const) {
        await expect(decodeAll(decoder, path, [smallOutput(plan)])).rejects.toMatchObject({
          code: "ERR_NO_FRAMES",
          path,
        });
      }
    });

    test("does not follow a playlist", async () => {
      const real = await writeNumberedClip(directory, { frames: 20 });
      const lists = [
        `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${real}\n#EXT-X-ENDLIST\n`,
        `ffconcat version 1.0\nfile '${real}'\n`,
        `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n`,
      ];
      for (const [i, list] of lists.entries()) {
        const path = await write(`list-${i}.mp4`, list);
        await expect(decoder.probe(path)).rejects.toMatchObject({ code: "ERR_NOT_A_VIDEO" });
        await expect(decodeAll(decoder, path, [smallOutput({ count: 1 })])).rejects.toMatchObject({
          code: "ERR_NOT_A_VIDEO",
        });
      }
    });

    test.skipIf(process.platform === "win32")("reads files of any name", async () => {
      const video = await readFile(await writeNumberedClip(directory, { frames: 4 }));
      const path = await write("-y 'b' \"c\" %03d:d|e;$(f)\n.mp4", video);
      expect((await sample(path, { count: 2 })).numbers).toEqual([1, 3]);
      expect(await decoder.probe(path)).toMatchObject({ codec: "h264" });
    });

    test.each([0, 0.1, 10])("a header that tells %d times the duration", async (factor) => {
      const video = await readFile(await writeNumberedClip(directory, { frames: 20 }));
      const path = await write("wrong-duration.mp4", withDurations(video, factor));
      expect((await sample(path, { count: 4 })).numbers).toEqual(middles(20, 4));
      expect((await sample(path, { fps: 2, start: 1 })).numbers).toEqual([10, 15]);
    });

    test("an aborted signal ends it, before and while it reads", async () => {
      const path = await writeNumberedClip(directory, { frames: 60 });
      const reason = new Error("enough");
      const outputs = [smallOutput({ fps: 10 })];
      const before = decoder.decode(path, outputs, { signal: AbortSignal.abort(reason) });
      await expect(before.next()).rejects.toBe(reason);
      const controller = new AbortController();
      const reading = decoder.decode(path, outputs, { signal: controller.signal, batchSize: 4 });
      expect((await reading.next()).value).toMatchObject({ n: 4 });
      controller.abort(reason);
      await expect(reading.next()).rejects.toBe(reason);
    });

    test.each([0, 1.5, 5000])("refuses a batch of %d frames", async (batchSize) => {
      const path = await writeNumberedClip(directory, { frames: 4 });
      const reading = decoder.decode(path, [smallOutput({ count: 1 })], { batchSize });
      await expect(reading.next()).rejects.toMatchObject({
        code: "ERR_USAGE",
        parameter: "batchSize",
      });
    });
  });
}

/** The number that a frame of a numbered clip tells. */
function numberOf(frame: Uint8Array): number[] {
  return numbersOf({ frames: frame, timestamps: new Float64Array(1), n: 1 });
}

function redPicture(): Sharp {
  return sharp({ create: { width: 64, height: 48, channels: 3, background: "red" } });
}

/** Writes a clip of three bands of 32 x 32 pixels side by side: red, green, blue. */
async function writeBands(directory: string): Promise<string> {
  const picture = new Uint8Array(96 * 32 * 3);
  for (let i = 0; i < 96 * 32; i++) picture[i * 3 + Math.floor((i % 96) / 32)] = 255;
  const path = join(directory, "bands.mp4");
  await writeVideo(path, [picture, picture], { width: 96, height: 32, frameRate: 10 });
  return path;
}

/** The name of a pixel's colour. */
function colourOf([red, green, blue]: Uint8Array): string {
  const bright = [red! > 128, green! > 128, blue! > 128].join();
  const names: Record<string, string> = {
    "true,false,false": "red",
    "false,true,false": "green",
    "false,false,true": "blue",
    "false,false,false": "black",
  };
  return names[bright] ?? `rgb(${red},${green},${blue})`;
}
