import type { LabelledVideo, LabelResult, Segment } from "../label-result.js";
import { parseObject } from "./parse-object.js";
import { agreeAsFarAsTheyGo, type RecordFormat, type WrittenRecord } from "./record-format.js";

/**
 * Frames a second by which the ranges of a timeline are counted. Label Studio counts frames instead of seconds, at the
 * rate that its configuration names and whatever the video's own is; a task tells it as `fps`.
 */
export const timelineRate = 25;

/**
 * Tasks with predictions, as Label Studio imports them (https://labelstud.io/guide/predictions): an array with one
 * task a line. Its comma stands before a task, so that each line, once it is there, is complete.
 */
export const labelStudioFormat: RecordFormat = {
  opening: "[\n",
  closing: "]\n",
  before: (first) => (first ? "" : ","),
  record: (result) => `${JSON.stringify(toTask(result))}\n`,
  read: readLine,
  mayBegin: (line) => line === "]" || agreeAsFarAsTheyGo(withoutComma(line), '{"data":'),
};

/** A result as a task. */
export function toTask(result: LabelResult): object {
  const data = { video: result.path, fps: timelineRate };
  if ("error" in result) {
    return { data, meta: { error: result.error }, predictions: [] };
  }
  const { model, options, confidence, duration, frames } = result;
  const meta = {
    model,
    options,
    duration,
    frames,
    ...(result.truncated ? { truncated: true } : {}),
  };
  const prediction = {
    model_version: `muybridge ${model.slice(0, 16)}`,
    score: confidence,
    result: regions(result),
  };
  return { data, meta, predictions: [prediction] };
}

/** The label of the whole, and those of its segments where there are several. */
function regions({ label, confidence, segments }: LabelledVideo): object[] {
  const whole = {
    id: "label",
    from_name: "label",
    to_name: "video",
    type: "choices",
    value: { choices: [label] },
    score: confidence,
  };
  return segments.length > 1 ? [whole, ...segments.map(timelineRegion)] : [whole];
}

function timelineRegion(segment: Segment, index: number): object {
  // Frames are counted from 1, and the last one belongs to the range.
  const start = Math.round(segment.start * timelineRate) + 1;
  const end = Math.max(start, Math.round(segment.end * timelineRate));
  return {
    id: `segment-${index + 1}`,
    from_name: "segments",
    to_name: "video",
    type: "timelinelabels",
    value: { ranges: [{ start, end }], timelinelabels: [segment.label] },
    score: segment.confidence,
  };
}

function readLine(line: string): WrittenRecord | "frame" | undefined {
  if (line === "[" || line === "]") return "frame";
  const { data, meta, predictions } = parseObject(withoutComma(line)) ?? {};
  const { video } = (data ?? {}) as { video?: unknown };
  const { model, options, error } = (meta ?? {}) as Record<string, unknown>;
  if (typeof video !== "string" || !Array.isArray(predictions)) return undefined;
  if (error) return { path: video, failed: true };
  if (typeof model !== "string" || typeof options !== "string") return undefined;
  return { path: video, failed: false, model, options };
}

function withoutComma(line: string): string {
  return line.startsWith(",") ? line.slice(1) : line;
}
