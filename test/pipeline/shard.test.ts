import fc from "fast-check";
import { expect, test } from "vitest";
import { isInShard, parseShard } from "../../src/pipeline/shard.js";

test("every path is in exactly one part, whatever the others are", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (path, count) => {
      const parts = Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));
      expect(parts.filter((part) => isInShard(path, part))).toHaveLength(1);
    }),
  );
});

test("parts are equal, as far as chance goes", () => {
  const paths = Array.from({ length: 8000 }, (_, i) => `clips/${i}.mp4`);
  for (let index = 1; index <= 8; index++) {
    const size = paths.filter((path) => isInShard(path, { index, count: 8 })).length;
    // Five standard deviations.
    expect(Math.abs(size - 1000)).toBeLessThan(5 * Math.sqrt(8000 * (1 / 8) * (7 / 8)));
  }
});

test("I/N is read, from 1 to N", () => {
  expect(parseShard("1/1")).toEqual({ index: 1, count: 1 });
  expect(parseShard("16/16")).toEqual({ index: 16, count: 16 });
  for (const wrong of ["0/4", "5/4", "1", "1/0", "-1/4", "1/4/2", "a/b", "1.5/4", ""]) {
    expect(() => parseShard(wrong), wrong).toThrow(
      expect.objectContaining({ code: "ERR_USAGE", parameter: "shard" }),
    );
  }
});
