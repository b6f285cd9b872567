import type { LabelResult, Segment } from "../label-result.js";
import { parseObject } from "./parse-object.js";
import type { WrittenRecord } from "./record-format.js";

/** What opens the note by which a file is known again. */
const noteMark = "NOTE muybridge ";

/** A result as subtitles (WebVTT, https://www.w3.org/TR/webvtt1/): a cue a segment; of a failed video a note alone. */
export function toWebVtt(result: LabelResult): string {
  const facts =
    "error" in result
      ? { path: result.path, error: result.error }
      : { path: result.path, model: result.model, options: result.options };
  const cues = "error" in result ? [] : result.segments.map(cue);
  // JSON has no line breaks; an arrow would end a note.
  const note = noteMark + JSON.stringify(facts).replaceAll(">", "\\u003e");
  return `${["WEBVTT", note, ...cues].join("\n\n")}\n`;
}

/** What a file says of itself, or undefined where `label` did not write it. */
export function readWebVtt(text: string): WrittenRecord | undefined {
  const note = text.split("\n", 3)[2];
  if (!text.startsWith("WEBVTT\n\n") || !note?.startsWith(noteMark)) return undefined;
  const { path, error, model, options } = parseObject(note.slice(noteMark.length)) ?? {};
  if (typeof path !== "string") return undefined;
  if (error) return { path, failed: true };
  if (typeof model !== "string" || typeof options !== "string") return undefined;
  return { path, failed: false, model, options };
}

function cue({ start, end, label, confidence }: Segment, index: number): string {
  const begin = Math.round(start * 1000);
  // A cue must not end where it begins.
  const finish = Math.max(begin + 1, Math.round(end * 1000));
  const percent = Number((100 * confidence).toFixed(1));
  return `${index + 1}\n${time(begin)} --> ${time(finish)}\n${escapeText(label)} (${percent} %)`;
}

/** Milliseconds as hours:minutes:seconds. */
function time(milliseconds: number): string {
  const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");
  const seconds = Math.floor(milliseconds / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}.${pad(milliseconds % 1000, 3)}`;
}

/** Text of a cue: an empty line would end it, and < and & begin tags and entities. */
function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\r\n]+/g, " ");
}
