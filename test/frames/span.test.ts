import { expect, test } from "vitest";
import { planWithin, spanFragment, spansOverlap } from "../../src/frames/span.js";
import { sampleNumbers, writeNumberedClip } from "./numbered-clip.js";
import { sharedDirectory } from "./shared-directory.js";

test("spans are written as media fragments", () => {
  expect(spanFragment({ start: 1.5, end: 4 })).toBe("#t=1.5,4");
  expect(spanFragment({ start: 3.8000000000000003 })).toBe("#t=3.8");
  expect(spanFragment({ end: 1e-7 })).toBe("#t=,0");
  expect(spanFragment({})).toBe("");
  expect(spanFragment(undefined)).toBe("");
});

test("a plan for a span takes its frames alone; the plan's own span counts from its start", async () => {
  const clip = await writeNumberedClip(sharedDirectory(), { frames: 40, keyframeInterval: 8 });
  const numbers = async (plan: Parameters<typeof planWithin>[0], span: object) =>
    (await sampleNumbers(clip, planWithin(plan, span))).numbers;
  expect(await numbers({ count: 4 }, { start: 1, end: 2 })).toEqual([11, 13, 16, 18]);
  expect(await numbers({ fps: 10, start: 0.5 }, { start: 1, end: 2 })).toEqual([
    15, 16, 17, 18, 19,
  ]);
  expect(await numbers({ fps: 10, end: 0.3 }, { start: 3 })).toEqual([30, 31, 32]);
  expect(await numbers({ fps: 10 }, { end: 0.2 })).toEqual([0, 1]);
});

test("spans that only touch do not overlap", () => {
  expect(spansOverlap({ end: 2 }, { start: 2 })).toBe(false);
  expect(spansOverlap({ end: 2 }, { start: 1.9, end: 3 })).toBe(true);
  expect(spansOverlap(undefined, { start: 5 })).toBe(true);
});
