/** How fast work goes, over the recent past. */
export interface RateMeter {
  /** Notes how many units are done now. */
  note(done: number): void;
  /** Units a second over the last {@link rateWindow}; undefined before two moments are known. */
  rate(): number | undefined;
  /** Units a second since the first moment that was noted. */
  meanRate(): number | undefined;
  /** Seconds until a total is reached, at the recent rate. */
  eta(total: number): number | undefined;
}

/** Seconds over which the rate is taken: long enough for slow videos, short enough to follow a change. */
const rateWindow = 30;

/** Moments that are kept at most within the window, so that fast work costs no memory. */
const moments = 60;

interface Moment {
  readonly time: number;
  readonly done: number;
}

/**
 * Opens a meter. What was done before its first note says nothing of how fast the rest goes.
 *
 * @param now seconds, of a clock that does not go back
 */
export function openRateMeter(now: () => number = () => performance.now() / 1000): RateMeter {
  let first: Moment | undefined;
  let last: Moment | undefined;
  /** Oldest first; the first one is as old as the window, or older. */
  const recent: Moment[] = [];
  const between = (from?: Moment, to?: Moment): number | undefined =>
    from && to && to.time > from.time ? (to.done - from.done) / (to.time - from.time) : undefined;
  const rate = (): number | undefined => between(recent[0], last);
  return {
    note(done) {
      // The same work from its beginning, as of another trial.
      if (last && done < last.done) {
        first = undefined;
        recent.length = 0;
      }
      last = { time: now(), done };
      first ??= last;
      const newest = recent.at(-1);
      if (!newest || last.time - newest.time >= rateWindow / moments) recent.push(last);
      while (recent.length > 1 && last.time - recent[1]!.time >= rateWindow) recent.shift();
    },
    rate,
    meanRate: () => between(first, last),
    eta(total) {
      const speed = rate();
      return last && speed ? Math.max(0, total - last.done) / speed : undefined;
    },
  };
}
