import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { MuybridgeError } from "../../src/core/errors.js";
import { loadLibav } from "../../src/frames/libav.js";
import { probeVideo } from "../../src/frames/probe-video.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";
import { mp3WithCover, silentWav } from "./audio-files.js";
import { openLoopbackServer } from "./loopback-server.js";
import { topBoxes, withHeaderFirst } from "./mp4-boxes.js";
import { writeNumberedClip } from "./numbered-clip.js";
import { playlists } from "./playlists.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const { port, connectionsSeen } = await openLoopbackServer();
const video = await readFile(await writeNumberedClip(directory, { frames: 20 }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

async function sampleAll(path: string): Promise<number> {
  let frames = 0;
  for await (const { n } of sampleFrames(path, { count: 4, size: 8 })) frames += n;
  return frames;
}

/** Probing and sampling must agree about a file. */
async function expectRefusal(path: string, code: string): Promise<void> {
  for (const read of [probeVideo, sampleAll]) {
    const error = await read(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(MuybridgeError);
    expect(error).toMatchObject({ code, path });
    expect((error as Error).message).toContain(path);
  }
}

test("a file that is not there", async () => {
  await expectRefusal(join(directory, "nowhere.mp4"), "ERR_FILE_NOT_FOUND");
  await expectRefusal(join(directory, "no-directory", "a.mp4"), "ERR_FILE_NOT_FOUND");
});

test.skipIf(process.platform === "win32")("a link that leads nowhere", async () => {
  const path = join(directory, "dangling.mp4");
  await symlink(join(directory, "gone.mp4"), path);
  await expectRefusal(path, "ERR_FILE_NOT_FOUND");
});

test("an empty file", async () => {
  await expectRefusal(await write("empty.mp4", ""), "ERR_NOT_A_VIDEO");
});

test("a directory", async () => {
  const path = join(directory, "directory.mp4");
  await mkdir(path);
  await expectRefusal(path, "ERR_NOT_A_VIDEO");
});

test.skipIf(process.platform === "win32")("a device, which would have no end", async () => {
  await expectRefusal("/dev/zero", "ERR_NOT_A_VIDEO");
});

test.each([
  ["a word", "x"],
  [
    "prose",
    "It was a bright cold day in April, and the clocks were striking thirteen.\n".repeat(99),
  ],
  ["HTML", "<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>"],
  ["JSON", JSON.stringify({ error: "expired", video: "a.mp4" })],
  [
    "subtitles",
    "1\n00:00:00,000 --> 00:00:02,000\nHello\n\n2\n00:00:02,000 --> 00:00:04,000\nWorld\n",
  ],
  ["WebVTT", "WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n"],
  ["a git-lfs pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 12345\n"],
  ["zeros", "\0".repeat(10_000)],
  ["a zip archive", `PK\x03\x04\x14\0${"\0".repeat(200)}`],
])("%s under a video's name", async (_, content) => {
  for (const extension of ["mp4", "avi", "mkv", "ts", "mjpeg"]) {
    await expectRefusal(await write(`text.${extension}`, content), "ERR_NOT_A_VIDEO");
  }
});

test.each(["png", "jpeg", "tiff"] as const)(
  "a still picture (%s) under a video's name",
  async (format) => {
    const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: "red" } });
    const path = await write(`still-${format}.mp4`, await picture.toFormat(format).toBuffer());
    await expectRefusal(path, "ERR_NOT_A_VIDEO");
  },
);

test("sound alone", async () => {
  await expectRefusal(await write("sound.wav", silentWav()), "ERR_NO_VIDEO_STREAM");
  await expectRefusal(await write("sound.mp4", silentWav()), "ERR_NO_VIDEO_STREAM");
});

test("sound with a cover picture", async () => {
  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: "blue" } });
  const path = await write("song.mp3", mp3WithCover(await picture.jpeg().toBuffer()));
  await expectRefusal(path, "ERR_NO_VIDEO_STREAM");
  await expect(probeVideo(path)).rejects.toThrow("cover picture");
});

test("an .mp4 whose header is lost, wherever it was cut", async () => {
  const header = topBoxes(video).find(({ type }) => type === "moov")!;
  expect(header.end).toBe(video.length);
  for (const length of [16, 40, header.start >> 1, header.start]) {
    await expectRefusal(await write("cut.mp4", video.subarray(0, length)), "ERR_NOT_A_VIDEO");
  }
  // Up to where it says how the pictures are encoded, a part of the header is as good as none.
  for (let at = header.start; at < video.indexOf("stsd"); at += 7) {
    await expectRefusal(await write("cut.mp4", video.subarray(0, at)), "ERR_NOT_A_VIDEO");
  }
});

test("an .mp4 whose beginning is lost", async () => {
  const pictures = topBoxes(video).find(({ type }) => type === "mdat")!;
  for (const start of [1, pictures.start + 1, (pictures.start + pictures.end) >> 1]) {
    await expectRefusal(await write("tail.mp4", video.subarray(start)), "ERR_NOT_A_VIDEO");
  }
});

test("an .mp4 that has its header and not one picture", async () => {
  const streamable = withHeaderFirst(video);
  const { start } = topBoxes(streamable).find(({ type }) => type === "mdat")!;
  const path = await write("header-only.mp4", streamable.subarray(0, start + 8));
  await expect(sampleAll(path)).rejects.toMatchObject({ code: "ERR_NO_FRAMES", path });
});

test("damaged bytes give frames or an error with a code, never a crash", async () => {
  const place = fc.tuple(fc.nat(video.length - 1), fc.nat(255));
  const damage = fc.record({
    bytes: fc.array(place, { minLength: 1, maxLength: 20 }),
    length: fc.option(fc.integer({ min: 1, max: video.length })),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ bytes, length }) => {
      const damaged = Buffer.from(video);
      for (const [at, value] of bytes) damaged[at] = value;
      const path = await write("mutated.mp4", damaged.subarray(0, length ?? video.length));
      const frames = await sampleAll(path).catch((error: unknown) => error);
      if (frames !== 4) expect(frames).toBeInstanceOf(MuybridgeError);
    }),
    { numRuns: 150, seed: 1 },
  );
});

test.each(Object.entries(playlists))("a playlist (%s) is not followed", async (_, playlist) => {
  await write("real.mp4", video);
  await write("secret.txt", "the launch code is 0000\n");
  const targets = [
    "real.mp4",
    join(directory, "real.mp4"),
    `file:${join(directory, "real.mp4")}`,
    "secret.txt",
    join(directory, "secret.txt"),
    `http://127.0.0.1:${port}/real.mp4`,
  ];
  for (const target of targets) {
    for (const extension of ["mp4", "avi", "m3u8", "ts"]) {
      const path = await write(`list.${extension}`, playlist(target, port));
      await expectRefusal(path, "ERR_NOT_A_VIDEO");
      await expect(probeVideo(path)).rejects.not.toThrow("launch code");
    }
  }
  expect(await connectionsSeen()).toBe(0);
});

test("without the decoder's precautions the same playlist would reach the server", async () => {
  const list = playlists.HLS!(`http://127.0.0.1:${port}/real.ts`, port);
  const path = await write("reach.m3u8", list);
  const { lib } = await loadLibav();
  const options = lib.Dictionary.fromObject({ protocol_whitelist: "file,http,tcp" });
  const format = new lib.FormatContext();
  format.allocContext();
  if ((await format.openInput(path, null, options)) >= 0) await format.closeInput();
  options.free();
  expect(await connectionsSeen()).toBeGreaterThan(0);
});
