import fc from "fast-check";
import { expect, test } from "vitest";
import type { FramePlan } from "../../src/frames/decoder.js";
import { checkSamplingPlan, createSelector } from "../../src/frames/sampling-plan.js";

/** The frames that a plan takes of a clip, each as often as it is. */
function takenBy(plan: FramePlan, times: readonly number[], end: number): number[] {
  const selector = createSelector(plan, times, end);
  return times.flatMap((time, i) => {
    const last = i === times.length - 1;
    const frame = { time, until: times[i + 1] ?? end, key: true, last };
    return Array<number>(selector.take(frame)).fill(i);
  });
}

/** Times of frames in order, at irregular distances. */
const clip = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 60 }).map((distances) => {
  let time = 0;
  return [0, ...distances.map((distance) => (time += distance / 100))];
});

const way = fc.oneof(
  fc.record({ count: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ fps: fc.double({ min: 0.5, max: 30, noNaN: true }) }),
);

const span = fc.oneof(
  fc.constant({}),
  fc
    .record({
      start: fc.double({ min: 0, max: 20, noNaN: true }),
      length: fc.integer({ min: 1, max: 9 }),
    })
    .map(({ start, length }) => ({ start, end: start + length })),
);

const shift = fc.double({ min: 0.01, max: 2, noNaN: true });

test("whatever the shift, a plan takes as many frames, and of the same part", () => {
  fc.assert(
    fc.property(clip, way, span, shift, (times, steps, part, by) => {
      const end = times.at(-1)! + 0.04;
      const plan = { ...steps, ...part } as FramePlan;
      const plain = takenBy(plan, times, end);
      const whole = takenBy({ count: 1000, ...part }, times, end);
      for (const sign of [-1, 1]) {
        const shifted = takenBy({ ...plan, shift: sign * by }, times, end);
        expect(shifted).toHaveLength(plain.length);
        const isEarlyPart = "fps" in steps && "start" in part && part.start * steps.fps <= 0.5;
        if (!isEarlyPart) expect(Math.min(...shifted)).toBeGreaterThanOrEqual(whole[0]!);
        expect(Math.max(...shifted)).toBeLessThanOrEqual(whole.at(-1)!);
      }
    }),
  );
});

test("pairs lie twice the shift apart wherever the part is long enough, and as far as can be elsewhere", () => {
  fc.assert(
    fc.property(clip, fc.integer({ min: 1, max: 40 }), shift, (times, count, by) => {
      const end = times.at(-1)! + 0.04;
      const onScreen = (moment: number): number =>
        times.findLastIndex((time) => time <= moment + 1e-6);
      const plain = takenBy({ count }, times, end);
      const [earlier, later] = [-by, by].map((each) => takenBy({ count, shift: each }, times, end));
      const length = times.at(-1)!;
      for (const [i, at] of plain.entries()) {
        const margin = Math.min(by, length / 2);
        const middle = Math.max(margin, Math.min(times[at]!, length - margin));
        expect([earlier![i], later![i]]).toEqual([
          onScreen(middle - margin),
          onScreen(middle + margin),
        ]);
      }
    }),
  );
});

test("a gap of hours in the time stamps has an end with a shift, too", () => {
  const times = [0, 1, 1e9];
  for (const by of [-0.15, 0.15]) {
    expect(takenBy({ fps: 30, shift: by }, times, 1e9 + 1).length).toBeLessThan(30_100);
  }
});

test("where packets tell nothing, frames come by their own times, the first moved inside", () => {
  const selector = createSelector({ fps: 1, shift: 0.5 }, []);
  const taken = [0, 1, 2, 3].map((time) =>
    selector.take({ time, until: time + 1, key: true, last: time === 3 }),
  );
  expect(taken).toEqual([0, 2, 1, 1]);
});

test("a shift that cannot be is refused by name", () => {
  const refusal = { code: "ERR_USAGE", parameter: "shift" };
  for (const plan of [
    { count: 3, shift: 61 },
    { count: 3, shift: Number.NaN },
    { keyframes: true, shift: 0.1 },
    { every: 3, shift: 0.1 },
  ] as FramePlan[]) {
    expect(() => checkSamplingPlan(plan)).toThrow(expect.objectContaining(refusal));
  }
  expect(() => checkSamplingPlan({ fps: 3, shift: -0.15 })).not.toThrow();
});
