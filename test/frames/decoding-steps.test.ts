import fc from "fast-check";
import { expect, test } from "vitest";
import { planDecoding, steps } from "../../src/frames/decoding-steps.js";
import type { PacketIndex } from "../../src/frames/packet-index.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";
import { ffmpegIsThere } from "./ffmpeg-program.js";
import { middles, sampleNumbers, writeNumberedClip } from "./numbered-clip.js";
import { sharedDirectory } from "./shared-directory.js";

/** An index, from the times at which the packets' frames are shown and the places of the keyframes. */
function indexOf(
  times: readonly number[],
  keys: readonly number[],
  hidden: readonly number[] = [],
): PacketIndex {
  const shown = times.map((_, i) => !hidden.includes(i));
  const sorted = Float64Array.from(times.filter((_, i) => shown[i])).sort();
  return {
    times: Float64Array.from(times),
    keys: Uint8Array.from(times, (_, i) => Number(keys.includes(i))),
    shown: Uint8Array.from(shown, Number),
    sorted,
    end: sorted.at(-1)! + 1,
    exact: true,
    endsEarly: false,
    packets: undefined,
  };
}

const { passOver: no, decode, take } = steps;

function stepsOf(...args: Parameters<typeof planDecoding>): Uint8Array {
  return planDecoding(...args).steps;
}

test("of each frame taken, the packets from the keyframe before it are decoded", () => {
  const index = indexOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 4, 8]);
  expect([...stepsOf(index, [{ count: 1 }])]).toEqual([
    no,
    no,
    no,
    no,
    decode,
    take,
    no,
    no,
    no,
    no,
  ]);
  expect([...stepsOf(index, [{ fps: 1, start: 2, end: 4 }])]).toEqual([
    decode,
    decode,
    take,
    take,
    no,
    no,
    no,
    no,
    no,
    no,
  ]);
});

test("keyframes are decoded alone", () => {
  const index = indexOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 4, 8]);
  expect([...stepsOf(index, [{ keyframes: true }])]).toEqual([
    take,
    no,
    no,
    no,
    take,
    no,
    no,
    no,
    take,
    no,
  ]);
});

test("what every output takes is decoded once for all", () => {
  const index = indexOf([0, 1, 2, 3, 4, 5], [0, 3]);
  const planned = stepsOf(index, [{ keyframes: true }, { count: 1 }, { fps: 1, start: 4 }]);
  expect([...planned]).toEqual([take, no, no, take, take, take]);
});

test("B-frames shown before their keyframe need the one before; those after it do not need them", () => {
  // I0 P3 B1 B2 | I6 B4 B5 P8 B7: 4 and 5 come after the keyframe 6 and are shown before it.
  const index = indexOf([0, 3, 1, 2, 6, 4, 5, 8, 7], [0, 4]);
  expect([...stepsOf(index, [{ fps: 1, start: 7, end: 8 }])]).toEqual([
    no,
    no,
    no,
    no,
    decode,
    no,
    no,
    decode,
    take,
  ]);
  expect([...stepsOf(index, [{ fps: 1, start: 5, end: 6 }])]).toEqual([
    decode,
    decode,
    decode,
    decode,
    decode,
    decode,
    take,
    no,
    no,
  ]);
});

test("what an edit list hides is decoded where it is referred to, and never taken", () => {
  const index = indexOf([-2, -1, 0, 1], [0], [0, 1]);
  expect([...stepsOf(index, [{ count: 1 }])]).toEqual([decode, decode, decode, take]);
});

test("a stream without a keyframe at its start is decoded from its start", () => {
  expect([...stepsOf(indexOf([0, 1, 2], []), [{ count: 1 }])]).toEqual([decode, take, no]);
});

test("whatever is taken, all since its keyframe is decoded", () => {
  const gops = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(gops, fc.integer({ min: 1, max: 20 }), (lengths, count) => {
      const keys = lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
      const n = lengths.reduce((a, b) => a + b);
      const planned = stepsOf(
        indexOf(
          Array.from({ length: n }, (_, i) => i),
          keys,
        ),
        [{ count }],
      );
      const taken = new Set(middles(n, count));
      planned.forEach((step, i) => {
        expect(step === take).toBe(taken.has(i));
        const nextKey = keys.find((key) => key > i) ?? n;
        const isNeeded = [...taken].some((frame) => frame >= i && frame < nextKey);
        expect(step !== no).toBe(isNeeded);
      });
    }),
  );
});

test("frames are the same to the bit whether their neighbours are decoded or not", async () => {
  const directory = sharedDirectory();
  const path = await writeNumberedClip(directory, { frames: 60, keyframeInterval: 12 });
  const all: Uint8Array[] = [];
  for await (const { frames, n } of sampleFrames(path, { fps: 10, size: 32 })) {
    for (let i = 0; i < n; i++)
      all.push(frames.slice((i * frames.length) / n, ((i + 1) * frames.length) / n));
  }
  expect(all).toHaveLength(60);
  for (const [plan, expected] of [
    [{ count: 5 }, middles(60, 5)],
    [{ count: 16 }, middles(60, 16)],
    [{ keyframes: true }, [0, 12, 24, 36, 48]],
    [{ fps: 2 }, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]],
    [{ fps: 5, start: 3, end: 4 }, [30, 32, 34, 36, 38]],
    [{ count: 2, start: 2 }, [30, 50]],
    [{ every: 7, limit: 5 }, [0, 7, 14, 21, 28]],
    [{ every: 20 }, [0, 20, 40]],
    [{ every: 3, start: 1, end: 2 }, [10, 13, 16, 19]],
  ] as const) {
    const { numbers, timestamps } = await sampleNumbers(path, plan);
    expect(numbers).toEqual(expected);
    expect(timestamps.map((time) => Math.round(time * 10))).toEqual(expected);
    for await (const { frames } of sampleFrames(path, { ...plan, size: 32 })) {
      expect(Buffer.compare(frames, Buffer.concat(expected.map((i) => all[i]!)))).toBe(0);
    }
  }
});

test("decoding begins anew at a keyframe only where it needs nothing of what came before", () => {
  // I0 I3 B1 B2 I6 B4 B5: the frame 4 lies between the keyframes 3 and 6, which are decoded in one go.
  const index = indexOf([0, 3, 1, 2, 6, 4, 5], [0, 1, 4]);
  const planned = planDecoding(index, [{ fps: 1, start: 4, end: 5 }]);
  expect([...planned.steps]).toEqual([no, decode, no, no, decode, take, no]);
  expect([...planned.begins]).toEqual([0, 1, 0, 0, 0, 0, 0]);
  // Also where the second keyframe is taken itself.
  const both = planDecoding(index, [
    { fps: 1, start: 4, end: 5 },
    { fps: 1, start: 6 },
  ]);
  expect([...both.begins]).toEqual([0, 1, 0, 0, 0, 0, 0]);
  const apart = planDecoding(index, [{ keyframes: true }]);
  expect([...apart.begins]).toEqual([1, 1, 0, 0, 1, 0, 0]);
});

const ffmpeg = ffmpegIsThere("every n-th frame from the ffmpeg program");

test.skipIf(!ffmpeg)("the ffmpeg program gives the same of every n-th frame", async () => {
  const path = await writeNumberedClip(sharedDirectory(), { frames: 60, keyframeInterval: 12 });
  for (const [plan, expected] of [
    [{ every: 7, limit: 5 }, [0, 7, 14, 21, 28]],
    [{ every: 3, start: 1, end: 2 }, [10, 13, 16, 19]],
    [{ every: 1, limit: 3, start: 5.5 }, [55, 56, 57]],
  ] as const) {
    for (const decoder of ["ffmpeg", "libav"] as const) {
      expect((await sampleNumbers(path, { ...plan, decoder })).numbers).toEqual(expected);
    }
  }
});
