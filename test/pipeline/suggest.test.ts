import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseVideos } from "../../src/pipeline/suggest.js";

const at = (angle: number): Float32Array => Float32Array.of(Math.cos(angle), Math.sin(angle));

test("the most uncertain video comes first, then those unlike it, twins last", () => {
  const videos = [
    { name: "sure", uncertainty: 0.1, place: at(3) },
    { name: "unsure", uncertainty: 0.9, place: at(0) },
    { name: "its twin", uncertainty: 0.89, place: at(0) },
    { name: "unsure elsewhere", uncertainty: 0.7, place: at(1.5) },
  ];
  expect(chooseVideos(videos, 4).map(({ name }) => name)).toEqual([
    "unsure",
    "unsure elsewhere",
    "sure",
    "its twin",
  ]);
});

test("as many as are wanted and there are, none twice", () => {
  const video = fc.record({
    uncertainty: fc.double({ min: 0, max: 1, noNaN: true }),
    angle: fc.nat(6),
  });
  fc.assert(
    fc.property(
      fc.array(video, { maxLength: 12 }),
      fc.integer({ min: 1, max: 14 }),
      (given, count) => {
        const videos = given.map(({ uncertainty, angle }) => ({ uncertainty, place: at(angle) }));
        const chosen = chooseVideos(videos, count);
        expect(chosen).toHaveLength(Math.min(count, videos.length));
        expect(new Set(chosen).size).toBe(chosen.length);
      },
    ),
    { numRuns: 50 },
  );
});
