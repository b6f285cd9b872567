import { expect, test } from "vitest";
import { createMotionExtractor } from "../../../src/features/motion/motion-extractor.js";
import { equalSteps, motionSteps } from "../../../src/features/motion/motion-steps.js";
import { height, linear, type Motion, picture, shift, width } from "./moving-pictures.js";

/** Frames of the texture after so much of a motion, one after the other. */
function film(motionAt: (frame: number) => Motion, n: number): Uint8Array {
  return Buffer.concat(Array.from({ length: n }, (_, i) => picture(motionAt(i))));
}

const times = (n: number, rate = 15) => Float64Array.from({ length: n }, (_, i) => i / rate);

/** Of each frame, a pixel further to the right. */
const toTheRight = film((i) => shift(-i, 0), 5);

/** The parts of a vector: HOF by cells, and both MBH. */
function parts(vector: Float32Array) {
  return { flow: vector.subarray(0, 144), boundaries: vector.subarray(144) };
}

const bin = (flow: Float32Array, which: number) =>
  flow.filter((_, index) => index % 9 === which).reduce((sum, value) => sum + value, 0) / 16;

test("n frames give n - 1 vectors of 400 values, at the times between them", () => {
  const extractor = createMotionExtractor();
  const { vectors, timestamps, n } = extractor.push(toTheRight, times(5), 5);
  expect(extractor.dimension).toBe(400);
  expect(n).toBe(4);
  expect(vectors).toHaveLength(1600);
  expect([...timestamps]).toEqual([0.5, 1.5, 2.5, 3.5].map((i) => expect.closeTo(i / 15, 9)));
  expect(vectors.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
});

test("frame by frame gives what all at once gives", () => {
  const whole = createMotionExtractor().push(toTheRight, times(5), 5);
  const extractor = createMotionExtractor();
  const single = Array.from({ length: 5 }, (_, i) =>
    extractor.push(
      toTheRight.subarray(i * width * height, (i + 1) * width * height),
      Float64Array.of(i / 15),
      1,
    ),
  );
  expect(single[0]!.n).toBe(0);
  expect(single.flatMap(({ vectors }) => [...vectors])).toEqual([...whole.vectors]);
  expect(single.flatMap(({ timestamps }) => [...timestamps])).toEqual([...whole.timestamps]);
});

test("a pan is motion to one side, or none once the camera's is taken off", () => {
  const seen = createMotionExtractor({ camera: "none" }).push(toTheRight, times(5), 5);
  const { flow, boundaries } = parts(seen.vectors.subarray(0, 400));
  expect(bin(flow, 0)).toBeGreaterThan(0.85);
  expect(bin(flow, 4)).toBeLessThan(0.02);
  expect(boundaries.reduce((sum, value) => sum + value, 0) / 32).toBeLessThan(0.02);
  const steadied = createMotionExtractor().push(toTheRight, times(5), 5);
  expect(bin(parts(steadied.vectors.subarray(0, 400)).flow, 8)).toBeGreaterThan(0.9);
});

test("a turn is still there once the camera's motion is taken off", () => {
  const turning = film((i) => linear(0, 0.05 * i, -0.05 * i, 0), 2);
  const { vectors } = createMotionExtractor().push(turning, times(2), 2);
  const { flow } = parts(vectors);
  expect(bin(flow, 8)).toBeLessThan(0.2);
  // Clockwise: the upper cells move to the right, the lower ones to the left.
  expect(flow[1 * 9 + 0]!).toBeGreaterThan(0.5);
  expect(flow[13 * 9 + 4]!).toBeGreaterThan(0.5);
});

test("motion is told in pixels a fifteenth of a second, whatever the rate", () => {
  const fast = createMotionExtractor({ camera: "none" }).push(toTheRight, times(5, 30), 5);
  const usual = createMotionExtractor({ camera: "none" }).push(toTheRight, times(5), 5);
  expect(bin(parts(fast.vectors.subarray(0, 400)).flow, 0)).toBeCloseTo(
    2 * bin(parts(usual.vectors.subarray(0, 400)).flow, 0),
    2,
  );
});

test("a frame that is taken twice tells nothing of its own", () => {
  const twice = Buffer.concat([
    toTheRight.subarray(0, 2 * width * height),
    toTheRight.subarray(width * height, 3 * width * height),
  ]);
  const repeated = createMotionExtractor().push(
    twice,
    Float64Array.of(0, 1 / 15, 1 / 15, 2 / 15),
    4,
  );
  const plain = createMotionExtractor().push(
    toTheRight.subarray(0, 3 * width * height),
    times(3),
    3,
  );
  expect(repeated.n).toBe(2);
  expect([...repeated.vectors]).toEqual([...plain.vectors]);
});

test("after a reset the first frame of another video is compared with none", () => {
  const extractor = createMotionExtractor();
  extractor.push(toTheRight, times(5), 5);
  extractor.reset();
  expect(extractor.push(toTheRight, times(5), 5)).toEqual(
    createMotionExtractor().push(toTheRight, times(5), 5),
  );
});

test("what does not fit is refused by name", () => {
  const extractor = createMotionExtractor();
  expect(() => extractor.push(new Uint8Array(4801), times(1), 1)).toThrow(/n \* 4800 bytes/);
  expect(() => extractor.push(new Uint8Array(4800), times(2), 1)).toThrow(/must hold 1 times/);
  expect(() => createMotionExtractor({ columns: 17 })).toThrow(/columns .* 1 to 16; it is 17/);
  expect(() => createMotionExtractor({ width: 5000 })).toThrow(/width/);
});

test("steps hold the roots of means, and one without motion the nearest", () => {
  const motion = {
    vectors: Float32Array.from([1, 0, 3, 4, 9, 16]),
    timestamps: Float64Array.of(0.1, 0.4, 2.9),
    n: 3,
  };
  const features = motionSteps(motion, 2, equalSteps(0, 4, 4));
  const root2 = Math.fround(Math.SQRT2);
  expect([...features]).toEqual([root2, root2, Math.fround(Math.sqrt(3)), 2, 3, 4, 3, 4]);
  // Steps of different lengths, the last two of none.
  const uneven = motionSteps(motion, 2, Float64Array.of(0.2, 0.5, 2.85, 2.85, 2.85));
  expect([...uneven]).toEqual([Math.fround(Math.sqrt(3)), 2, 3, 4, 3, 4, 3, 4]);
});

test("without any motion the steps are all 0; edges that are none are refused", () => {
  const nothing = { vectors: new Float32Array(), timestamps: new Float64Array(), n: 0 };
  const features = motionSteps(nothing, 3, equalSteps(0, 1, 2));
  expect([...features]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(() => motionSteps(nothing, 3, Float64Array.of(1, 0))).toThrow(/ascending/);
  expect(() => motionSteps(nothing, 3, Float64Array.of(1))).toThrow(/at least two/);
});
