import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/core/safetensors.js";
import { middles, writeNumberedClip } from "../frames/numbered-clip.js";
import { numberedPicture, writeAnimation, writeNumberedPictures } from "../frames/picture-files.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { type ProgramOptions, type ProgramResult, runProgram } from "./run-program.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const clips = join(root, "clips");

const run = (args: readonly string[], options: Partial<ProgramOptions> = {}) =>
  runProgram(args, { cacheDir, ...options });
const lines = ({ stdout }: ProgramResult): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The numbers that pictures tell by their brightness. */
async function numbersIn(files: readonly string[]): Promise<number[]> {
  return Promise.all(
    files.map(async (file) => {
      const pixels = await sharp(file).raw().toBuffer();
      return Math.round(pixels[0]! / 4) - 3;
    }),
  );
}

beforeAll(async () => {
  const clip = await writeNumberedClip(root, { frames: 40 });
  await mkdir(join(clips, "a"), { recursive: true });
  await mkdir(join(clips, "b"));
  await cp(clip, join(clips, "a", "x.mp4"));
  await cp(clip, join(clips, "b", "x.mp4"));
  await writeFile(join(clips, "b", "bad.mp4"), "no video");
});

describe("frames", () => {
  test("writes 16 pictures a video, keeping the folders; a bad video does not stop the others", async () => {
    const out = join(root, "usual");
    const result = await run(["frames", clips, "--out", out, "--json", "--sheet"]);
    expect(result.code).toBe(3);
    expect(result.stderr).toMatch(/ERR_NOT_A_VIDEO: .*bad\.mp4/);
    expect(result.stderr).toMatch(/32 frames of 2 videos in .*, 1 failed/);
    const [first, bad, second] = lines(result);
    expect(bad).toMatchObject({
      path: join(clips, "b", "bad.mp4"),
      error: { code: "ERR_NOT_A_VIDEO" },
    });
    const files = Array.from({ length: 16 }, (_, i) => `${String(i + 1).padStart(6, "0")}.jpg`);
    for (const [line, folder] of [
      [first, "a"],
      [second, "b"],
    ] as const) {
      expect(line).toMatchObject({
        path: join(clips, folder, "x.mp4"),
        out: join(out, folder, "x"),
        frames: 16,
        width: 64,
        height: 48,
        duration: 4,
        files: files.map((name) => join(out, folder, "x", name)),
        timestamps: middles(40, 16).map((i) => i / 10),
        sheet: join(out, folder, "x.sheet.jpg"),
      });
      expect(line).not.toHaveProperty("truncated");
      expect((await readdir(join(out, folder, "x"))).sort()).toEqual(files);
    }
    expect(await numbersIn(first!.files as string[])).toEqual(middles(40, 16));
    expect(await sharp(join(out, "a", "x", files[0]!)).metadata()).toMatchObject({
      format: "jpeg",
      width: 64,
      height: 48,
    });
    expect((await readdir(out)).sort()).toEqual(["a", "b"]);
    expect((await readdir(join(out, "b"))).sort()).toEqual(["x", "x.sheet.jpg"]);
    expect(await sharp(join(out, "b", "x.sheet.jpg")).metadata()).toMatchObject({ format: "jpeg" });
  });

  test("a second run, with other options, replaces the frames of the first and leaves other files alone", async () => {
    const out = join(root, "twice");
    const video = join(clips, "a", "x.mp4");
    await run(["frames", video, "--out", out, "--count", "5"]);
    await writeFile(join(out, "x", "notes.txt"), "mine");
    await writeFile(join(out, "x", "cover.jpg"), "mine");
    const options = ["--fps", "2", "--start", "1", "--end", "2", "--size", "40", "--fit", "pad"];
    const again = await run([
      "frames",
      video,
      "--out",
      out,
      "--format",
      "png",
      "--json",
      ...options,
    ]);
    expect(lines(again)).toMatchObject([{ width: 40, height: 40, timestamps: [1, 1.5] }]);
    expect((await readdir(join(out, "x"))).sort()).toEqual([
      "000001.png",
      "000002.png",
      "cover.jpg",
      "notes.txt",
    ]);
    expect(await readdir(out)).toEqual(["x"]);
  });

  test("what cannot be written to is wrong usage", async () => {
    const file = join(root, "file");
    await writeFile(file, "");
    const result = await run(["frames", join(clips, "a", "x.mp4"), "--out", join(file, "out")]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^ERR_USAGE: /);
  });

  test("Ctrl-C leaves no half-written directory", async () => {
    const many = join(root, "many");
    await mkdir(many);
    for (let i = 0; i < 60; i++) await cp(join(clips, "a", "x.mp4"), join(many, `${100 + i}.mp4`));
    const out = join(root, "interrupted");
    const { code } = await run(["frames", many, "--out", out, "--fps", "10", "--size", "400"], {
      onStart: (child) => {
        void (async () => {
          while (!existsSync(join(out, "101"))) await sleep(20);
          child.kill("SIGINT");
        })();
      },
    });
    expect(code).toBe(130);
    const done = await readdir(out);
    expect(done.filter((name) => name.startsWith("."))).toEqual([]);
    expect(done).toContain("101");
    expect(done.length).toBeLessThan(60);
    for (const name of done) expect(await readdir(join(out, name))).toHaveLength(40);
  });
});

describe("pictures as videos", () => {
  test("features of images:DIR are kept until a picture changes", async () => {
    const shots = await writeNumberedPictures(join(root, "shots.v1"), 6);
    const cached = async (): Promise<unknown> => {
      const options = ["--out", join(root, "features"), "--count", "4", "--json"];
      const result = await run(["features", `images:${shots}?fps=10`, ...options]);
      expect(result.code).toBe(0);
      return lines(result)[0]!.cached;
    };
    expect(await cached()).toEqual({ frames: false, features: false });
    expect(await cached()).toEqual({ frames: true, features: true });
    const file = join(root, "features", "shots.v1.safetensors");
    const tensors = decodeSafetensors(await readFile(file));
    expect(tensors.get("features")!.shape).toEqual([4, 1280]);
    expect([...tensors.get("timestamps")!.data]).toEqual(middles(6, 4).map((i) => i / 10));
    await numberedPicture(30).png().toFile(join(shots, "img5.png"));
    expect(await cached()).toEqual({ frames: false, features: false });
  });

  test("probe and frames take them beside videos; a wrong one is told with its name", async () => {
    const shots = await writeNumberedPictures(join(root, "take", "1"), 5);
    const gif = await writeAnimation(join(root, "take", "2.gif"), [100, 100, 200]);
    const inputs = [`images:${shots}?fps=5`, gif, `images:${join(root, "nowhere")}`];
    const probed = await run(["probe", ...inputs, "--json"]);
    expect(probed.code).toBe(3);
    expect(lines(probed)).toMatchObject([
      { path: inputs[0], duration: 1, frameRate: 5, container: "images", codec: "png" },
      { path: gif, duration: 0.4, container: "gif" },
      { path: inputs[2], error: { code: "ERR_FILE_NOT_FOUND" } },
    ]);
    const out = join(root, "taken");
    const written = await run(["frames", ...inputs, "--out", out, "--keyframes", "--json"]);
    expect(written.code).toBe(3);
    const [sequence, animation, missing] = lines(written);
    expect(sequence).toMatchObject({
      out: join(out, "take", "1"),
      timestamps: [0, 0.2, 0.4, 0.6, 0.8],
    });
    expect(await numbersIn(sequence!.files as string[])).toEqual([0, 1, 2, 3, 4]);
    expect(animation).toMatchObject({ out: join(out, "take", "2"), timestamps: [0, 0.1, 0.2] });
    expect(missing).toMatchObject({ error: { code: "ERR_FILE_NOT_FOUND" } });
    const wrong = await run(["frames", "images:x?fps=none", "--out", out]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/ERR_USAGE: images:x\?fps=none/);
  });
});
