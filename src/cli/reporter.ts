import progressBars from "cli-progress";
import type { ProgressEvent } from "../core/progress.js";
import { openRateMeter, type RateMeter } from "./rate-meter.js";

/** How a command speaks on stderr. */
export interface TalkOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly progress: "auto" | "json" | "none";
}

/** What a command says on stderr while it works. */
export interface Reporter {
  readonly onProgress: (event: ProgressEvent) => void;
  readonly onWarning: (message: string) => void;
  /** An error that does not end the command; said also with --quiet. */
  readonly fail: (message: string) => void;
  /** A remark; silent with --quiet. */
  readonly info: (message: string) => void;
  /** A remark that is only made with --verbose. */
  readonly detail: (message: string) => void;
  /** Ends the progress line, so that results can be printed. Progress told later is not shown. */
  readonly close: () => void;
}

/** Milliseconds between two progress lines where stderr is not a terminal. */
const lineInterval = 10_000;

/** Opens the reporter of a command. */
export function openReporter(options: TalkOptions): Reporter {
  const { quiet = false, verbose = false } = options;
  let bar: progressBars.SingleBar | undefined;
  let stage: string | undefined;
  let meter = openRateMeter();
  let closed = false;
  const endBar = (): void => {
    bar?.stop();
    bar = undefined;
    stage = undefined;
  };
  const say = (message: string): void => {
    const current = bar && process.stderr.isTTY ? "\r\u001b[K" : "";
    process.stderr.write(`${current}${message}\n`);
  };
  const showBar = (event: ProgressEvent): void => {
    bar ??= createBar(event, meter);
    bar.setTotal(event.total ?? event.done + 1);
    bar.update(event.done, payload(event));
    if (event.total !== undefined && event.done >= event.total) endBar();
  };
  const showJson = (event: ProgressEvent): void => {
    const rate = meter.rate();
    const eta = event.total === undefined ? undefined : meter.eta(event.total);
    const progress = {
      ...event,
      ...(rate === undefined ? {} : { rate: threeDigits(rate) }),
      ...(eta === undefined ? {} : { eta: threeDigits(eta) }),
    };
    process.stderr.write(`${JSON.stringify({ progress })}\n`);
  };
  return {
    onProgress: (event) => {
      // Work that was under way when the command ended may still tell of itself; a new bar's clock would keep the
      // process alive.
      if (closed || quiet || options.progress === "none") return;
      if (stage !== event.stage) {
        endBar();
        stage = event.stage;
        meter = openRateMeter();
      }
      meter.note(event.done);
      if (options.progress === "json") showJson(event);
      else showBar(event);
    },
    onWarning: (message) => {
      if (!quiet) say(`warning: ${message}`);
    },
    fail: say,
    info: (message) => {
      if (!quiet) say(message);
    },
    detail: (message) => {
      if (verbose && !quiet) say(message);
    },
    close: () => {
      closed = true;
      endBar();
    },
  };
}

function createBar(event: ProgressEvent, meter: RateMeter): progressBars.SingleBar {
  const began = performance.now();
  const bar = new progressBars.SingleBar({
    stream: process.stderr,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: lineInterval,
    barsize: 24,
    format: (options, { value }, told: ReturnType<typeof payload>) => {
      const { total } = told;
      const ended = total !== undefined && value >= total;
      const seconds = (performance.now() - began) / 1000;
      const rate = ended ? meter.meanRate() : meter.rate();
      const drawn = total === undefined ? "" : `${draw(value, total, options.barsize)} `;
      const of = total === undefined ? "" : `/${total}`;
      const parts = [`${event.stage.padEnd(9)} ${drawn}${value}${of}${told.unit}`];
      if (rate !== undefined) parts.push(`${rate.toFixed(1)}/s`);
      if (ended) parts.push(`${seconds.toFixed(1)} s`);
      else if (total !== undefined) {
        const eta = meter.eta(total);
        parts.push(`ETA ${eta === undefined ? "?" : `${Math.ceil(eta)} s`}`);
      }
      if (told.failed) parts.push(`${told.failed} failed`);
      if (told.note) parts.push(told.note);
      return parts.join(" · ");
    },
  });
  bar.start(event.total ?? 0, event.done, payload(event));
  return bar;
}

function draw(value: number, total: number, width = 0): string {
  const filled = total > 0 ? Math.round((value / total) * width) : 0;
  return "█".repeat(filled) + "░".repeat(width - filled);
}

function payload({ total, unit, failed, note }: ProgressEvent): {
  total: number | undefined;
  unit: string;
  failed: number;
  note: string;
} {
  return { total, unit: unit ? ` ${unit}` : "", failed: failed ?? 0, note: note ?? "" };
}

function threeDigits(value: number): number {
  return Number(value.toPrecision(3));
}
