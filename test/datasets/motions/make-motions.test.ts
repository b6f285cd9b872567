import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { motionClasses } from "../../../datasets/motions/actions.js";
import { drawTiming, frameRate, planMotions } from "../../../datasets/motions/clip-plan.js";
import { type MotionsDataset, makeMotions } from "../../../datasets/motions/make-motions.js";
import { renderMotionsClip } from "../../../datasets/motions/render-clip.js";
import { openDataset } from "../../../datasets/open-dataset.js";
import { sha256 } from "../../../src/core/digest.js";
import { probeVideo } from "../../../src/frames/probe-video.js";
import { sampleFrames } from "../../../src/frames/sample-frames.js";
import { temporaryDirectory } from "../../core/temporary-directory.js";
import { emptyFiles, fileTree } from "../file-tree.js";

/** One clip a class: as small as a data set gets. */
const options = { clipsPerClass: 1, seed: 11 } as const;
const plans = planMotions(options);

let root: string;
let made: MotionsDataset;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "muybridge-test-"));
  made = await makeMotions(join(root, "motions"), options);
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** Every file below a directory, with its digest. */
async function digestsOf(directory: string): Promise<Record<string, string>> {
  const paths = (await readdir(directory, { recursive: true })).sort();
  const digests: Record<string, string> = {};
  for (const path of paths) {
    const file = join(directory, path);
    if ((await stat(file)).isFile()) digests[path] = sha256(await readFile(file));
  }
  return digests;
}

test("what was made is told, and every class has its clip", async () => {
  expect(made).toEqual({
    directory: join(root, "motions"),
    manifest: join(root, "motions", "manifest.csv"),
    clips: motionClasses.length,
    classes: motionClasses,
    kept: 0,
  });
  const files = Object.keys(await digestsOf(made.directory));
  const visible = files.filter((path) => !path.startsWith("."));
  expect(visible).toEqual(
    ["manifest.csv", ...plans.map(({ label, name }) => join(label, `${name}.mp4`))].sort(),
  );
});

test("each clip is H.264 in mp4, 320 x 240, 25 frames a second, as long as planned", async () => {
  for (const { label, name, clipSeed } of plans) {
    const info = await probeVideo(join(made.directory, label, `${name}.mp4`));
    expect(info).toMatchObject({
      codec: "h264",
      width: 320,
      height: 240,
      frameRate: 25,
      rotation: 0,
    });
    expect(info.container).toContain("mp4");
    // Whole frames: half of one more or less.
    expect(Math.abs(info.duration - drawTiming(clipSeed).duration)).toBeLessThan(0.51 / frameRate);
    expect(info.duration).toBeGreaterThanOrEqual(1.98);
    expect(info.duration).toBeLessThanOrEqual(4.02);
  }
});

test("something moves in each clip, and no two clips are the same picture", async () => {
  const firsts = new Set<string>();
  for (const { label, name } of plans) {
    const path = join(made.directory, label, `${name}.mp4`);
    for await (const { frames, n } of sampleFrames(path, { count: 4, size: 32 })) {
      const size = frames.length / n;
      const pictures = Array.from({ length: n }, (_, index) =>
        sha256(frames.subarray(index * size, (index + 1) * size)),
      );
      expect(new Set(pictures).size).toBe(4);
      firsts.add(pictures[0]!);
    }
  }
  expect(firsts.size).toBe(plans.length);
});

test("the directory opens as a data set: classes, performers as groups, parts", async () => {
  const dataset = await openDataset(made.directory);
  expect(dataset.classes).toEqual(motionClasses);
  expect(dataset.warnings).toEqual([]);
  expect(dataset.items).toEqual(
    plans.map(({ label, name, performer, split }) => ({
      path: join(made.directory, label, `${name}.mp4`),
      name: `${label}/${name}.mp4`,
      label,
      group: `performer ${performer}`,
      split,
    })),
  );
  expect(await openDataset(made.manifest)).toMatchObject({ items: dataset.items });
});

test("a second run keeps every clip; one that is gone is made again, byte for byte", async () => {
  const before = await digestsOf(made.directory);
  const [first, ...others] = plans.map(({ label, name }) =>
    join(made.directory, label, `${name}.mp4`),
  );
  const timesOf = (): Promise<number[]> =>
    Promise.all(others.map(async (path) => (await stat(path)).mtimeMs));
  const times = await timesOf();
  expect(await makeMotions(made.directory, options)).toEqual({ ...made, kept: plans.length });
  await rm(first!);
  expect(await makeMotions(made.directory, options)).toEqual({ ...made, kept: plans.length - 1 });
  expect(await digestsOf(made.directory)).toEqual(before);
  expect(await timesOf()).toEqual(times);
});

test("an interrupted run leaves whole clips and no manifest, and goes on to the same bytes", async () => {
  const directory = await temporaryDirectory();
  const interruption = new AbortController();
  const renders: Promise<void>[] = [];
  const interrupted = makeMotions(directory, {
    ...options,
    jobs: 2,
    signal: interruption.signal,
    render: (plan, path, signal) => {
      const render = renderMotionsClip(plan, path, signal ? { signal } : {});
      renders.push(render);
      return render;
    },
    onProgress: ({ done }) => {
      if (done === 2) interruption.abort(new Error("enough"));
    },
  });
  await expect(interrupted).rejects.toThrow("enough");
  await Promise.allSettled(renders);
  expect(renders.length).toBeLessThan(plans.length);

  const whole = await digestsOf(made.directory);
  const part = await digestsOf(directory);
  const clips = Object.keys(part).filter((path) => path.endsWith(".mp4"));
  expect(clips.length).toBeGreaterThanOrEqual(2);
  // Neither a manifest nor anything half-written.
  expect(Object.keys(part)).toHaveLength(clips.length + 1);
  expect(whole).toMatchObject(part);

  const again = await makeMotions(directory, options);
  expect(again.kept).toBe(clips.length);
  expect(await digestsOf(directory)).toEqual(whole);
});

test("another seed is another clip of the same name", async () => {
  const [plan] = plans;
  const [other] = planMotions({ ...options, seed: options.seed + 1 });
  const path = join(await temporaryDirectory(), "clip.mp4");
  await renderMotionsClip(other!, path);
  expect(other!.name).toBe(plan!.name);
  const clip = join(made.directory, plan!.label, `${plan!.name}.mp4`);
  expect(sha256(await readFile(path))).not.toBe(sha256(await readFile(clip)));
});

test.each([
  ["seed", { ...options, seed: 12 }],
  ["number of clips", { ...options, clipsPerClass: 2 }],
])("a directory with a data set of another %s is left alone", async (_, other) => {
  const before = await digestsOf(made.directory);
  await expect(makeMotions(made.directory, other)).rejects.toMatchObject({
    code: "ERR_USAGE",
    path: made.directory,
    parameter: "out",
  });
  expect(await digestsOf(made.directory)).toEqual(before);
});

test("a directory with anything else in it is left alone", async () => {
  const directory = await fileTree(emptyFiles("thesis.tex"));
  await expect(makeMotions(directory, options)).rejects.toMatchObject({
    code: "ERR_USAGE",
    path: directory,
    message: expect.stringContaining("not empty"),
  });
  expect(await readdir(directory)).toEqual(["thesis.tex"]);
});

test("a file is no directory to write to", async () => {
  const path = join(await temporaryDirectory(), "motions");
  await writeFile(path, "");
  await expect(makeMotions(path, options)).rejects.toMatchObject({ code: "ERR_USAGE", path });
});
