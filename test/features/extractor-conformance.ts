import { afterAll, beforeAll, expect, test } from "vitest";
import type { ContentStore } from "../../src/core/content-store.js";
import type { CnnEngine } from "../../src/features/cnn-choice.js";
import { describeCnn } from "../../src/features/describe-cnn.js";
import type { FeatureExtractor } from "../../src/features/feature-extractor.js";
import { openFeatureExtractor } from "../../src/features/open-feature-extractor.js";
import { cosine, frame, frameSize, frames, largestDifference, n, row } from "./pictures.js";

/**
 * What every engine must do with the default network. To be called at the top of a test file, which then has
 * these tests.
 */
export function testExtractor(engine: CnnEngine, store: ContentStore): void {
  const open = (): Promise<FeatureExtractor> =>
    openFeatureExtractor("mobilenet-v2", { store, engine });
  let cnn: FeatureExtractor;
  let together: Float32Array;

  beforeAll(async () => {
    cnn = await open();
    together = await cnn.extract(frames, n);
  });
  afterAll(() => cnn?.close());

  test("it says what it is", async () => {
    const { id, digest, dimension, inputSize, takesAnySize } = cnn;
    expect({ id, digest, dimension, inputSize, takesAnySize }).toEqual(
      await describeCnn({ cnn: "mobilenet-v2", engine }, store),
    );
    expect([dimension, inputSize]).toEqual([1280, 224]);
  });

  test("a frame gives 1280 finite numbers, means of Relu6 values", () => {
    expect(together).toBeInstanceOf(Float32Array);
    expect(together).toHaveLength(n * 1280);
    expect(together.every((value) => value >= 0 && value <= 6)).toBe(true);
    // Dead features would be of no use.
    for (let i = 0; i < n; i++)
      expect(row(together, i).filter((v) => v > 0).length).toBeGreaterThan(50);
  });

  test("a frame's features do not depend on the other frames of its batch", async () => {
    for (const i of [0, 3, n - 1]) {
      const alone = await cnn.extract(frame(i), 1);
      expect(largestDifference([...alone], row(together, i))).toBeLessThan(1e-4);
    }
    const [head, tail] = [frames.subarray(0, 5 * frameSize), frames.subarray(5 * frameSize)];
    const parts = [...(await cnn.extract(head, 5)), ...(await cnn.extract(tail, n - 5))];
    expect(largestDifference(parts, [...together])).toBeLessThan(1e-4);
  });

  test("the features come in the order of the frames", async () => {
    const reversed = new Uint8Array(frames.length);
    for (let i = 0; i < n; i++) reversed.set(frame(n - 1 - i), i * frameSize);
    const features = await cnn.extract(reversed, n);
    for (let i = 0; i < n; i++) {
      expect(largestDifference(row(features, i), row(together, n - 1 - i))).toBeLessThan(1e-4);
    }
  });

  test("different pictures give different features", () => {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        expect(cosine(row(together, i), row(together, j)), `${i} and ${j}`).toBeLessThan(0.99);
      }
    }
  });

  test("a picture moved by a pixel is nearer to itself than to any other", async () => {
    const moved = new Uint8Array(frameSize);
    moved.set(frame(5).subarray(3));
    const features = [...(await cnn.extract(moved, 1))];
    const likeness = Array.from({ length: n }, (_, i) => cosine(features, row(together, i)));
    expect(likeness.indexOf(Math.max(...likeness))).toBe(5);
  });

  test("the order of the colours matters", async () => {
    const swapped = frame(5).slice();
    for (let p = 0; p < frameSize; p += 3) swapped.subarray(p, p + 3).reverse();
    const features = [...(await cnn.extract(swapped, 1))];
    expect(cosine(features, row(together, 5))).toBeLessThan(0.99);
  });

  test("frames are not altered, and may be a view", async () => {
    const padded = new Uint8Array(frameSize + 7);
    padded.set(frame(4), 7);
    const features = await cnn.extract(padded.subarray(7), 1);
    expect(largestDifference([...features], row(together, 4))).toBeLessThan(1e-4);
    expect(Buffer.compare(padded.subarray(7), frame(4))).toBe(0);
  });

  test.each([
    ["too few bytes", frameSize - 1, 1],
    ["too many bytes", frameSize + 1, 1],
    ["bytes of another number of frames", 2 * frameSize, 3],
    ["no frames", 0, 0],
    ["less than none", 0, -1],
    ["half a frame", frameSize / 2, 0.5],
    ["a number that is none", frameSize, Number.NaN],
  ])("%s are a RangeError", async (_, length, count) => {
    await expect(cnn.extract(new Uint8Array(length), count)).rejects.toBeInstanceOf(RangeError);
  });

  test("frames of another side are taken where it takes any, and else a RangeError", async () => {
    const side = 96;
    const extracting = cnn.extract(frames.slice(0, 2 * side * side * 3), 2, { side });
    if (cnn.takesAnySize) expect(await extracting).toHaveLength(2 * cnn.dimension);
    else await expect(extracting).rejects.toBeInstanceOf(RangeError);
  });

  test("an aborted signal stops it", async () => {
    const reason = new Error("no more");
    const extracting = cnn.extract(frame(0), 1, { signal: AbortSignal.abort(reason) });
    await expect(extracting).rejects.toBe(reason);
  });

  test("a signal that is aborted under way stops it", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { signal } = controller;
    // Seven frames are more than are computed at once.
    setImmediate(() => controller.abort(reason));
    const extracting = cnn.extract(frames, n, { signal });
    await expect(extracting).rejects.toBe(reason);
  });

  test("a second opening gives the same features to the bit, and is closed alone, once and for all", async () => {
    const again = await open();
    const [one, two] = [await cnn.extract(frame(6), 1), await again.extract(frame(6), 1)];
    expect(Buffer.compare(Buffer.from(one.buffer), Buffer.from(two.buffer))).toBe(0);
    await again.close();
    await again.close();
    await expect(again.extract(frame(0), 1)).rejects.toThrow();
    const after = await cnn.extract(frame(6), 1);
    expect(Buffer.compare(Buffer.from(one.buffer), Buffer.from(after.buffer))).toBe(0);
  });

  test("another layer and other preprocessing can be had, and a layer that is not there cannot", async () => {
    const preprocessing = { inputSize: 96, channels: "bgr" } as const;
    const layer = "FeatureExtractor/MobilenetV2/expanded_conv_14/add";
    const choice = { store, engine, preprocessing };
    await using inner = await openFeatureExtractor("mobilenet-v2", { ...choice, layer });
    expect([inner.inputSize, inner.dimension]).toEqual([96, 160]);
    const features = await inner.extract(new Uint8Array(2 * 96 * 96 * 3).fill(99), 2);
    expect(row(features, 0, 160)).toEqual(row(features, 1, 160));
    const refusal = openFeatureExtractor("mobilenet-v2", { ...choice, layer: "add" });
    await expect(refusal).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "layer" });
    await expect(refusal).rejects.toThrow(layer);
  });
}
