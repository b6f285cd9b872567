import { expect, test } from "vitest";
import { motionClasses } from "../../../datasets/motions/actions.js";
import { drawShot } from "../../../datasets/motions/camera.js";
import {
  defaultClipsPerClass,
  drawTiming,
  planMotions,
} from "../../../datasets/motions/clip-plan.js";
import { createRandom } from "../../../src/core/random.js";

const plans = planMotions();

test("every class has as many clips as were asked for, each under a name of its own", () => {
  for (const clipsPerClass of [1, 7, defaultClipsPerClass]) {
    const some = planMotions({ clipsPerClass });
    expect(some).toHaveLength(clipsPerClass * motionClasses.length);
    for (const label of motionClasses) {
      expect(some.filter((plan) => plan.label === label)).toHaveLength(clipsPerClass);
    }
    expect(new Set(some.map(({ name }) => name)).size).toBe(some.length);
    expect(new Set(some.map(({ clipSeed }) => clipSeed)).size).toBe(some.length);
  }
});

test("no performer is in two parts, and every part has some", () => {
  const performers = (split: string): Set<number> =>
    new Set(plans.filter((plan) => plan.split === split).map(({ performer }) => performer));
  const parts = ["train", "validation", "test"].map(performers);
  for (const part of parts) expect(part.size).toBeGreaterThan(0);
  const all = new Set(plans.map(({ performer }) => performer));
  expect(parts.reduce((sum, part) => sum + part.size, 0)).toBe(all.size);
});

test.each([3, defaultClipsPerClass])(
  "every class has the same cast in the same parts, also of %i clips",
  (clipsPerClass) => {
    const some = planMotions({ clipsPerClass });
    const castOf = (label: string): string[] =>
      some
        .filter((plan) => plan.label === label)
        .map(({ performer, split, castSeed }) => `${performer} ${split} ${castSeed}`)
        .sort();
    const cast = castOf(motionClasses[0]!);
    for (const label of motionClasses) expect(castOf(label)).toEqual(cast);
  },
);

test("the same seed plans the same clips, another seed other people in other clips", () => {
  expect(planMotions({ clipsPerClass: 3, seed: 5 })).toEqual(
    planMotions({ clipsPerClass: 3, seed: 5 }),
  );
  const [one, other] = [5, 6].map((seed) => planMotions({ clipsPerClass: 3, seed }));
  for (const [index, plan] of one!.entries()) {
    expect(other![index]!.name).toBe(plan.name);
    expect(other![index]!.castSeed).not.toBe(plan.castSeed);
    expect(other![index]!.clipSeed).not.toBe(plan.clipSeed);
  }
});

test("a clip takes 2 to 4 seconds, its action 0.6 to 1.4 times as fast as usual, all of it in the clip", () => {
  const timings = Array.from({ length: 1000 }, (_, index) => drawTiming(`any ${index}`));
  const usual = timings[0]!.speed * (timings[0]!.ends - timings[0]!.begins);
  for (const { duration, begins, ends, speed } of timings) {
    expect(duration).toBeGreaterThanOrEqual(2);
    expect(duration).toBeLessThanOrEqual(4);
    expect(speed).toBeGreaterThanOrEqual(0.6);
    expect(speed).toBeLessThan(1.4);
    expect(begins).toBeGreaterThan(0);
    expect(ends).toBeGreaterThan(begins);
    expect(ends).toBeLessThan(duration);
    expect(speed * (ends - begins)).toBeCloseTo(usual, 9);
  }
  // The whole range of speeds is used.
  expect(Math.min(...timings.map(({ speed }) => speed))).toBeLessThan(0.65);
  expect(Math.max(...timings.map(({ speed }) => speed))).toBeGreaterThan(1.35);
});

test("neither a clip's timing nor its camera tells its class", () => {
  const drawn = planMotions({ clipsPerClass: 400 }).map(({ label, clipSeed }) => {
    const shot = drawShot(createRandom(clipSeed).fork("shot"));
    return { label, values: Object.entries({ ...drawTiming(clipSeed), ...shot }) };
  });
  for (const [at, [name]] of drawn[0]!.values.entries()) {
    const rows = drawn.map(({ label, values }) => ({ label, value: Number(values[at]![1]) }));
    const mean = meanOf(rows.map(({ value }) => value));
    const deviation = Math.sqrt(meanOf(rows.map(({ value }) => (value - mean) ** 2)));
    for (const label of motionClasses) {
      const own = rows.filter((row) => row.label === label).map(({ value }) => value);
      const errors = (Math.abs(meanOf(own) - mean) * Math.sqrt(own.length)) / deviation;
      // Standard errors. Chance gives some 3 among so many means; a tenth of the speed would give 8.
      expect(errors, `${name} of ${label}`).toBeLessThan(5);
    }
  }
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
