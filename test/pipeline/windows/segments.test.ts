import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  labelCells,
  noClass,
  type SegmentRules,
  segmentsOf,
} from "../../../src/pipeline/windows/segments.js";
import { strideEdges, type Track } from "../../../src/pipeline/windows/track.js";

/** A track of two classes and cells of one second, from the first class's probabilities. */
function twoClasses(...first: number[]): Track {
  return {
    edges: strideEdges(first.length, 1),
    probabilities: Float32Array.from(first.flatMap((value) => [value, 1 - value])),
  };
}

const summary = (track: Track, rules: SegmentRules): string =>
  segmentsOf(track, 2, rules)
    .map(({ start, end, label }) => `${start}-${end}:${label === noClass ? "?" : "ab"[label]}`)
    .join(" ");

describe("hysteresis", () => {
  test.each([
    // Without a threshold every cell has its likeliest class.
    [0, [0.9, 0.6, 0.4, 0.1], "0-2:a 2-4:b"],
    [0, [0.5, 0.5], "0-2:a"],
    // Nothing reaches the threshold, but where something does.
    [0.8, [0.7, 0.6, 0.7], "0-3:?"],
    [0.8, [0.9, 0.7, 0.6, 0.5], "0-4:a"],
    // A class that was found goes on to half the threshold, and to both sides.
    [0.8, [0.3, 0.45, 0.9, 0.45, 0.3], "0-1:? 1-4:a 4-5:?"],
    // Where two that were found overlap, the likelier one is taken.
    [0.8, [0.9, 0.6, 0.55, 0.45, 0.1], "0-3:a 3-5:b"],
  ])("at %d: %o becomes %s", (threshold, first, wanted) => {
    expect(summary(twoClasses(...first), { threshold, minLength: 0 })).toBe(wanted);
  });

  test("takes a class for found only in the run where it reaches the threshold", () => {
    const probabilities = Float32Array.of(0.9, 0.1, 0.2, 0.1, 0.6, 0.1);
    expect([...labelCells(probabilities, 2, 0.8)]).toEqual([0, noClass, noClass]);
  });
});

describe("the shortest segment", () => {
  test.each([
    // A flicker goes to what is on both sides of it.
    [2, [0.9, 0.9, 0.4, 0.9, 0.9], "0-5:a"],
    // One between two others goes to the likelier.
    [1, [0.9, 0.9, 0.4, 0.1, 0.1], "0-2:a 2-5:b"],
    // Exactly as long as it must be, it stays.
    [2, [0.9, 0.9, 0.1, 0.1, 0.9, 0.9], "0-2:a 2-4:b 4-6:a"],
    [3, [0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9], "0-5:b 5-8:a"],
    // A video shorter than the minimum is one segment.
    [9, [0.9, 0.2], "0-2:a"],
  ])("is at least %d s: %o becomes %s", (minLength, first, wanted) => {
    expect(summary(twoClasses(...first), { threshold: 0, minLength })).toBe(wanted);
  });

  test("a doubtful gap within a class is closed, and keeps apart what is longer", () => {
    const gap = twoClasses(0.95, 0.95, 0.5, 0.95, 0.95);
    expect(summary(gap, { threshold: 0.9, minLength: 0 })).toBe("0-5:a");
    const low = {
      edges: strideEdges(3, 1),
      probabilities: Float32Array.of(0.9, 0, 0.1, 0, 0.9, 0),
    };
    expect(summary(low, { threshold: 0.8, minLength: 0 })).toBe("0-1:a 1-2:? 2-3:a");
    expect(summary(low, { threshold: 0.8, minLength: 2 })).toBe("0-3:a");
  });
});

/** Tracks of three classes, of up to 40 cells of a stride each. */
const tracks = fc
  .record({
    values: fc.array(
      fc.tuple(fc.float({ min: 0, max: 1, noNaN: true }), fc.nat(1000), fc.nat(999)),
      {
        minLength: 1,
        maxLength: 40,
      },
    ),
    stride: fc.constantFrom(0.1, 0.25, 0.5, 1, 1 / 3),
    rest: fc.double({ min: 0.01, max: 1, noNaN: true }),
  })
  .map(({ values, stride, rest }): Track => {
    const edges = strideEdges((values.length - 1 + rest) * stride, stride);
    const rows = values.slice(0, edges.length - 1).map(([a, b, c]) => {
      const sum = a * 1000 + b + c + 1;
      return [(a * 1000 + 1) / sum, b / sum, c / sum];
    });
    return { edges, probabilities: Float32Array.from(rows.flat()) };
  });

const rules = fc.record({
  threshold: fc.double({ min: 0, max: 1, noNaN: true }),
  minLength: fc.double({ min: 0, max: 12, noNaN: true }),
});

test("segments cover the whole time in order, without gaps, and neighbours differ", () => {
  fc.assert(
    fc.property(tracks, rules, (track, given) => {
      const segments = segmentsOf(track, 3, given);
      expect(segments[0]!.start).toBe(0);
      expect(segments.at(-1)!.end).toBe(track.edges.at(-1));
      const wrong = segments.filter(({ start, end, label, confidence }, index) => {
        const before = segments[index - 1];
        if (before && (start !== before.end || label === before.label)) return true;
        if (segments.length > 1 && end - start < given.minLength - 1e-6) return true;
        return !(end > start && confidence >= 0 && confidence <= 1 + 1e-6);
      });
      expect(wrong).toEqual([]);
    }),
  );
});

test("a longer minimum never gives more segments", () => {
  fc.assert(
    fc.property(tracks, rules, fc.double({ min: 0, max: 6, noNaN: true }), (track, given, more) => {
      const longer = { ...given, minLength: given.minLength + more };
      expect(segmentsOf(track, 3, longer).length).toBeLessThanOrEqual(
        segmentsOf(track, 3, given).length,
      );
    }),
  );
});

test("a higher threshold never finds a class where a lower one found none", () => {
  fc.assert(
    fc.property(tracks, rules, fc.double({ min: 0, max: 1, noNaN: true }), (track, given, high) => {
      const low = Math.min(given.threshold, high);
      const few = labelCells(track.probabilities, 3, Math.max(given.threshold, high));
      const many = labelCells(track.probabilities, 3, low);
      for (const [cell, label] of few.entries()) {
        if (label !== noClass) expect(many[cell]).not.toBe(noClass);
      }
    }),
  );
});

test("a hundred thousand cells that flicker are no trouble", () => {
  const cells = 100_000;
  const track = {
    edges: strideEdges(cells, 1),
    probabilities: Float32Array.from({ length: 2 * cells }, (_, i) =>
      i % 4 === 0 || i % 4 === 3 ? 0.9 : 0.1,
    ),
  };
  expect(segmentsOf(track, 2, { threshold: 0, minLength: 0 })).toHaveLength(cells);
  const merged = segmentsOf(track, 2, { threshold: 0, minLength: 50 });
  expect(merged.length).toBeLessThan(cells / 50 + 1);
});
