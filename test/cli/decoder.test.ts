import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ffmpegIsThere } from "../frames/ffmpeg-program.js";
import { writeNumberedClip } from "../frames/numbered-clip.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { runProgram } from "./run-program.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const clip = await writeNumberedClip(root, { frames: 20 });
const isThere = ffmpegIsThere("commands with --decoder ffmpeg");

afterEach(() => {
  delete process.env.MUYBRIDGE_FFMPEG;
});

test.skipIf(!isThere)("probe tells the same by both decoders", async () => {
  const [one, two] = await Promise.all(
    ["libav", "ffmpeg"].map((name) =>
      runProgram(["probe", clip, "--json", "--decoder", name], { cacheDir }),
    ),
  );
  expect(JSON.parse(one!.stdout)).toMatchObject({ width: 64, codec: "h264", duration: 2 });
  expect(two).toEqual(one);
});

test.skipIf(!isThere)("features decodes by the program", async () => {
  const args = [
    "features",
    clip,
    "--out",
    join(root, "out"),
    "--decoder",
    "ffmpeg",
    "--count",
    "2",
  ];
  expect(await runProgram([...args, "--jobs", "1"], { cacheDir })).toMatchObject({ code: 0 });
});

test("without the program --decoder ffmpeg is wrong usage, told once", async () => {
  process.env.MUYBRIDGE_FFMPEG = join(root, "no-such-program");
  const args = ["probe", clip, clip, "--decoder", "ffmpeg"];
  // What the cache knows needs no program.
  const { code, stdout, stderr } = await runProgram(args, { cacheDir: join(root, "new-cache") });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr.match(/ERR_USAGE/g)).toHaveLength(1);
  expect(stderr).toMatch(/no-such-program.*apt install ffmpeg/s);
});

test("doctor tells of the program, and is content without it", async () => {
  process.env.MUYBRIDGE_FFMPEG = join(root, "no-such-program");
  const { code, stdout } = await runProgram(["doctor", "--json"], { cacheDir });
  expect(code).toBe(0);
  const findings = JSON.parse(stdout) as { part: string }[];
  expect(findings.find(({ part }) => part === "ffmpeg program")).toMatchObject({
    ok: false,
    optional: true,
    advice: "Only --decoder ffmpeg needs it.",
  });
  const { stdout: table } = await runProgram(["doctor"], { cacheDir });
  expect(table).toContain("not there");
  expect(table).not.toContain("MISSING");
});

test.skipIf(!isThere)("doctor tells the program's version and place", async () => {
  const { stdout } = await runProgram(["doctor", "--json"], { cacheDir });
  expect(stdout).toMatch(/FFmpeg [^,]+, \S+ffmpeg\S* and \S+ffprobe/);
});
