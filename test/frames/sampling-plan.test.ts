import fc from "fast-check";
import { expect, test } from "vitest";
import type { FrameSelector } from "../../src/frames/frame-selector.js";
import {
  checkSamplingPlan,
  createSelector,
  maxFrameLimit,
  maxPlannedFrames,
} from "../../src/frames/sampling-plan.js";

/** Every so many frames one is a keyframe. */
const keyframeDistance = 4;

const selectCount = (count: number, times: readonly number[]): FrameSelector =>
  createSelector({ count }, times);
const selectRate = (fps: number): FrameSelector => createSelector({ fps }, []);

/** Shows frames one after the other and notes which are taken, each as often as it is. */
function takenBy(selector: FrameSelector, times: readonly number[], end: number): number[] {
  return times.flatMap((time, i) => {
    const taken = selector.take({
      time,
      until: times[i + 1] ?? end,
      key: i % keyframeDistance === 0,
      last: i === times.length - 1,
    });
    return Array<number>(taken).fill(i);
  });
}

/** Times of frames in order, at irregular distances. */
const clip = fc
  .array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 80 })
  .map((distances) => {
    let time = 0;
    return [0, ...distances.map((distance) => (time += distance / 100))];
  });

test("count takes the middles of equal parts of the frames, whatever their distances", () => {
  const times = [0, 0.1, 0.2, 0.3, 5, 5.1, 5.2, 9];
  expect(takenBy(selectCount(4, times), times, 9.1)).toEqual([1, 3, 5, 7]);
  expect(takenBy(selectCount(1, times), times, 9.1)).toEqual([4]);
  expect(takenBy(selectCount(2, times), times, 9.1)).toEqual([2, 6]);
});

test("count takes the middles of any clip, in order, repeated where there are too few", () => {
  fc.assert(
    fc.property(clip, fc.integer({ min: 1, max: 200 }), (times, count) => {
      const expected = Array.from({ length: count }, (_, i) =>
        Math.floor(((i + 0.5) * times.length) / count),
      );
      expect(takenBy(selectCount(count, times), times, times.at(-1)! + 1)).toEqual(expected);
    }),
  );
});

test("the order in which packets tell the times makes no difference", () => {
  const times = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const decodingOrder = [0, 4, 2, 1, 3, 8, 6, 5, 7, 9];
  expect(takenBy(selectCount(3, decodingOrder), times, 10)).toEqual([1, 5, 8]);
});

test("count takes exactly as many frames when fewer decode than were told, or later ones", () => {
  fc.assert(
    fc.property(
      clip,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: -200, max: 200 }),
      fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }),
      (told, count, shift, decodes) => {
        const times = told.filter((_, i) => decodes[i]).map((time) => time + shift / 100);
        fc.pre(times.length > 0);
        const taken = takenBy(selectCount(count, told), times, times.at(-1)! + 1);
        expect(taken).toHaveLength(count);
        expect(taken).toEqual([...taken].sort((a, b) => a - b));
      },
    ),
  );
});

test("count takes its frames also where no packet told a time", () => {
  expect(takenBy(selectCount(3, []), [0.5, 0.6], 0.7)).toEqual([0, 0, 0]);
});

test("fps takes the frame on screen at each of its times, from the first frame on", () => {
  fc.assert(
    fc.property(clip, fc.integer({ min: 1, max: 60 }), (times, fps) => {
      const start = times[0]!;
      const end = times.at(-1)! + 0.37;
      const expected: number[] = [];
      // A hair of grace, as rounding in the sum may put a time on either side of a frame's beginning.
      for (let k = 0; (end - start) * fps - k > 1e-6; k++) {
        const due = k / fps + start + 1e-9;
        expected.push(times.findLastIndex((time) => time <= due));
      }
      expect(takenBy(selectRate(fps), times, end)).toEqual(expected);
    }),
  );
});

test("fps of the frame rate takes each frame once, also with times rounded to milliseconds", () => {
  const times = Array.from({ length: 300 }, (_, i) => Math.round((i * 1000) / 30) / 1000);
  const rounded = takenBy(selectRate(30), times, 10);
  expect(rounded).toHaveLength(300);
  const exact = Array.from({ length: 300 }, (_, i) => i / 30);
  expect(takenBy(selectRate(30), exact, 10)).toEqual(exact.map((_, i) => i));
});

test("a gap of years in the time stamps has an end", () => {
  const taken = takenBy(selectRate(25), [0, 1e9, 1e9 + 0.04], 1e9 + 0.08);
  expect(taken.length).toBeLessThan(100_000);
  expect(taken.filter((i) => i > 0)).toEqual([1, 2]);
});

/** A span within, around or beyond a clip of at most 800 s, in hundredths of a second. */
const span = fc
  .tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 100_000 }))
  .map(([start, length]) => ({ start: start / 100, end: (start + length) / 100 }));

/** The frames that are on screen from `start` until before `end`; beyond the clip's end the last one. */
function onScreen(times: readonly number[], start: number, end: number): number[] {
  const shown = times.flatMap((time, i) => {
    const until = times[i + 1] ?? Number.POSITIVE_INFINITY;
    return time < end && until > start ? [i] : [];
  });
  return shown.length > 0 ? shown : [times.length - 1];
}

test("count of a span takes the middles of equal parts of the frames on screen in it", () => {
  fc.assert(
    fc.property(clip, span, fc.integer({ min: 1, max: 50 }), (times, { start, end }, count) => {
      const shown = onScreen(times, start, end);
      const expected = Array.from(
        { length: count },
        (_, i) => shown[Math.floor(((i + 0.5) * shown.length) / count)],
      );
      const selector = createSelector({ count, start, end }, times);
      expect(takenBy(selector, times, times.at(-1)! + 1)).toEqual(expected);
      expect(selector.done()).toBe(true);
    }),
  );
});

test("fps of a span takes the frame on screen at start, start + 1 / fps, … before its end", () => {
  fc.assert(
    fc.property(clip, span, fc.integer({ min: 1, max: 20 }), (times, { start, end }, fps) => {
      const finish = times.at(-1)! + 0.37;
      const expected: number[] = [];
      for (let k = 0; (Math.min(end, finish) - start) * fps - k > 1e-6; k++) {
        const due = start + k / fps + 1e-9;
        expected.push(times.findLastIndex((time) => time <= due));
      }
      const taken = takenBy(createSelector({ fps, start, end }, []), times, finish);
      expect(taken).toEqual(expected.length > 0 ? expected : [times.length - 1]);
    }),
  );
});

test("keyframes takes the keyframes of a span; where there is none, the frame on screen at its end", () => {
  fc.assert(
    fc.property(clip, span, (times, { start, end }) => {
      const keys = times.flatMap((time, i) =>
        i % keyframeDistance === 0 && time >= start && time < end ? [i] : [],
      );
      const taken = takenBy(createSelector({ keyframes: true, start, end }, []), times, 1e4);
      expect(taken).toEqual(keys.length > 0 ? keys : [onScreen(times, start, end).at(-1)]);
    }),
  );
});

test("keyframes without a span are all of the clip's, and the last frame where it has none", () => {
  const times = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(takenBy(createSelector({ keyframes: true }, []), times, 10)).toEqual([0, 4, 8]);
  const selector = createSelector({ keyframes: true }, []);
  const taken = times.filter(
    (time) => selector.take({ time, until: time + 1, key: false, last: time === 9 }) > 0,
  );
  expect(taken).toEqual([9]);
});

test("no plan of a span is left without a frame, whatever decodes", () => {
  const plan = fc.oneof(
    fc.record({ count: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ fps: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ keyframes: fc.constant(true as const) }),
  );
  fc.assert(
    fc.property(plan, clip, clip, span, (way, told, times, part) => {
      const taken = takenBy(createSelector({ ...way, ...part }, told), times, times.at(-1)! + 1);
      expect(taken.length).toBeGreaterThan(0);
      if (way && "count" in way) expect(taken).toHaveLength(way.count);
    }),
  );
});

test.each([
  { count: 1 },
  { count: maxPlannedFrames },
  { fps: 0.001 },
  { fps: 1000 },
  { every: 1, limit: maxFrameLimit },
])("%o is a plan", (plan) => {
  expect(() => checkSamplingPlan(plan)).not.toThrow();
});

test("what is no plan is refused, naming the parameter", () => {
  const refusal = { code: "ERR_USAGE", parameter: "count" };
  expect(() => checkSamplingPlan({ count: 0 })).toThrow(expect.objectContaining(refusal));
  expect(() => checkSamplingPlan({ count: maxPlannedFrames + 1 })).toThrow(
    expect.objectContaining(refusal),
  );
  expect(() => checkSamplingPlan({ fps: 0 })).toThrow(
    expect.objectContaining({ code: "ERR_USAGE", parameter: "fps" }),
  );
  const refusals = [
    ["every", { every: maxPlannedFrames + 1 }],
    ["limit", { every: 1, limit: maxFrameLimit + 1 }],
    ["keyframes", { keyframes: false as never }],
    ["start", { count: 1, start: -1 }],
    ["start", { fps: 1, start: Number.NaN }],
    ["start", { fps: 1, start: Number.POSITIVE_INFINITY }],
    ["end", { count: 1, end: 0 }],
    ["end", { keyframes: true, start: 2, end: 2 }],
    ["end", { count: 1, end: Number.NaN }],
  ] as const;
  for (const [parameter, plan] of refusals) {
    expect(() => checkSamplingPlan(plan)).toThrow(
      expect.objectContaining({ code: "ERR_USAGE", parameter }),
    );
  }
});

test("every takes each n-th frame from the first on, up to the limit, by times or by counting", () => {
  fc.assert(
    fc.property(
      clip,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 99 }),
      (times, every, limit) => {
        const expected = times.map((_, i) => i).filter((i) => i % every === 0);
        for (const known of [times, []]) {
          const selector = createSelector({ every, limit }, known);
          expect(takenBy(selector, times, times.at(-1)! + 1)).toEqual(expected.slice(0, limit));
          expect(selector.done()).toBe(true);
        }
      },
    ),
  );
});

test("every takes the same frames where those between them are not decoded", () => {
  const selector = createSelector({ every: 3, limit: 3 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(takenBy(selector, [0, 2, 3, 6, 9], 10)).toEqual([0, 2, 3]);
});

test("every is done as soon as it has its limit, so that the rest need not be decoded", () => {
  for (const known of [[0, 1, 2, 3, 4], []]) {
    const selector = createSelector({ every: 2, limit: 2 }, known);
    const shown = (time: number): number =>
      selector.take({ time, until: time + 1, key: false, last: false });
    expect([shown(0), shown(1)]).toEqual([1, 0]);
    expect(selector.done()).toBe(false);
    expect([shown(2), selector.done(), shown(3)]).toEqual([1, true, 0]);
  }
});

test("every of a span counts from the frame that is on screen at its start", () => {
  const times = [0, 1, 2, 3, 4, 5, 6, 7];
  for (const known of [times, []]) {
    const taken = (start: number, end: number): number[] =>
      takenBy(createSelector({ every: 2, start, end }, known), times, 8);
    expect(taken(1.5, 6)).toEqual([1, 3, 5]);
    expect(taken(2, 2.5)).toEqual([2]);
    expect(taken(7, 99)).toEqual([7]);
    // A span after the video's end still has its last frame.
    expect(taken(50, 60)).toEqual([7]);
  }
});

test("a limit without every is refused, and every together with another way", () => {
  for (const plan of [
    { count: 3, limit: 2 },
    { every: 1, fps: 2 },
    { every: 0 },
    { every: 1, limit: 0.5 },
  ]) {
    expect(() => checkSamplingPlan(plan as Parameters<typeof checkSamplingPlan>[0])).toThrow(
      expect.objectContaining({ code: "ERR_USAGE" }),
    );
  }
});
