import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { checkDataset, type DatasetReport } from "../../datasets/check-dataset.js";
import { createDataset, type DatasetItem } from "../../datasets/dataset.js";
import { MuybridgeError } from "../../src/core/errors.js";
import type { ProgressEvent } from "../../src/core/progress.js";
import { createRandom } from "../../src/core/random.js";
import type { VideoInfo } from "../../src/frames/decoder.js";

/** A clip, and what would be found in its file. */
interface Clip extends Omit<DatasetItem, "path"> {
  /** Seconds; an error where it cannot be read. */
  readonly length?: number | Error;
  /** Default: one of its own. */
  readonly content?: string;
}

const info: Omit<VideoInfo, "duration"> = {
  width: 320,
  height: 240,
  frameRate: 25,
  rotation: 0,
  codec: "h264",
  container: "mov,mp4,m4a,3gp,3g2,mj2",
  pixelFormat: "yuv420p",
  hasAudio: false,
};

async function check(
  clips: readonly Clip[],
  { warnings = [], onProgress, signal }: CheckExtras = {},
): Promise<DatasetReport> {
  // Parts of one video have its file.
  const pathOf = (name: string): string => `/clips/${name.replace(/#.*/, "")}`;
  const byPath = new Map(clips.map((clip) => [pathOf(clip.name), clip]));
  const items = clips.map(({ length: _, content: __, ...item }) => ({
    ...item,
    path: pathOf(item.name),
  }));
  return checkDataset(createDataset("set", items, warnings), {
    probe: async (path) => {
      const { length = 3 } = byPath.get(path)!;
      if (length instanceof Error) throw length;
      return { ...info, duration: length };
    },
    digest: async (path) => byPath.get(path)!.content ?? path,
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
}

interface CheckExtras {
  readonly warnings?: readonly string[];
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly signal?: AbortSignal;
}

/** Clips of a class, of 2 to 4 seconds as in every other class. */
function clipsOf(label: string, count: number, more: Partial<Clip> = {}): Clip[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${label}/${index}.mp4`,
    label,
    length: 2 + (index % 5) / 2,
    ...more,
  }));
}

const messages = (report: DatasetReport, severity: "error" | "warning"): string[] =>
  report.findings.filter((finding) => finding.severity === severity).map(({ message }) => message);

const unreadable = new MuybridgeError("ERR_NOT_A_VIDEO", "It is empty (0 bytes).");

test("nothing is found in a data set without faults; its classes are summed up", async () => {
  const report = await check([
    ...clipsOf("walk", 10).map((clip, index) => ({
      ...clip,
      group: `person ${index % 5}`,
      split: (["train", "train", "train", "validation", "test"] as const)[index % 5]!,
    })),
    ...clipsOf("run", 5, { split: "train" }),
  ]);
  expect(report).toEqual({
    classes: [
      { label: "run", clips: 5, train: 5, validation: 0, test: 0, groups: 0, medianSeconds: 3 },
      { label: "walk", clips: 10, train: 6, validation: 2, test: 2, groups: 5, medianSeconds: 3 },
    ],
    findings: [],
  });
});

test("the same content in two parts, or under two labels, is an error that names the clips", async () => {
  const [walk, run] = [
    clipsOf("walk", 6, { split: "train" }),
    clipsOf("run", 6, { split: "train" }),
  ];
  const report = await check([
    ...walk,
    ...run,
    { name: "walk/copy.mp4", label: "walk", split: "test", content: "/clips/walk/0.mp4" },
    { name: "run/copy.mp4", label: "run", split: "train", content: "/clips/walk/1.mp4" },
    { name: "run/again.mp4", label: "run", split: "train", content: "/clips/run/2.mp4" },
  ]);
  expect(messages(report, "error")).toEqual([
    "the same content in different parts: walk/0.mp4, walk/copy.mp4",
    "the same content under different labels: walk/1.mp4, run/copy.mp4",
  ]);
  expect(messages(report, "warning")).toEqual([
    "the same content more than once: run/2.mp4, run/again.mp4",
  ]);
});

test("a group on two sides is an error", async () => {
  const report = await check([
    ...clipsOf("walk", 6, { split: "train", group: "anna" }),
    ...clipsOf("run", 6, { split: "train", group: "carl" }),
    { name: "walk/x.mp4", label: "walk", split: "test", group: "anna" },
    { name: "walk/y.mp4", label: "walk", split: "test", group: "dora" },
  ]);
  expect(messages(report, "error")).toEqual(["the group anna is in test and train"]);
});

test("a class without a training clip is an error", async () => {
  const report = await check([
    ...clipsOf("walk", 6, { split: "train" }),
    ...clipsOf("run", 6, { split: "test" }),
  ]);
  expect(messages(report, "error")).toEqual([
    "the class run has no training clip that can be read",
  ]);
});

test("a class whose clips cannot be read is an error, each of them a warning", async () => {
  const report = await check([
    ...clipsOf("walk", 6),
    { name: "run/a.mp4", label: "run", length: unreadable },
    { name: "run/b.mp4", label: "run", length: unreadable },
  ]);
  expect(messages(report, "error")).toEqual([
    "the class run has no training clip that can be read",
  ]);
  expect(messages(report, "warning")).toEqual([
    "unreadable (ERR_NOT_A_VIDEO): run/a.mp4",
    "unreadable (ERR_NOT_A_VIDEO): run/b.mp4",
  ]);
  expect(report.classes).toMatchObject([
    { label: "run", clips: 0, medianSeconds: 0 },
    { label: "walk", clips: 6 },
  ]);
});

test("clips of no part are training clips where others have one", async () => {
  const report = await check(
    [...clipsOf("walk", 8), ...clipsOf("run", 8)].map((clip, index) =>
      index % 8 < 2 ? { ...clip, split: "test" as const, group: "anna" } : clip,
    ),
  );
  expect(messages(report, "error")).toEqual([]);
  expect(report.classes).toMatchObject([
    { label: "run", train: 6, test: 2 },
    { label: "walk", train: 6, test: 2 },
  ]);
});

test("a length that tells the class is a cue, and is warned of with what to do", async () => {
  const clips = [...clipsOf("walk", 10), ...clipsOf("run", 10)];
  const told = await check(
    clips.map((clip) => ({
      ...clip,
      length: (clip.length as number) + (clip.label === "run" ? 4 : 0),
    })),
  );
  expect(messages(told, "warning")).toEqual([expect.stringMatching(/clip lengths.*--count/)]);
  expect((await check(clips)).findings).toEqual([]);
});

test("what few clips of few classes explain by chance is no cue", async () => {
  let told = 0;
  for (let seed = 0; seed < 40; seed++) {
    const random = createRandom(`lengths ${seed}`);
    const clips = ["walk", "run", "wave", "kick"].flatMap((label) =>
      clipsOf(label, 5).map((clip) => ({ ...clip, length: random.uniform(2, 4) })),
    );
    told += messages(await check(clips), "warning").length;
  }
  // η² alone is above 0.3 for one in nine of these, by chance.
  expect(told).toBeLessThanOrEqual(1);
});

test("parts of one video in different parts of the data set are an error, unless groups tell them apart", async () => {
  const part = (start: number, end: number, more: Partial<Clip> = {}): Clip => ({
    name: `long.mp4#t=${start},${end}`,
    label: "walk",
    length: 60,
    span: { start, end },
    ...more,
  });
  const others = [
    ...clipsOf("walk", 6, { split: "train" }),
    ...clipsOf("run", 6, { split: "train" }),
  ];
  const errorsOf = async (...parts: Clip[]): Promise<string[]> =>
    messages(await check([...others, ...parts]), "error");
  expect(await errorsOf(part(0, 3, { split: "train" }), part(3, 6, { split: "test" }))).toEqual([
    "one video in different parts: long.mp4#t=0,3, long.mp4#t=3,6",
  ]);
  expect(await errorsOf(part(0, 3, { split: "train" }), part(3, 6, { split: "train" }))).toEqual(
    [],
  );
  const anna = { split: "train", group: "anna" } as const;
  const ben = { split: "test", group: "ben" } as const;
  expect(await errorsOf(part(0, 3, anna), part(3, 6, ben))).toEqual([]);
  expect(await errorsOf(part(0, 3, anna), part(2, 6, ben))).toEqual([
    "one video in different parts: long.mp4#t=0,3, long.mp4#t=2,6",
  ]);
});

test("parts that begin behind the end, and that overlap under different labels, are warned of", async () => {
  const part = (label: string, start: number, end: number): Clip => ({
    name: `long.mp4#t=${start},${end}`,
    label,
    length: 10,
    span: { start, end },
  });
  const report = await check([
    ...clipsOf("walk", 6),
    ...clipsOf("run", 6),
    part("walk", 0, 3),
    part("run", 2, 5),
    part("run", 6, 8),
    part("run", 12, 14),
  ]);
  expect(messages(report, "warning")).toEqual([
    "begins after the end of its video, which is 10.00 s long: long.mp4#t=12,14",
    "parts of one video that overlap have different labels: long.mp4#t=0,3, long.mp4#t=2,5",
  ]);
  expect(messages(report, "error")).toEqual([]);
  expect(report.classes).toMatchObject([
    { label: "run", clips: 8 },
    { label: "walk", clips: 7 },
  ]);
});

test("clips of one length are no cue", async () => {
  const report = await check([
    ...clipsOf("walk", 6, { length: 3 }),
    ...clipsOf("run", 6, { length: 3 }),
  ]);
  expect(report.findings).toEqual([]);
});

test("few clips and very unequal classes are warned of", async () => {
  const report = await check([...clipsOf("walk", 30), ...clipsOf("run", 4)]);
  expect(messages(report, "warning")).toEqual([
    "the class run has only 4 clips",
    "classes have between 4 and 30 clips",
  ]);
});

test("what the data set warned of is told too, errors first", async () => {
  const report = await check(
    [...clipsOf("walk", 6, { split: "train" }), ...clipsOf("run", 6, { split: "test" })],
    { warnings: ["2 files are missing"] },
  );
  expect(report.findings).toEqual([
    { severity: "error", message: expect.stringContaining("run") },
    { severity: "warning", message: "2 files are missing" },
  ]);
});

test("the report does not depend on which file is read first", async () => {
  const clips: Clip[] = [
    ...clipsOf("walk", 5),
    { name: "walk/a.mp4", label: "walk", length: unreadable },
    { name: "walk/b.mp4", label: "walk", length: unreadable },
    { name: "walk/c.mp4", label: "walk", content: "same" },
    { name: "walk/d.mp4", label: "walk", content: "same" },
  ];
  const items = clips.map(({ name, label }) => ({ name, label, path: name }));
  const slow = await checkDataset(createDataset("set", items), {
    probe: async (path) => {
      const index = clips.findIndex(({ name }) => name === path);
      // Of those read at once the last is there first.
      await delay(8 * (clips.length - index));
      const { length = 3 } = clips[index]!;
      if (length instanceof Error) throw length;
      return { ...info, duration: length };
    },
    digest: async (path) => clips.find(({ name }) => name === path)?.content ?? `/clips/${path}`,
  });
  expect(slow).toEqual(await check(clips));
});

test("progress counts every clip, and those that failed", async () => {
  const events: ProgressEvent[] = [];
  await check([...clipsOf("walk", 6), { name: "walk/x.mp4", label: "walk", length: unreadable }], {
    onProgress: (event) => events.push(event),
  });
  expect(events.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(events.at(-1)).toMatchObject({ done: 7, total: 7, failed: 1, unit: "videos" });
});

test("an error that is no fault of a video, and an abort, end the check", async () => {
  const broken = new TypeError("a bug");
  await expect(
    check([...clipsOf("walk", 6), { name: "walk/x.mp4", label: "walk", length: broken }]),
  ).rejects.toBe(broken);
  const reason = new Error("enough");
  await expect(check(clipsOf("walk", 6), { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});
