/** A cue of a WebVTT file. */
export interface Cue {
  /** Seconds. */
  readonly start: number;
  /** Seconds. */
  readonly end: number;
  /** What it shows, without tags, its lines joined by blanks. */
  readonly text: string;
}

/** Characters that WebVTT writes as names. */
const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  nbsp: "\u00A0",
  lrm: "\u200E",
  rlm: "\u200F",
};

/**
 * The cues of a WebVTT file (W3C WebVTT, "file structure"): comments, styles, regions, names of cues and their
 * settings are passed over.
 *
 * @throws RangeError naming the line where it is no WebVTT file, or a cue ends before it begins.
 */
export function parseWebVtt(text: string): Cue[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  if (!/^WEBVTT([ \t]|$)/.test(lines[0] ?? "")) {
    throw new RangeError('line 1 is not "WEBVTT"');
  }
  const cues: Cue[] = [];
  for (let i = 1; i < lines.length; i++) {
    const at = lines[i]!.indexOf("-->");
    if (at < 0) continue;
    const timing = /^\s*([\d:.]+)\s*-->\s*([\d:.]+)(\s.*)?$/.exec(lines[i]!);
    const start = secondsOf(timing?.[1]);
    const end = secondsOf(timing?.[2]);
    if (start === undefined || end === undefined || end <= start) {
      throw new RangeError(`line ${i + 1} has no time span, as 00:01.500 --> 00:04.000`);
    }
    const payload: string[] = [];
    // A line with an arrow is the next cue's, also where the blank line before it is missing.
    while (i + 1 < lines.length && lines[i + 1] !== "" && !lines[i + 1]!.includes("-->")) {
      i += 1;
      payload.push(lines[i]!);
    }
    cues.push({ start, end, text: plainText(payload.join(" ")) });
  }
  return cues;
}

/** Seconds of `hh:mm:ss.ttt` or `mm:ss.ttt`. */
function secondsOf(time: string | undefined): number | undefined {
  const match = /^(?:(\d{2,5}):)?([0-5]\d):([0-5]\d\.\d{3})$/.exec(time ?? "");
  if (!match) return undefined;
  const [, hours = "0", minutes, seconds] = match;
  // In whole milliseconds, so that 1:00.100 is 60.1 and not a rounding beside it.
  return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000) / 1000;
}

function plainText(payload: string): string {
  return payload
    .replace(/<[^<>]*>/g, "")
    .replace(/&(\w+);/g, (all, name: string) =>
      Object.hasOwn(entities, name) ? entities[name]! : all,
    )
    .replace(/\s+/g, " ")
    .trim();
}
