import progressBars from "cli-progress";
import type { ProgressEvent } from "../core/progress.js";

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
    if (stage !== event.stage) {
      endBar();
      stage = event.stage;
      bar = createBar(event);
    }
    const total = event.total ?? event.done;
    bar?.setTotal(total);
    bar?.update(event.done, payload(event));
    if (event.total !== undefined && event.done >= event.total) endBar();
  };
  return {
    onProgress: (event) => {
      // Work that was under way when the command ended may still tell of itself; a new bar's clock would keep the
      // process alive.
      if (closed || quiet || options.progress === "none") return;
      if (options.progress === "json")
        process.stderr.write(`${JSON.stringify({ progress: event })}\n`);
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

function createBar(event: ProgressEvent): progressBars.SingleBar {
  const began = performance.now();
  const bar = new progressBars.SingleBar({
    stream: process.stderr,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: lineInterval,
    etaBuffer: 50,
    barsize: 24,
    format: (options, { value, total, eta }, told: ReturnType<typeof payload>) => {
      const seconds = (performance.now() - began) / 1000;
      const filled = total > 0 ? Math.round((value / total) * (options.barsize ?? 0)) : 0;
      const drawn = "█".repeat(filled) + "░".repeat((options.barsize ?? 0) - filled);
      const parts = [
        `${event.stage.padEnd(9)} ${drawn} ${value}/${total}${told.unit}`,
        `${(value / Math.max(seconds, 1e-3)).toFixed(1)}/s`,
        value < total
          ? `ETA ${Number.isFinite(eta) ? `${Math.ceil(eta)} s` : "?"}`
          : `${seconds.toFixed(1)} s`,
      ];
      if (told.failed) parts.push(`${told.failed} failed`);
      if (told.note) parts.push(told.note);
      return parts.join(" · ");
    },
  });
  // What was done before this run says nothing of how long the rest takes.
  bar.start(event.total ?? 0, event.done, payload(event));
  return bar;
}

function payload(event: ProgressEvent): { unit: string; failed: number; note: string } {
  return {
    unit: event.unit ? ` ${event.unit}` : "",
    failed: event.failed ?? 0,
    note: event.note ?? "",
  };
}
