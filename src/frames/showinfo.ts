import { allFrames, writtenFrames } from "./filter-graph.js";

/** What FFmpeg's showinfo filter tells of a frame. */
export interface ToldFrame {
  /** Time in ticks of the filter's clock; undefined where the frame has none. */
  readonly ticks: number | undefined;
  /** Ticks it is shown, where that is told. */
  readonly duration: number | undefined;
  readonly key: boolean;
  readonly width: number;
  readonly height: number;
  readonly sampleAspectRatio: number;
}

/** A line of the program's log that matters. */
export type LogLine =
  | { readonly kind: "clock"; readonly tick: number }
  | { readonly kind: "frame"; readonly frame: ToldFrame }
  | { readonly kind: "written" }
  | { readonly kind: "damage" };

const fromFilter = new RegExp(
  `^\\[(?:showinfo@)?(${allFrames}|${writtenFrames}) @ [^\\]]*\\] \\[info\\] (.*)$`,
);
const clock = /^config in time_base: (\d+)\/(\d+)/;
const frame =
  /^n: *\d+ pts: *(NOPTS|-?\d+) pts_time:\S+ +(?:duration: *(\d+) )?.*? sar:(\d+)\/(\d+) s:(\d+)x(\d+) .*?iskey:(\d)/;
/** What the program says of packets it could not read or decode: until FFmpeg 6, and since. */
const damage =
  /\[error\] (?:Error while decoding stream|Error submitting packet to decoder|Error during demuxing|file:.*: [A-Z])|\[warning\] .*corrupt input packet/;

/** Reads a line of the log, which is to bear its level (`-loglevel level+info`). */
export function readLogLine(line: string): LogLine | undefined {
  const [, filter, text] = fromFilter.exec(line) ?? [];
  if (text === undefined) return damage.test(line) ? { kind: "damage" } : undefined;
  const [, num, den] = (filter === allFrames && clock.exec(text)) || [];
  if (den !== undefined) return { kind: "clock", tick: Number(num) / Number(den) };
  const [, ticks, duration, sarNum, sarDen, width, height, key] = frame.exec(text) ?? [];
  if (key === undefined) return undefined;
  if (filter === writtenFrames) return { kind: "written" };
  const ratio = Number(sarNum) / Number(sarDen);
  return {
    kind: "frame",
    frame: {
      ticks: ticks === "NOPTS" ? undefined : Number(ticks),
      duration: duration === undefined ? undefined : Number(duration),
      key: key === "1",
      width: Number(width),
      height: Number(height),
      sampleAspectRatio: ratio > 0 && Number.isFinite(ratio) ? ratio : 1,
    },
  };
}
