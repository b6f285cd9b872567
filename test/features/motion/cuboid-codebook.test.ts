import { describe, expect, test } from "vitest";
import {
  packCodebooks,
  unpackCodebooks,
  usualCodebooks,
} from "../../../src/features/motion/cuboid-codebook.js";
import { cuboidDimension } from "../../../src/features/motion/cuboid-parameters.js";

const usual = usualCodebooks();

test("codebooks that are packed and unpacked are the same, one of each histogram", () => {
  expect(usual).toHaveLength(3);
  const numbers = packCodebooks(usual);
  expect(unpackCodebooks(numbers)).toEqual(usual);
  // Each number has a place of its own, and none is left over.
  const counted = Float32Array.from(numbers, (_, i) => i);
  expect(packCodebooks(unpackCodebooks(counted))).toEqual(counted);
  expect(usual.reduce((sum, { means }) => sum + means.length, 0)).toBe(cuboidDimension);
});

describe.each([
  ["the flow", 0, 72],
  ["the slopes of the flow to the right", 1, 64],
  ["the slopes of the flow downwards", 2, 64],
])("the usual words of %s", (_, histogram, size) => {
  const { mean, axes, weights, means, deviations } = usual[histogram]!;

  test("are as many as they should be, of finite numbers", () => {
    expect(mean).toHaveLength(size);
    expect(axes).toHaveLength(size * 16);
    expect(weights).toHaveLength(32);
    expect([means.length, deviations.length]).toEqual([32 * 16, 32 * 16]);
    for (const part of [mean, axes, weights, means, deviations]) {
      expect(part.every(Number.isFinite)).toBe(true);
    }
  });

  test("are weighed to 1, each of them something, and none without extent", () => {
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect(Math.min(...weights)).toBeGreaterThan(0);
    expect(Math.min(...deviations)).toBeGreaterThan(0);
  });

  test("lie along axes that are orthonormal", () => {
    for (let a = 0; a < 16; a++) {
      for (let b = 0; b <= a; b++) {
        let product = 0;
        for (let i = 0; i < size; i++) product += axes[i * 16 + a]! * axes[i * 16 + b]!;
        expect(Math.abs(product - (a === b ? 1 : 0))).toBeLessThan(1e-5);
      }
    }
  });

  test("are told apart: no two have the same mean", () => {
    const all = Array.from({ length: 32 }, (_, k) => means.slice(k * 16, (k + 1) * 16).join());
    expect(new Set(all).size).toBe(32);
  });
});
