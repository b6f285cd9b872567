import { expect, test } from "vitest";
import { actions, motionClasses, reversedPairs } from "../../../datasets/motions/actions.js";
import type { Pose } from "../../../datasets/motions/pose.js";

/** Parts of an action, of which 1 - part is exact too. */
const parts = Array.from({ length: 65 }, (_, index) => index / 64);

test("the classes are sorted, without a repeat, and among them are the four pairs", () => {
  expect(motionClasses).toEqual(Object.keys(actions).sort());
  expect(motionClasses).toEqual(
    expect.arrayContaining(["sit-down", "stand-up", "pick-up", "put-down"]),
  );
  const paired = reversedPairs.flat();
  expect(new Set(paired).size).toBe(paired.length);
  for (const name of paired) expect(motionClasses).toContain(name);
});

test.each(reversedPairs)("%s and %s are each other's reversal, pose by pose", (name, partner) => {
  const [action, reversal] = [actions[name]!, actions[partner]!];
  for (const part of parts) {
    // The clock of one clip has nothing to do with that of another.
    expect(action.poseAt(part, 2 * part)).toEqual(reversal.poseAt(1 - part, 3.1 * (1 - part)));
  }
  expect(action.pace).toBe(0);
  expect(reversal.pace).toBe(0);
});

test.each(reversedPairs)(
  "%s is not %s played forwards: only the order tells them apart",
  (name, partner) => {
    const [action, reversal] = [actions[name]!, actions[partner]!];
    expect(action.poseAt(0, 0)).not.toEqual(reversal.poseAt(0, 0));
    expect(action.poseAt(0, 0)).not.toEqual(action.poseAt(1, 2));
  },
);

test.each(motionClasses)("%s moves, and never in a leap", (name) => {
  const { poseAt } = actions[name]!;
  const steps = 400;
  const seconds = 3.5;
  const values = Array.from({ length: steps + 1 }, (_, step) =>
    numbersOf(poseAt(step / steps, (step / steps) * seconds)),
  );
  expect(values.flat().every(Number.isFinite)).toBe(true);
  const ranges = values[0]!.map((_, at) => {
    const column = values.map((row) => row[at]!);
    return Math.max(...column) - Math.min(...column);
  });
  expect(Math.max(...ranges)).toBeGreaterThan(0.1);
  // Less than 9 ms pass from step to step: no limb is anywhere near the other end of its way.
  const leaps = ranges.map((range, at) => {
    const ways = values.slice(1).map((row, step) => Math.abs(row[at]! - values[step]![at]!));
    return range === 0 ? 0 : Math.max(...ways) / range;
  });
  expect(Math.max(...leaps)).toBeLessThan(0.25);
});

function numbersOf(pose: Pose): number[] {
  return Object.values(pose).flat() as number[];
}
