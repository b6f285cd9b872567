import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSelector } from "../../../src/frames/sampling-plan.js";
import {
  averageFrames,
  averageWindows,
  meanOverTime,
  strideEdges,
  trackOfFrames,
} from "../../../src/pipeline/windows/track.js";
import {
  framesOf,
  planForWindows,
  plannedTimes,
  planWindows,
} from "../../../src/pipeline/windows/window-plan.js";

/** A stride between a tenth of the window and all of it, and a duration. */
const layouts = fc
  .record({
    window: fc.double({ min: 0.5, max: 20, noNaN: true }),
    part: fc.double({ min: 0.2, max: 1, noNaN: true }),
    duration: fc.double({ min: 0, max: 40, noNaN: true }),
  })
  .map(({ window, part, duration }) => ({ window, stride: window * part, duration }));

describe("windows", () => {
  test.each([
    [10, 4, 2, "0-4 2-6 4-8 6-10"],
    [9, 4, 2, "0-4 2-6 4-8 5-9"],
    [8, 4, 4, "0-4 4-8"],
    [4, 4, 1, "0-4"],
    [3, 4, 1, "0-3"],
    [0, 4, 1, "0-0"],
  ])("over %d s, of %d s every %d s: %s", (duration, window, stride, wanted) => {
    const spans = planWindows(duration, { window, stride });
    expect(spans.map(({ start, end }) => `${start}-${end}`).join(" ")).toBe(wanted);
  });

  test("see every moment, in order, and end where the video does", () => {
    fc.assert(
      fc.property(layouts, ({ duration, ...settings }) => {
        const spans = planWindows(duration, settings);
        expect(spans[0]!.start).toBe(0);
        expect(Math.abs(spans.at(-1)!.end - duration)).toBeLessThan(2e-6);
        const long = duration > settings.window + 1e-6;
        const wrong = spans.filter(({ start, end }, index) => {
          const before = spans[index - 1];
          if (long && Math.abs(end - start - settings.window) > 2e-6) return true;
          return before && !(start > before.start && start <= before.end + 1e-6);
        });
        expect(wrong).toEqual([]);
      }),
    );
  });

  test("are not made without end where a damaged file says that it lasts for years", () => {
    const settings = { window: 2, stride: 0.5 };
    expect(() => planWindows(1e9, settings)).toThrow(/more than 1000000 windows/);
  });
});

describe("frames", () => {
  test.each([
    [{ count: 16 }, 2, { fps: 8, start: 1 / 16 }],
    [{ count: 16, start: 1, end: 3 }, 2, { fps: 8, start: 1 / 16 }],
    [{ fps: 5, start: 1 }, 2, { fps: 5 }],
    [{ keyframes: true } as const, 2, { keyframes: true }],
    [{ every: 3, limit: 40 }, 2, { every: 3 }],
  ])("of %o in windows of %d s are sampled by %o", (plan, window, wanted) => {
    const { end: _end, ...rest } = planForWindows(plan, window);
    expect(rest).toEqual(wanted);
  });

  test("of a window are as many as the model's plan takes of a clip, whatever the stride", () => {
    fc.assert(
      fc.property(layouts, fc.integer({ min: 1, max: 40 }), ({ duration, ...settings }, count) => {
        fc.pre(duration > settings.window);
        const plan = planForWindows({ count }, settings.window);
        const frames = Math.max(1, Math.floor((duration * count) / settings.window + 0.5));
        const times = plannedTimes(plan, new Float64Array(frames));
        const wrong = planWindows(duration, settings)
          .map((span) => framesOf(span, times))
          .filter(({ first, behind }) => Math.abs(behind - first - count) > 1 || behind > frames);
        expect(wrong).toEqual([]);
      }),
    );
  });

  test("of a window at the start are those that the model's plan takes of a clip as long", () => {
    // 2 s at 10 frames a second, as a clip and as the beginning of a longer video.
    const times = (n: number): number[] => Array.from({ length: n }, (_, i) => i / 10);
    const taken = (plan: Parameters<typeof createSelector>[0], n: number): number[] => {
      const selector = createSelector(plan, times(n));
      return times(n).flatMap((time, i) => {
        const shown = { time, until: time + 0.1, key: i === 0, last: i === n - 1 };
        return Array<number>(selector.take(shown)).fill(time);
      });
    };
    const clip = taken({ count: 8 }, 20);
    expect(taken(planForWindows({ count: 8 }, 2), 50).slice(0, 8)).toEqual(clip);
  });

  test("of a window without any are the one on screen", () => {
    const times = Float64Array.of(0, 5, 10);
    expect(framesOf({ start: 1, end: 3 }, times)).toMatchObject({ first: 0, behind: 1 });
    expect(framesOf({ start: 11, end: 13 }, times)).toMatchObject({ first: 2, behind: 3 });
    expect(framesOf({ start: 4, end: 11 }, times)).toMatchObject({ first: 1, behind: 3 });
    expect(framesOf({ start: 0, end: 11 }, times, 2)).toMatchObject({ first: 0, behind: 2 });
  });
});

describe("a track", () => {
  test("bears in each cell the mean of the windows over it, by the time they share", () => {
    const average = averageWindows(strideEdges(5, 2), 2);
    average.add({ start: 0, end: 3 }, Float32Array.of(1, 0));
    average.add({ start: 2, end: 5 }, Float32Array.of(0, 1));
    const track = average.track();
    expect([...track.edges]).toEqual([0, 2, 4, 5]);
    // The second cell shares one second with the first window and two with the second.
    const cells = [1, 0, 1 / 3, 2 / 3, 0, 1];
    expect([...track.probabilities]).toEqual(cells.map((value) => Math.fround(value)));
    expect(meanOverTime(track)[0]).toBeCloseTo((2 + 2 / 3) / 5, 6);
  });

  test("rows sum to one in every cell, whatever the windows", () => {
    fc.assert(
      fc.property(layouts, ({ duration, ...settings }) => {
        const average = averageWindows(strideEdges(duration, settings.stride), 2);
        for (const [i, span] of planWindows(duration, settings).entries()) {
          average.add(span, Float32Array.of((i % 5) / 4, 1 - (i % 5) / 4));
        }
        const { probabilities, edges } = average.track();
        expect(probabilities).toHaveLength(2 * (edges.length - 1));
        const off = probabilities.filter(
          (value, i) => i % 2 === 0 && Math.abs(value + probabilities[i + 1]! - 1) > 1e-5,
        );
        expect(off).toHaveLength(0);
      }),
    );
  });

  test("of frames gives each moment what is said of the nearest one", () => {
    const average = averageFrames(4, 1);
    average.add({ start: 0, end: 2, first: 0, behind: 2 }, Float32Array.of(0, 2));
    average.add({ start: 1, end: 3, first: 1, behind: 3 }, Float32Array.of(4, 6));
    const frames = average.frames();
    // The last one is in no window.
    expect([...frames]).toEqual([0, 3, 6, 6]);
    const track = trackOfFrames(Float64Array.of(0, 1, 2, 3), frames, 4, 1);
    expect([...track.edges]).toEqual([0, 0.5, 1.5, 2.5, 4]);
    // Frames at one time share a cell; what is behind the end has none.
    const odd = trackOfFrames(Float64Array.of(0, 0, 2, 9), frames, 4, 1);
    expect([...odd.edges]).toEqual([0, 1, 4]);
    expect([...odd.probabilities]).toEqual([1.5, 6]);
    const still = trackOfFrames(Float64Array.of(0, 0), Float32Array.of(1, 2), 0, 1);
    expect([...still.edges]).toEqual([0, 0]);
    expect([...still.probabilities]).toEqual([1.5]);
  });
});
