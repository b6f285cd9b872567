import { stat } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { readBoundedFile } from "../src/core/bounded-file.js";
import { MuybridgeError, messageOf } from "../src/core/errors.js";
import { parseStrictJson } from "../src/core/strict-json.js";
import type { Span } from "../src/frames/decoder.js";
import { probeVideo } from "../src/frames/probe-video.js";
import { spanFragment } from "../src/frames/span.js";
import { isVideoFile } from "../src/frames/video-files.js";
import { type AdapterOptions, type DatasetAdapter, tellMissing } from "./adapter.js";
import { createDataset, type Dataset, type DatasetItem } from "./dataset.js";

/**
 * What people have labelled in Label Studio, exported as JSON: a label on the timeline is that of a span, a choice
 * that of the whole video, where it has no spans. Predictions that nobody has looked at are no labels, cancelled
 * annotations neither.
 */
export const labelStudio: DatasetAdapter = {
  prefix: "labelstudio",
  place: "file",
  options: ["videos"],
  open: openLabelStudio,
};

/** Largest export that is read, in bytes. */
const maxExportSize = 1 << 28;

/** Longest path, in characters, as of a manifest. */
const maxPathLength = 8192;

const text = z.string().min(1).max(1000);
const labels = z.array(text).max(1000).optional();
const seconds = z.number().min(0);

/** The parts of an export that are read. https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks */
const tasksSchema = z.array(
  z.object({
    data: z.record(z.string(), z.unknown()),
    annotations: z
      .array(
        z.object({
          was_cancelled: z.boolean().nullish(),
          result: z.array(
            z.object({
              type: z.string(),
              value: z.object({
                choices: labels,
                timelinelabels: labels,
                /** Frames, counted from 1, both ends included. */
                ranges: z
                  .array(z.object({ start: z.number().min(0), end: z.number().min(0) }))
                  .optional(),
                labels,
                start: seconds.optional(),
                end: seconds.optional(),
              }),
            }),
          ),
        }),
      )
      .default([]),
  }),
);

type Task = z.infer<typeof tasksSchema>[number];
type Value = Task["annotations"][number]["result"][number]["value"];

async function openLabelStudio(path: string, { videos }: AdapterOptions): Promise<Dataset> {
  const tasks = await readTasks(path);
  const folder = resolve(videos ?? dirname(path));
  const items: DatasetItem[] = [];
  const missing: string[] = [];
  let unlabelled = 0;
  for (const [index, task] of tasks.entries()) {
    const named = videoOf(task);
    if (named === undefined) {
      throw invalid(path, `task ${index + 1} names no video in its data`);
    }
    const values = task.annotations
      .filter(({ was_cancelled: cancelled }) => !cancelled)
      .flatMap(({ result }) => result.map(({ value }) => value));
    const file = await findFile(folder, named);
    if (file === undefined) {
      missing.push(named);
      continue;
    }
    const seen = new Set<string>();
    for (const { label, span } of await labelsOf(file.path, task, values)) {
      const name = `${file.name}${spanFragment(span)}`;
      // Two people may have said the same.
      if (seen.has(`${name} ${label}`)) continue;
      seen.add(`${name} ${label}`);
      items.push({ path: file.path, name, label, ...(span ? { span } : {}) });
    }
    if (seen.size === 0) unlabelled += 1;
  }
  const { warnings, details } = tellMissing(missing, tasks.length);
  return createDataset(
    `labelstudio:${path}`,
    items,
    [
      ...warnings,
      ...(unlabelled > 0 ? [`${unlabelled} tasks have no label and are left out.`] : []),
    ],
    details,
  );
}

async function readTasks(path: string): Promise<Task[]> {
  const bytes = await readBoundedFile(path, maxExportSize, (why) => invalid(path, `it ${why}`));
  let read: unknown;
  try {
    read = parseStrictJson(bytes.toString("utf8"));
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
  const result = tasksSchema.safeParse(read);
  if (result.success) return result.data;
  const { path: at = [], message = "" } = result.error.issues[0] ?? {};
  throw invalid(path, `${at.join(".") || "the whole"}: ${message}; export as JSON, not JSON-MIN`);
}

/** The video of a task: its field `video`, or another one that holds a video's name. */
function videoOf({ data }: Task): string | undefined {
  const candidates = [data.video, ...Object.values(data)].filter(
    (value): value is string => typeof value === "string" && value.length <= maxPathLength,
  );
  return candidates.map(pathIn).find((name) => isVideoFile(name));
}

/** The path in what Label Studio serves a file by: /data/local-files/?d=PATH, /data/upload/…, a URL, or a path. */
function pathIn(served: string): string {
  const local = /[?&]d=([^&]+)/.exec(served)?.[1];
  const path = local ?? served.replace(/^[a-z][a-z0-9]*:\/\/[^/]*\//i, "").replace(/[?#].*$/, "");
  try {
    return decodeURIComponent(path);
  } catch {
    // A per cent sign that encodes nothing is one of the name.
    return path;
  }
}

/** The file of that path, or of its end; an uploaded one has eight digits put before its name. */
async function findFile(
  folder: string,
  named: string,
): Promise<{ path: string; name: string } | undefined> {
  const parts = named.split("/").filter(Boolean);
  const tails = parts.map((_, index) => parts.slice(index).join("/"));
  const bare = parts.at(-1)?.replace(/^[0-9a-f]{8}-/, "");
  for (const name of [...(isAbsolute(named) ? [named] : []), ...tails, ...(bare ? [bare] : [])]) {
    const path = resolve(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile()) return { path, name };
  }
  return undefined;
}

/** What a task's values say: labels of the whole video, and of spans of it. */
async function labelsOf(
  path: string,
  { data: { fps } }: Task,
  values: readonly Value[],
): Promise<{ readonly label: string; readonly span?: Span }[]> {
  const hasFrames = values.some(({ ranges }) => ranges !== undefined && ranges.length > 0);
  // Frames are numbered by the rate that the project names: the task's `fps`, or else what is to be the video's own.
  const told = typeof fps === "number" && fps > 0 && fps <= 1000 ? fps : undefined;
  const rate = told ?? (hasFrames ? await frameRateOf(path) : undefined);
  const spans = values.flatMap((value) => {
    const { timelinelabels = [], ranges = [], labels: named = [] } = value;
    const { start, end } = value;
    const byFrames = ranges.flatMap((range) => {
      if (rate === undefined || range.end < Math.max(range.start, 1)) return [];
      const span = { start: Math.max(range.start - 1, 0) / rate, end: range.end / rate };
      return timelinelabels.map((label) => ({ label, span }));
    });
    const byTime =
      start !== undefined && end !== undefined && end > start
        ? named.map((label) => ({ label, span: { start, end } }))
        : [];
    return [...byFrames, ...byTime];
  });
  // Beside them a label of the whole would be one of the same frames again.
  return spans.length > 0
    ? spans
    : values.flatMap(({ choices = [] }) => choices.map((label) => ({ label })));
}

/** Frames a second; undefined where the video cannot be read, which is told where it is used. */
async function frameRateOf(path: string): Promise<number | undefined> {
  const info = await probeVideo(path).catch((error: unknown) => {
    if (error instanceof MuybridgeError) return undefined;
    throw error;
  });
  return info && info.frameRate > 0 ? info.frameRate : undefined;
}

function invalid(path: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError(
    "ERR_DATASET_INVALID",
    `The Label Studio export ${path} cannot be used: ${why}.`,
    { path, cause },
  );
}
