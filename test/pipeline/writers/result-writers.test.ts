import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import type { LabelResult } from "../../../src/pipeline/label-result.js";
import { openResultWriter } from "../../../src/pipeline/writers/open-result-writer.js";
import type { ResultFormatName } from "../../../src/pipeline/writers/result-writer.js";
import { temporaryDirectory } from "../../core/temporary-directory.js";
import { labelled, origin, results } from "./awkward-results.js";
import { readSubtitles } from "./subtitles.js";
import { describeWriter, type ReadResult, textOf, writeAll } from "./writer-conformance.js";

const oneFile = (name: string) => ({
  out: (directory: string) => join(directory, name),
  texts: async (path: string) => [await textOf(path)],
});

describeWriter({
  format: "jsonl",
  ...oneFile("labels.jsonl"),
  read: ([text]) =>
    text!
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ path, label, segments, error }) => ({
        path,
        label,
        error: error?.code,
        ...(segments
          ? {
              segments: segments.map(({ start, end, label: own }: ReadSegment) => ({
                start,
                end,
                label: own,
              })),
            }
          : {}),
      })),
});

describeWriter({
  format: "csv",
  ...oneFile("labels.csv"),
  read: ([text]) =>
    (parse(text!, { columns: true, record_delimiter: "\r\n" }) as Record<string, string>[]).map(
      ({ path, label, error_code }): ReadResult => ({
        path: path!,
        ...(label ? { label } : {}),
        ...(error_code ? { error: error_code } : {}),
      }),
    ),
});

describeWriter({
  format: "labelstudio",
  ...oneFile("tasks.json"),
  read: ([text]) => (JSON.parse(text!) as Task[]).map(readTask),
});

describeWriter({
  format: "vtt",
  out: (directory) => join(directory, "subtitles"),
  texts: (path, count) =>
    Promise.all(Array.from({ length: count }, (_, i) => textOf(join(path, `${i}/name.vtt`)))),
  read: (texts) => texts.map(readSubtitles),
});

interface ReadSegment {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

interface Task {
  readonly data: { readonly video: string; readonly fps: number };
  readonly meta: { readonly error?: { readonly code: string } };
  readonly predictions: readonly { readonly result: readonly Region[] }[];
}

interface Region {
  readonly type: string;
  readonly value: {
    readonly choices?: readonly string[];
    readonly ranges?: readonly { readonly start: number; readonly end: number }[];
    readonly timelinelabels?: readonly string[];
  };
}

/** As Label Studio takes it: frames are counted from 1, both ends belong to a range. */
function readTask({ data, meta, predictions }: Task): ReadResult {
  const regions = predictions[0]?.result ?? [];
  const choice = regions.find(({ type }) => type === "choices")?.value.choices?.[0];
  const segments = regions
    .filter(({ type }) => type === "timelinelabels")
    .map(({ value }) => ({
      start: (value.ranges![0]!.start - 1) / data.fps,
      end: value.ranges![0]!.end / data.fps,
      label: value.timelinelabels![0]!,
    }));
  return {
    path: data.video,
    ...(choice === undefined ? {} : { label: choice }),
    ...(meta.error ? { error: meta.error.code } : {}),
    ...(segments.length > 0 ? { segments } : {}),
  };
}

describe.each(["jsonl", "csv", "labelstudio"] as const)("%s, cut off", (format) => {
  const few: readonly LabelResult[] = [
    { ...labelled('a,"\n.mp4', "b"), top: [], segments: [] },
    { path: "c", error: { code: "ERR_TIMEOUT", message: '"\r\n,' } },
    { ...labelled("📼", "]"), top: [], segments: [] },
  ];

  test("at any byte: the whole lines stay, the rest is written again", async () => {
    const directory = await temporaryDirectory();
    const target = join(directory, "out");
    await writeAll(format, target, few);
    const whole = await readFile(target);
    const lengths: number[] = [];
    for (let cut = 0; cut <= whole.length; cut++) {
      await writeFile(target, whole.subarray(0, cut));
      const written = await writeAll(format, target, few, origin);
      lengths.push(written.length);
      expect(written, `cut at ${cut}`).toEqual(few.slice(few.length - written.length));
      expect((await readFile(target)).equals(whole), `cut at ${cut}`).toBe(true);
    }
    // The more is there, the less is written.
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    expect([lengths[0], lengths.at(-1)]).toEqual([few.length, 0]);
  });

  test("the file is valid after every result, as if it had been closed", async () => {
    const directory = await temporaryDirectory();
    const [open, closed] = [join(directory, "open"), join(directory, "closed")];
    const writer = await openResultWriter(format, open);
    for (let count = 0; count <= few.length; count++) {
      await writeAll(format, closed, few.slice(0, count));
      expect(await readFile(open, "utf8")).toBe(await readFile(closed, "utf8"));
      if (count < few.length) await writer.write(few[count]!);
    }
    await writer.close();
  });

  test.each([
    ["other text", "Dear diary,\n"],
    ["other text without a line break", "hello"],
    ["other JSON", '{"name":"muybridge"}\n'],
    ["zeros", "\0".repeat(100)],
  ])("a file of %s is refused, and left as it is", async (_, content) => {
    const target = join(await temporaryDirectory(), "out");
    await writeFile(target, content);
    await expect(writeAll(format, target, few, origin)).rejects.toMatchObject({
      code: "ERR_USAGE",
      message: expect.stringMatching(/Line 1 of .*out is no result/),
    });
    expect(await readFile(target, "utf8")).toBe(content);
  });

  test("a line that is none between others is told by its number", async () => {
    const target = join(await temporaryDirectory(), "out");
    await writeAll(format, target, few);
    const whole = await readFile(target, "utf8");
    // Twice the same: what follows is no longer the end.
    await writeFile(target, `${whole}nonsense\n${whole}`);
    await expect(writeAll(format, target, few, origin)).rejects.toMatchObject({
      code: "ERR_USAGE",
      message: expect.stringMatching(/Line \d+ of/),
    });
  });
});

test("what looks broken at the end, with its line break or without it, is cut off", async () => {
  const target = join(await temporaryDirectory(), "out");
  await writeAll("jsonl", target, results.slice(0, 2));
  const whole = await readFile(target, "utf8");
  for (const tail of ['{"path":"plain', '{"path":"plain\n', "\0\0\0", "\n"]) {
    await writeFile(target, whole + tail);
    expect(await writeAll("jsonl", target, results.slice(0, 2), origin)).toEqual([]);
    expect(await readFile(target, "utf8")).toBe(whole);
  }
});

describe("WebVTT", () => {
  test("one video goes to one file; several need a directory", async () => {
    const directory = await temporaryDirectory();
    const out = join(directory, "a.vtt");
    await writeAll("vtt", out, [labelled("a.mp4", "sit-down")]);
    expect(readSubtitles(await readFile(out, "utf8"))).toMatchObject({ label: "sit-down" });
    for (const place of [out, undefined]) {
      const opened = openResultWriter("vtt", place, { paths: ["a.mp4", "b.mp4"] });
      await expect(opened).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "out" });
    }
  });

  test("times go beyond the hour, and a cue of no length lasts a millisecond", async () => {
    const out = join(await temporaryDirectory(), "a.vtt");
    const segments = [
      { start: 3599.9996, end: 3661.0049, label: "a", confidence: 1 },
      { start: 360_000, end: 360_000, label: "b", confidence: 0.5 },
    ];
    await writeAll("vtt", out, [{ ...labelled("a.mp4", "a"), segments }]);
    const text = await readFile(out, "utf8");
    expect(text).toContain("\n01:00:00.000 --> 01:01:01.005\na (100 %)\n");
    expect(text).toContain("\n100:00:00.000 --> 100:00:00.001\nb (50 %)\n");
  });

  test("subtitles of another video, or by another hand, do not stand for a result", async () => {
    const out = join(await temporaryDirectory(), "a.vtt");
    const wanted = [labelled("a.mp4", "a")];
    for (const text of ["WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", "", "nonsense"]) {
      await writeFile(out, text);
      expect(await writeAll("vtt", out, wanted, origin)).toEqual(wanted);
      expect(await writeAll("vtt", out, wanted, origin)).toEqual([]);
    }
    const other = [labelled("sub/a.mp4", "a")];
    expect(await writeAll("vtt", out, other, origin)).toEqual(other);
  });
});

test.each<ResultFormatName>(["jsonl", "csv", "vtt", "labelstudio"])(
  "%s cannot be resumed on standard output",
  async (format) => {
    await expect(openResultWriter(format, undefined, { resume: origin })).rejects.toMatchObject({
      code: "ERR_USAGE",
      message: expect.stringContaining("--out"),
    });
  },
);
