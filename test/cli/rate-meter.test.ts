import { expect, test } from "vitest";
import { openRateMeter } from "../../src/cli/rate-meter.js";

/** A meter on a clock of our own. */
function meterAt(): {
  tell: (time: number, done: number) => void;
  meter: ReturnType<typeof openRateMeter>;
} {
  let now = 0;
  const meter = openRateMeter(() => now);
  return {
    meter,
    tell(time, done) {
      now = time;
      meter.note(done);
    },
  };
}

test("nothing is said of a rate before two moments are known", () => {
  const { meter, tell } = meterAt();
  expect([meter.rate(), meter.eta(9)]).toEqual([undefined, undefined]);
  tell(5, 3);
  expect([meter.rate(), meter.eta(9)]).toEqual([undefined, undefined]);
  tell(7, 4);
  expect([meter.rate(), meter.eta(9)]).toEqual([0.5, 10]);
});

test("what was done before does not make it faster", () => {
  const { meter, tell } = meterAt();
  tell(0, 19_000);
  tell(10, 19_010);
  expect([meter.rate(), meter.meanRate(), meter.eta(20_000)]).toEqual([1, 1, 990]);
});

test("the rate is that of the last half minute, the mean that of all", () => {
  const { meter, tell } = meterAt();
  for (let second = 0; second <= 100; second++) tell(second, 100 * second);
  for (let second = 101; second <= 200; second++) tell(second, 10_000 + (second - 100));
  expect(meter.rate()).toBeCloseTo(1, 5);
  expect(meter.meanRate()).toBeCloseTo(50.5, 5);
});

test("work that begins again is measured anew", () => {
  const { meter, tell } = meterAt();
  tell(0, 0);
  tell(10, 40);
  tell(20, 1);
  tell(21, 3);
  expect(meter.rate()).toBe(2);
});
