import type { StoredPicture } from "./frame-geometry.js";
import type { FrameSelector } from "./frame-selector.js";
import { type LogLine, readLogLine, type ToldFrame } from "./showinfo.js";

/** What is to be done with the next picture that the program has written. */
export interface WrittenPicture {
  /** Seconds from the clip's first frame. */
  readonly time: number;
  /** Of each output, how many times it is taken; all 0 for a frame that nobody wants. */
  readonly takes: readonly number[];
}

/** How the program is run. */
export interface RunAssumptions {
  /** What the frames are taken for in scaling. */
  readonly picture: StoredPicture;
  /** Whether frames of another shape are to be told, to be scaled anew in another run. */
  readonly isStrict: boolean;
  /** The clip's beginning, in seconds on the file's own clock; its first decoded frame where undefined. */
  readonly start?: number | undefined;
}

/** Options of {@link openFrameLog}. */
export interface FrameLogOptions {
  readonly selectors: readonly FrameSelector[];
  /** What the selectors count time from, in seconds on the file's own clock; the first frame where undefined. */
  readonly origin: number | undefined;
  /** Seconds a frame is shown where nothing else tells. */
  readonly period: number;
  /** When the file's last frame begins and ends, in seconds on the file's own clock. */
  readonly lastPromised: { readonly time: number; readonly end: number } | undefined;
  /** Whether frames are of no interest any more once every selector is done. */
  readonly mayStopEarly: boolean;
}

/** A frame that is needed but was not written, or was scaled as if it had another shape. */
export interface MissedFrame {
  readonly picture: StoredPicture;
}

/**
 * Follows the program's log: learns of every frame, and decides by the selectors which are taken, as soon as the
 * next frame tells until when one is on screen.
 */
export interface FrameLog {
  /** Begins with the first line of a run. What was decided in a run before stays so. */
  begin(assumptions: RunAssumptions): void;
  line(text: string): void;
  /** The run has ended by itself: the frame told last is the last one. */
  end(): void;
  /** The decision on the next picture written; undefined where no picture is to come. */
  next(): Promise<WrittenPicture | undefined>;
  /** Whether nothing that is still to come is wanted. */
  isDone(): boolean;
  /** Where a run cannot serve: another one has to begin. */
  missed(): MissedFrame | undefined;
  /** What was found out so far. Times in seconds on the file's own clock. */
  found(): {
    readonly start: number | undefined;
    readonly end: number;
    readonly decodedFrames: number;
    readonly damaged: boolean;
    /** The last complaints of the program. */
    readonly complaints: string;
  };
}

/** Lines of complaints that are kept for an error's message. */
const keptComplaints = 6;

/** Characters of a complaint that are kept. */
const keptLength = 500;

interface PendingFrame {
  readonly told: ToldFrame;
  readonly time: number;
  written: boolean;
}

/** Opens the log. */
export function openFrameLog(options: FrameLogOptions): FrameLog {
  const { selectors, period, lastPromised } = options;
  let assumptions: RunAssumptions | undefined;
  let tick = 0;
  /** Frames of this run that are decided. */
  let decidedHere = 0;
  /** Frames of all runs that are decided: these are not put to the selectors again. */
  let decided = 0;
  let pending: PendingFrame | undefined;
  let owed: { readonly index: number; readonly takes: readonly number[] } | undefined;
  let missed: MissedFrame | undefined;
  let done = false;
  let start: number | undefined;
  let end = 0;
  let damaged = false;
  const complaints: string[] = [];
  const queue: WrittenPicture[] = [];
  let isOver = false;
  let wake = (): void => {};

  const isClosed = (): boolean => isOver || done || missed !== undefined;

  const decide = (until: number, last: boolean): void => {
    const { told, time, written } = pending!;
    const index = decidedHere++;
    let takes: readonly number[];
    if (index < decided) {
      takes = owed?.index === index ? owed.takes : [];
    } else {
      start ??= assumptions!.start ?? time;
      end = until;
      const from = options.origin ?? start;
      const shown = { time: time - from, until: until - from, key: told.key, last };
      takes = selectors.map((selector) => selector.take(shown));
      decided += 1;
      done = options.mayStopEarly && selectors.every((selector) => selector.done());
    }
    const isTaken = takes.some((times) => times > 0);
    if (isTaken && !(written && suits(told))) {
      owed = { index, takes };
      missed = { picture: { ...assumptions!.picture, ...shapeOf(told) } };
      done = false;
    } else if (written) {
      queue.push({ time: time - start!, takes });
    }
    wake();
  };

  const suits = (told: ToldFrame): boolean => {
    const { picture, isStrict } = assumptions!;
    const { width, height, sampleAspectRatio } = shapeOf(told);
    return (
      !isStrict ||
      (width === picture.width &&
        height === picture.height &&
        Math.abs(sampleAspectRatio / picture.sampleAspectRatio - 1) < 1e-6)
    );
  };

  const show = (told: ToldFrame): void => {
    if (!pending) {
      pending = { told, time: (told.ticks ?? 0) * tick, written: false };
      return;
    }
    const after = pending.time + period;
    const time = told.ticks === undefined ? after : told.ticks * tick;
    // Time that goes backwards is no time: the frame is shown in its turn.
    const until = time > pending.time ? time : after;
    decide(until, false);
    pending = { told, time: until, written: false };
  };

  const take = (line: LogLine): void => {
    if (line.kind === "clock") tick = line.tick;
    else if (line.kind === "frame") show(line.frame);
    else if (line.kind === "damage") damaged = true;
    else if (pending) pending.written = true;
  };

  return {
    begin(run) {
      assumptions = run;
      decidedHere = 0;
      pending = undefined;
      missed = undefined;
      isOver = false;
      queue.length = 0;
    },
    line(text) {
      if (isClosed()) return;
      const line = readLogLine(text);
      if (line) take(line);
      if (/\[(?:warning|error|fatal|panic)\]/.test(text)) {
        complaints.push(text.slice(0, keptLength));
        if (complaints.length > keptComplaints) complaints.shift();
      }
    },
    end() {
      if (pending && !isClosed()) {
        const { time, told } = pending;
        const isPromised = lastPromised && Math.abs(lastPromised.time - time) < period / 2;
        const shownFor = (told.duration ?? 0) * tick || period;
        decide(isPromised ? lastPromised.end : time + shownFor, true);
      }
      isOver = true;
      wake();
    },
    async next() {
      while (queue.length === 0 && !isClosed()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return queue.shift();
    },
    isDone: () => done && queue.length === 0,
    missed: () => (queue.length === 0 ? missed : undefined),
    found: () => ({
      start,
      end,
      decodedFrames: decided,
      damaged,
      complaints: complaints.join("\n"),
    }),
  };
}

function shapeOf({
  width,
  height,
  sampleAspectRatio,
}: ToldFrame): Pick<StoredPicture, "width" | "height" | "sampleAspectRatio"> {
  return { width, height, sampleAspectRatio };
}
