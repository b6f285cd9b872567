import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom, type Random } from "../../src/core/random.js";

/** A little of everything a source can give. */
const drawAll = (random: Random): unknown[] => [
  random.next(),
  random.uniform(-3, 5),
  random.integer(-10, 10),
  random.normal(),
  random.pick(["a", "b", "c", "d"]),
  random.shuffle([1, 2, 3, 4, 5, 6, 7, 8]),
  random.fork("branch").next(),
];

test("the same seed gives the same numbers, another seed others", () => {
  expect(drawAll(createRandom(7))).toEqual(drawAll(createRandom(7)));
  expect(drawAll(createRandom(7))).not.toEqual(drawAll(createRandom(8)));
  expect(drawAll(createRandom("a seed"))).toEqual(drawAll(createRandom("a seed")));
});

test("the numbers of a seed stay as they are: models and data sets are made from them", () => {
  const random = createRandom(1);
  expect([random.integer(0, 999), random.integer(0, 999), random.integer(0, 999)]).toEqual([
    28, 77, 924,
  ]);
  expect(createRandom(1).fork("weights").integer(0, 999)).toBe(600);
});

test("a fork does not depend on what was drawn, and does not disturb what is drawn", () => {
  const fresh = createRandom(3);
  const used = createRandom(3);
  for (let i = 0; i < 100; i++) used.next();
  expect(drawAll(used.fork("weights"))).toEqual(drawAll(fresh.fork("weights")));

  const forked = createRandom(3);
  forked.fork("weights").next();
  expect(forked.next()).toBe(createRandom(3).next());
});

test("forks of other labels, and of other seeds, are other sources", () => {
  const firsts = [
    createRandom(3),
    createRandom(3).fork("a"),
    createRandom(3).fork("b"),
    createRandom(4).fork("a"),
    createRandom(3).fork("a").fork("a"),
  ].map((random) => random.next());
  expect(new Set(firsts).size).toBe(firsts.length);
});

test("numbers stay within their ranges", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: -1000, max: 1000 }),
      fc.nat(1000),
      (seed, low, width) => {
        const random = createRandom(seed);
        for (let i = 0; i < 20; i++) {
          expect(within(random.next(), 0, 1)).toBe(true);
          expect(within(random.uniform(low, low + width + 1), low, low + width + 1)).toBe(true);
          const whole = random.integer(low, low + width);
          expect(Number.isInteger(whole) && whole >= low && whole <= low + width).toBe(true);
          expect(Number.isFinite(random.normal())).toBe(true);
        }
      },
    ),
  );
});

test("whole numbers reach both ends about equally often", () => {
  const random = createRandom("dice");
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 6000; i++) counts[random.integer(1, 6) - 1]! += 1;
  for (const count of counts) expect(within(count, 850, 1150)).toBe(true);
});

test("normal numbers have mean 0, deviation 1, and the tails of a normal distribution", () => {
  const random = createRandom("normal");
  const values = Array.from({ length: 20_000 }, () => random.normal());
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  const beyond = (limit: number): number =>
    values.filter((value) => Math.abs(value) > limit).length / values.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
  expect(beyond(1)).toBeCloseTo(0.317, 1);
  expect(beyond(2)).toBeCloseTo(0.0455, 1);
  expect(beyond(3)).toBeGreaterThan(0);
});

test("a shuffle is a permutation, of a copy, and every place is as likely", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), fc.integer(), (items, seed) => {
      const before = [...items];
      const shuffled = createRandom(seed).shuffle(items);
      expect(items).toEqual(before);
      expect(shuffled.toSorted()).toEqual(before.toSorted());
    }),
  );
  const random = createRandom("places");
  const places = new Array<number>(4).fill(0);
  for (let i = 0; i < 4000; i++) places[random.shuffle(["x", "a", "b", "c"]).indexOf("x")]! += 1;
  for (const count of places) expect(within(count, 850, 1150)).toBe(true);
});

test("pick takes every item in time, and needs one", () => {
  const random = createRandom(1);
  const picked = new Set(Array.from({ length: 200 }, () => random.pick(["a", "b", "c"])));
  expect(picked).toEqual(new Set(["a", "b", "c"]));
  expect(() => random.pick([])).toThrow(RangeError);
});

/** Low included, high not. */
function within(value: number, low: number, high: number): boolean {
  return value >= low && value < high;
}

test("a source goes on from where another had come to", () => {
  const first = createRandom("state");
  drawAll(first);
  const state = JSON.parse(JSON.stringify(first.state()));
  const second = createRandom("another");
  second.restore(state);
  expect([second.next(), second.next()]).toEqual([first.next(), first.next()]);
  expect(() => second.restore([1, 2])).toThrow(RangeError);
  expect(() => second.restore([0.5, 1, 2, 3])).toThrow(RangeError);
});
