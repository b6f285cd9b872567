import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.js";
import { createRandom } from "../../src/core/random.js";
import { initialiserNames, initialisers, orthogonal } from "../../src/sequence/initialisers.js";

function filled(name: keyof typeof initialisers, rows: number, columns: number, seed = 7) {
  const data = new Float32Array(rows * columns);
  initialisers[name](data, rows, columns, createRandom(seed));
  return data;
}

function deviation(data: Float32Array): number {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
}

function largest(data: Float32Array): number {
  return data.reduce((a, value) => Math.max(a, value));
}

/** Largest difference of the products of any two rows from those of orthonormal ones. */
function departure(data: Float32Array, rows: number, columns: number): number {
  let largest = 0;
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let c = 0; c < columns; c++) product += data[a * columns + c]! * data[b * columns + c]!;
      largest = Math.max(largest, Math.abs(product - (a === b ? 1 : 0)));
    }
  }
  return largest;
}

describe("initial weights", () => {
  it.each(initialiserNames)("%s is decided by its seed", (name) => {
    expect(filled(name, 12, 40)).toEqual(filled(name, 12, 40));
    expect(filled(name, 12, 40)).not.toEqual(filled(name, 12, 40, 8));
  });

  it("have the deviations of Glorot and He", () => {
    const [rows, columns] = [300, 500];
    const glorot = Math.sqrt(2 / (rows + columns));
    const he = Math.sqrt(2 / rows);
    for (const [name, wanted] of [
      ["glorot", glorot],
      ["glorotNormal", glorot],
      ["he", he],
      ["heUniform", he],
    ] as const) {
      expect(deviation(filled(name, rows, columns)) / wanted).toBeCloseTo(1, 2);
    }
    const limit = Math.sqrt(3) * Math.max(glorot, he);
    expect(largest(filled("glorot", rows, columns))).toBeLessThan(limit);
    expect(largest(filled("heUniform", rows, columns))).toBeLessThanOrEqual(limit);
    expect(largest(filled("he", rows, columns))).toBeGreaterThan(limit);
  });

  it.each([
    [1, 1],
    [7, 28],
    [64, 64],
    [256, 300],
    [257, 257],
    [300, 1001],
  ])("orthogonal rows of [%i, %i] are orthonormal", (rows, columns) => {
    expect(departure(filled("orthogonal", rows, columns), rows, columns)).toBeLessThan(1e-6);
  });

  it("orthogonal gives orthonormal columns where there are more rows", () => {
    const tall = filled("orthogonal", 30, 8);
    const turned = Float32Array.from(tall, (_, i) => tall[(i % 30) * 8 + Math.floor(i / 30)]!);
    expect(departure(turned, 8, 30)).toBeLessThan(1e-6);
  });

  it("large orthogonal weights are spread as normal ones: no few that outweigh the others", () => {
    const [rows, columns] = [260, 1040];
    const data = filled("orthogonal", rows, columns);
    const fourth = data.reduce((sum, value) => sum + value ** 4, 0) / data.length;
    const kurtosis = fourth * columns ** 2;
    expect(kurtosis).toBeGreaterThan(2.8);
    expect(kurtosis).toBeLessThan(3.4);
    expect(deviation(data) * Math.sqrt(columns)).toBeCloseTo(1, 3);
  });

  it("of 128 units are those that they have always been", () => {
    const data = new Float32Array(128 * 512);
    orthogonal(data, 128, 512, createRandom(1));
    expect(sha256(Buffer.from(data.buffer))).toBe(
      "5cfad8fd17e75d47d6a0728c8bace67fae011cc5a0d78e5223f29a537c114c28",
    );
  });
});
