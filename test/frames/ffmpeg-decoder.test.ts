import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { createFfmpegDecoder } from "../../src/frames/ffmpeg-decoder.js";
import { findFfmpegPrograms } from "../../src/frames/ffmpeg-programs.js";
import { createDecoder } from "../../src/frames/open-decoder.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";
import { decodeAll } from "./decode-all.js";
import { smallOutput } from "./decoder-conformance.js";
import { ffmpegIsThere, runFfmpegProgram } from "./ffmpeg-program.js";
import { withHeaderFirst } from "./mp4-boxes.js";
import { middles, sampleNumbers, writeNumberedClip } from "./numbered-clip.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const isThere = ffmpegIsThere("how the ffmpeg program is found, run and ended");
const onLinux = process.platform === "linux";
const decoder = createFfmpegDecoder();
const clip = await writeNumberedClip(directory, { frames: 60 });

const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
  delete process.env.MUYBRIDGE_FFMPEG;
});

/** A long video of few bytes: 10,000 frames of 64 x 48 pixels. */
function writeLongVideo(): string {
  const path = join(directory, "long.mp4");
  if (!existsSync(path)) {
    const still = ["-f", "lavfi", "-i", "color=gray:size=64x48:rate=1000:duration=10"];
    runFfmpegProgram(...still, "-c:v", "libx264", "-preset", "ultrafast", path);
  }
  return path;
}

/** Processes that have this file on their command line. */
function processesOn(path: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return commandLine.includes(`file:${path}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function expectNoneOn(path: string): Promise<void> {
  await expect.poll(() => processesOn(path), { timeout: 30_000, interval: 50 }).toEqual([]);
}

test.skipIf(!isThere)("sampleFrames and createDecoder take it by name", async () => {
  expect(createDecoder("ffmpeg").name).toBe("ffmpeg");
  const { numbers } = await sampleNumbers(clip, { count: 6, decoder: "ffmpeg" });
  expect(numbers).toEqual(middles(60, 6));
});

test("a program that is missing is told with what to install", async () => {
  process.env.PATH = directory;
  const refusal = { code: "ERR_USAGE", parameter: "decoder" };
  await expect(decoder.probe(clip)).rejects.toMatchObject(refusal);
  await expect(sampleFrames(clip, { count: 1, decoder: "ffmpeg" }).next()).rejects.toThrow(
    /apt install ffmpeg/,
  );
  process.env.MUYBRIDGE_FFMPEG = join(directory, "no-such-program");
  await expect(decoder.probe(clip)).rejects.toThrow(/no-such-program/);
});

test.skipIf(!isThere || process.platform === "win32")(
  "MUYBRIDGE_FFMPEG names another program, and the ffprobe beside it is taken",
  async () => {
    const other = join(directory, "other");
    await mkdir(other);
    for (const name of ["my-ffmpeg", "my-ffprobe"]) {
      await writeFile(join(other, name), `#!/bin/sh\nexec ${name.slice(3)} "$@"\n`);
      await chmod(join(other, name), 0o755);
    }
    process.env.MUYBRIDGE_FFMPEG = join(other, "my-ffmpeg");
    expect(await findFfmpegPrograms()).toEqual({
      ffmpeg: join(other, "my-ffmpeg"),
      ffprobe: join(other, "my-ffprobe"),
    });
    expect((await sampleNumbers(clip, { count: 3, decoder: "ffmpeg" })).numbers).toEqual(
      middles(60, 3),
    );
  },
);

test.skipIf(!isThere || process.platform === "win32")(
  "a program that dies is told as such, with its last words",
  async () => {
    const other = join(directory, "dying");
    await mkdir(other);
    const script = '#!/bin/sh\necho "[error] the disk is on fire" >&2\nkill -SEGV $$\n';
    await writeFile(join(other, "ffmpeg"), script);
    await writeFile(join(other, "ffprobe"), '#!/bin/sh\nPATH=$REAL_PATH exec ffprobe "$@"\n');
    for (const name of ["ffmpeg", "ffprobe"]) await chmod(join(other, name), 0o755);
    process.env.REAL_PATH = PATH;
    process.env.MUYBRIDGE_FFMPEG = join(other, "ffmpeg");
    const reading = decodeAll(decoder, clip, [smallOutput({ count: 1 })]);
    await expect(reading).rejects.toMatchObject({ code: "ERR_DECODER_CRASHED", path: clip });
    await expect(reading).rejects.toThrow(/the disk is on fire/);
  },
);

test.skipIf(!isThere)("what the program says of a broken video is in the error", async () => {
  const streamable = withHeaderFirst(readFileSync(clip));
  const path = join(directory, "scrambled.mp4");
  await writeFile(path, streamable.fill(0xff, streamable.indexOf("mdat") + 4));
  const reading = decodeAll(decoder, path, [smallOutput({ count: 1 })]);
  await expect(reading).rejects.toMatchObject({ code: "ERR_NO_FRAMES", path });
  await expect(reading).rejects.toThrow(/The ffmpeg program says:\n.*(error|fatal)/s);
});

test.skipIf(!isThere || !onLinux)(
  "leaving the loop ends the program and closes its pipes",
  async () => {
    const path = writeLongVideo();
    const openFiles = (): number => readdirSync("/proc/self/fd").length;
    const read = async (): Promise<void> => {
      for await (const batch of decoder.decode(path, [smallOutput({ fps: 500 })])) {
        expect(processesOn(path)).toHaveLength(1);
        expect(batch.n).toBe(16);
        break;
      }
      expect(processesOn(path)).toEqual([]);
    };
    await read();
    const before = openFiles();
    for (let i = 0; i < 3; i++) await read();
    expect(openFiles()).toBeLessThanOrEqual(before);
  },
);

test.skipIf(!isThere || !onLinux)(
  "aborting ends the program, also while nobody reads",
  async () => {
    const path = writeLongVideo();
    const controller = new AbortController();
    const { signal } = controller;
    const reading = decoder.decode(path, [smallOutput({ fps: 500 })], { signal });
    await reading.next();
    expect(processesOn(path)).toHaveLength(1);
    controller.abort();
    await expectNoneOn(path);
    await expect(reading.next()).rejects.toMatchObject({ name: "AbortError" });
  },
);

test.skipIf(!isThere || !onLinux)(
  "a slow reader makes the program wait; memory stays flat",
  async () => {
    const path = writeLongVideo();
    // All frames together would be 1 GB.
    const output = smallOutput({ fps: 1000 }, { width: 192, height: 192 });
    const reading = decoder.decode(path, [output]);
    try {
      for (let i = 0; i < 4; i++) await reading.next();
      await sleep(300);
      const before = process.memoryUsage.rss();
      await sleep(700);
      expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
      const [pid] = processesOn(path);
      const ticks = (): number => {
        const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
        return Number(fields[11]) + Number(fields[12]);
      };
      const busy = ticks();
      await sleep(500);
      expect(ticks() - busy).toBeLessThanOrEqual(1);
      expect((await reading.next()).value).toMatchObject({ n: 16 });
    } finally {
      await reading.return();
    }
  },
);

/** A process that reads one batch and then does what it is told: waits forever, or goes on reading without end. */
function startReader(path: string, plan: string): ChildProcess {
  const built = fileURLToPath(new URL("../../dist/src/frames/ffmpeg-decoder.js", import.meta.url));
  const code = `
    import { createFfmpegDecoder } from ${JSON.stringify(built)};
    const output = { plan: ${plan}, width: 96, height: 96, pixelFormat: "rgb24", fit: "stretch" };
    const reading = createFfmpegDecoder().decode(${JSON.stringify(path)}, [output]);
    const first = reading.next();
    setInterval(() => {}, 1000);
    await first;
    process.stdout.write("read");
  `;
  return spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test.skipIf(!isThere || !onLinux)(
  "the program ends when its reader is killed, while it waits for it",
  async () => {
    const path = join(directory, "orphan-waiting.mp4");
    await copyFile(writeLongVideo(), path);
    const reader = startReader(path, "{ fps: 1000 }");
    await once(reader.stdout!, "data");
    expect(processesOn(path)).toHaveLength(1);
    reader.kill("SIGKILL");
    await expectNoneOn(path);
  },
);

test.skipIf(!isThere || !onLinux)(
  "the program ends when its reader is killed, while it looks for a frame far away",
  async () => {
    const path = join(directory, "orphan-looking.mp4");
    // 20,000 large frames, of which one is wanted: more work than the test waits for.
    const block = join(directory, "block.ts");
    runFfmpegProgram(
      ...["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25:duration=4"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "45", block],
    );
    await writeFile(path, Buffer.concat(Array<Buffer>(200).fill(readFileSync(block))));
    const reader = startReader(path, "{ count: 1 }");
    await expect.poll(() => processesOn(path).length, { timeout: 30_000 }).toBe(1);
    await expect
      .poll(() => processesOn(path).some((pid) => isDecoding(pid)), { timeout: 30_000 })
      .toBe(true);
    reader.kill("SIGKILL");
    await expectNoneOn(path);
  },
);

/** Whether a process is the ffmpeg program and not ffprobe. */
function isDecoding(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("rawvideo");
  } catch {
    return false;
  }
}
