import type { LabelledResult, Part } from "../server/messages.js";

/** A part of a video with both its ends; seconds. */
export interface TimedPart {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** Seconds below which no part is made. */
export const shortestPart = 0.05;

/** What is said of a video, in order of time: by people, or else by the model. */
export function timedParts(
  said: readonly Part[] | undefined,
  result: LabelledResult | undefined,
  duration: number,
): TimedPart[] {
  const parts: readonly Part[] = said ?? result?.segments ?? [];
  return parts
    .map(({ label, start = 0, end = duration }) => ({ label, start, end }))
    .sort((a, b) => a.start - b.start);
}

/** As it is kept: a part that is all of its video has no ends. */
export function keptParts(parts: readonly TimedPart[], duration: number): Part[] {
  const [only] = parts;
  const isWhole = parts.length === 1 && only!.start <= 0 && only!.end >= duration - 0.01;
  if (isWhole) return [{ label: only!.label }];
  return parts.map(({ label, start, end }) => ({ label, start: toMs(start), end: toMs(end) }));
}

/** The part at a time, or -1. */
export function partAt(parts: readonly TimedPart[], time: number): number {
  const inside = parts.findIndex(({ start, end }) => time >= start && time < end);
  // The very end belongs to the part that ends there.
  return inside >= 0 ? inside : parts.findIndex(({ end }) => time === end);
}

/** Gives a part another label. */
export function withLabel(parts: readonly TimedPart[], index: number, label: string): TimedPart[] {
  return parts.map((part, i) => (i === index ? { ...part, label } : part));
}

/**
 * Moves an end of a part, as far as its neighbours let it; a neighbour that it shares the end with goes along.
 */
export function withEnd(
  parts: readonly TimedPart[],
  index: number,
  end: "start" | "end",
  time: number,
  duration: number,
): TimedPart[] {
  const own = parts[index]!;
  const other = parts[end === "start" ? index - 1 : index + 1];
  const isShared = other !== undefined && other[opposite(end)] === own[end];
  const [low, high] =
    end === "start"
      ? [isShared ? other.start + shortestPart : (other?.end ?? 0), own.end - shortestPart]
      : [
          own.start + shortestPart,
          isShared ? other.end - shortestPart : (other?.start ?? duration),
        ];
  const moved = toMs(Math.min(Math.max(time, low), high));
  return parts.map((part, i) => {
    if (i === index) return { ...part, [end]: moved };
    return isShared && part === other ? { ...part, [opposite(end)]: moved } : part;
  });
}

/** Cuts the part at a time in two. */
export function split(parts: readonly TimedPart[], time: number): TimedPart[] {
  const index = partAt(parts, time);
  const part = parts[index];
  const at = toMs(time);
  if (!part || at - part.start < shortestPart || part.end - at < shortestPart) return [...parts];
  return [
    ...parts.slice(0, index),
    { ...part, end: at },
    { ...part, start: at },
    ...parts.slice(index + 1),
  ];
}

function opposite(end: "start" | "end"): "start" | "end" {
  return end === "start" ? "end" : "start";
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
