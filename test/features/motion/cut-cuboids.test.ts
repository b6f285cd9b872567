import { describe, expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { usualCodebooks } from "../../../src/features/motion/cuboid-codebook.js";
import {
  describeCuboid,
  placesAcross,
  type View,
} from "../../../src/features/motion/cuboid-kernels.js";
import { descriptorSizes } from "../../../src/features/motion/cuboid-parameters.js";
import { createCuboidCutter } from "../../../src/features/motion/cut-cuboids.js";
import { openJavascriptCuboids } from "../../../src/features/motion/javascript-cuboid-kernels.js";
import {
  histogramBins,
  mirroredBins,
} from "../../../src/features/motion/orientation-histograms.js";

const [columns, rows] = [16, 12];
const cells = columns * rows;

/** A cuboid that was added to the kernels. */
interface Seen {
  readonly histogram: number;
  readonly view: View;
  /** Fine cells from the left, and from above. */
  readonly column: number;
  readonly row: number;
  readonly descriptor: Float32Array;
}

/** Cuts the motion of a video, a sixteenth of a second from pair to pair; tells when, and what was seen. */
function cut(vectors: readonly Float32Array[]) {
  const kernels = openJavascriptCuboids(usualCodebooks());
  const seen: Seen[] = [];
  const cutter = createCuboidCutter({
    ...kernels,
    add(histogram, view, place, scale) {
      const descriptor = new Float32Array(descriptorSizes[histogram]!);
      describeCuboid(kernels, histogram, view, place, scale, descriptor);
      const [column, row] = [place % placesAcross, Math.floor(place / placesAcross)];
      seen.push({ histogram, view, column, row, descriptor });
      kernels.add(histogram, view, place, scale);
    },
  });
  const times = vectors.map((vector, i) => cutter.next(vector, i / 16));
  return { times, end: cutter.end(), seen, sums: kernels.sums };
}

/** Motion of nothing but some cells, of which each moves to the right by so many pixels. */
function moving(...places: readonly (readonly [column: number, row: number, pixels: number])[]) {
  const vector = new Float32Array(cells * 25);
  for (const [column, row, pixels] of places) vector[(row * columns + column) * 9] = pixels;
  return vector;
}

const still = moving();

/** Where cuboids lie that were seen in the flow's histogram, as they are. */
const placesOf = (seen: readonly Seen[]): string[] =>
  seen
    .filter(({ histogram, view }) => histogram === 0 && view === "cuboid")
    .map(({ column, row }) => `${column},${row}`);

describe("the cuboids that are seen", () => {
  test("are those of four by four cells with the one that moves, in each histogram, as they are and mirrored", () => {
    const { seen } = cut(Array(5).fill(moving([7, 5, 2])));
    const expected = [2, 3, 4, 5].flatMap((row) =>
      [4, 5, 6, 7].map((column) => `${column},${row}`),
    );
    expect(placesOf(seen)).toEqual(expected);
    expect(seen).toHaveLength(16 * 3 * 2);
  });

  test("reach the border, and not beyond it", () => {
    expect(placesOf(cut(Array(5).fill(moving([0, 0, 2]))).seen)).toEqual(["0,0"]);
    expect(placesOf(cut(Array(5).fill(moving([15, 11, 2]))).seen)).toEqual(["12,8"]);
  });

  test("are none where nothing moves, or hardly anything", () => {
    // A tenth of a pixel, the mean of a cuboid's 16 cells.
    const { seen, sums, times } = cut(Array(5).fill(moving([7, 5, 1.5])));
    expect(seen).toEqual([]);
    expect(sums.every((sum) => sum.every((value) => value === 0))).toBe(true);
    expect(times.at(-1)).toBe(2 / 16);
    // What stands still is no motion, however much of it there is.
    const standing = moving();
    for (let cell = 0; cell < cells; cell++) standing[cell * 9 + 8] = 1;
    expect(cut(Array(5).fill(standing)).seen).toEqual([]);
  });
});

describe("the times of cuboids", () => {
  test("are their middles, from the fifth pair of frames on at each", () => {
    const { times, end } = cut(Array(8).fill(still));
    const nothing = Array<undefined>(4).fill(undefined);
    expect(times).toEqual([...nothing, 2 / 16, 3 / 16, 4 / 16, 5 / 16]);
    expect(end).toBeUndefined();
  });

  test("of a video shorter than a cuboid are its middle, and of none at all no time", () => {
    for (const pairs of [1, 2, 4]) {
      const { times, end, seen } = cut(Array(pairs).fill(moving([7, 5, 2])));
      expect(times).toEqual(Array(pairs).fill(undefined));
      expect(end).toBe((pairs - 1) / 2 / 16);
      expect(placesOf(seen)).toHaveLength(16);
    }
    expect(cut([]).end).toBeUndefined();
  });
});

test("a descriptor is the roots of the parts of quarters, of both halves in time, and its mirror image is turned", () => {
  const { seen } = cut(Array(5).fill(moving([7, 5, 2])));
  const at = (view: View): Seen =>
    seen.find(
      (each) => each.view === view && each.histogram === 0 && each.column === 6 && each.row === 4,
    )!;
  // The moving cell is one of four of the upper left quarter, of which there are two in time.
  const root = Math.sqrt(0.5 / (2 * 0.5 + 0.05));
  const of = (...indices: readonly number[]) =>
    Array.from({ length: 72 }, (_, i) => expect.closeTo(indices.includes(i) ? root : 0, 6));
  expect([...at("cuboid").descriptor]).toEqual(of(0, 9));
  // To the left, in the upper right quarter.
  expect([...at("mirrored").descriptor]).toEqual(of(18 + 4, 18 + 9 + 4));
});

test("what moves in the last three of five pairs alone is in the second half alone", () => {
  const late = moving([7, 5, 4]);
  const { seen } = cut([still, still, late, late, late]);
  const halves = seen
    .filter(({ histogram, view }) => histogram === 0 && view === "cuboid")
    .map(({ descriptor }) => [...descriptor].flatMap((value, i) => (value > 0 ? [i % 18] : [])));
  expect(halves).toHaveLength(16);
  // Quarter by quarter, 9 bins of the first half, and then 9 of the second.
  for (const places of halves) expect(places).toEqual([9]);
});

test("descriptors of mirror images are those of the mirrored film", () => {
  const random = createRandom("cuboids of noise");
  const film = Array.from({ length: 5 }, () =>
    Float32Array.from({ length: cells * 25 }, () => Math.abs(random.normal())),
  );
  const mirrored = film.map(mirrorMotion);
  expect(mirrored.map(mirrorMotion)).toEqual(film);
  const [there, turned] = [cut(film).seen, cut(mirrored).seen];
  expect(there).toHaveLength(13 * 9 * 3 * 2);
  for (const { histogram, view, column, row, descriptor } of there) {
    if (view !== "mirrored") continue;
    const other = turned.find(
      (each) =>
        each.view === "cuboid" &&
        each.histogram === histogram &&
        each.column === columns - 4 - column &&
        each.row === row,
    )!;
    for (const [i, value] of descriptor.entries()) {
      expect(Math.abs(value - other.descriptor[i]!)).toBeLessThan(1e-6);
    }
  }
});

/** Motion as it would be of the mirrored frames: columns change sides, and directions turn. */
function mirrorMotion(vector: Float32Array): Float32Array {
  const mirrored = new Float32Array(vector.length);
  let start = 0;
  for (const [h, bins] of histogramBins.entries()) {
    for (let cell = 0; cell < cells; cell++) {
      const column = cell % columns;
      const other = cell - column + (columns - 1 - column);
      for (let bin = 0; bin < bins; bin++) {
        mirrored[start + other * bins + mirroredBins[h]![bin]!] =
          vector[start + cell * bins + bin]!;
      }
    }
    start += cells * bins;
  }
  return mirrored;
}
