import type { Random } from "../core/random.js";
import { butterflyRotations } from "./butterfly-rotations.js";

/** Fills [rows, columns], row-major, with initial weights: `rows` inputs, `columns` outputs. */
export type Initialiser = (
  data: Float32Array,
  rows: number,
  columns: number,
  random: Random,
) => void;

/** Names of {@link initialisers}. */
export const initialiserNames = [
  "glorot",
  "glorotNormal",
  "he",
  "heUniform",
  "orthogonal",
] as const;

/** One of {@link initialiserNames}. */
export type InitialiserName = (typeof initialiserNames)[number];

/**
 * Ways to fill a kernel. `glorot` is uniform and `he` normal, as in their papers; the other distribution of each has
 * a name of its own.
 */
export const initialisers: Readonly<Record<InitialiserName, Initialiser>> = {
  glorot: glorotUniform,
  glorotNormal,
  he: heNormal,
  heUniform,
  orthogonal,
};

/**
 * Rows up to which `orthogonal` uses Gram-Schmidt, whose time grows with the square of the rows: 0.1 s at 256 rows of
 * 1024 columns, 50 s at 2000 of 8000.
 */
const largestGramSchmidt = 256;

/** Fills [rows, columns] uniformly in ±√(6 / (rows + columns)) (Glorot & Bengio 2010). */
export function glorotUniform(
  data: Float32Array,
  rows: number,
  columns: number,
  random: Random,
): void {
  fillUniform(data, Math.sqrt(6 / (rows + columns)), random);
}

/** Fills [rows, columns] normally with the deviation √(2 / (rows + columns)) (Glorot & Bengio 2010). */
export function glorotNormal(
  data: Float32Array,
  rows: number,
  columns: number,
  random: Random,
): void {
  fillNormal(data, Math.sqrt(2 / (rows + columns)), random);
}

/** Fills [rows, columns] normally with the deviation √(2 / rows) (He et al. 2015), for units of relu. */
export function heNormal(data: Float32Array, rows: number, _columns: number, random: Random): void {
  fillNormal(data, Math.sqrt(2 / rows), random);
}

/** Fills [rows, columns] uniformly in ±√(6 / rows) (He et al. 2015), for units of relu. */
export function heUniform(
  data: Float32Array,
  rows: number,
  _columns: number,
  random: Random,
): void {
  fillUniform(data, Math.sqrt(6 / rows), random);
}

/**
 * Fills [rows, columns] with orthonormal rows, or, where there are more rows than columns, with orthonormal columns
 * (Saxe et al. 2014). Small ones are the rows of a normal matrix made orthonormal by the modified Gram-Schmidt
 * process; large ones come from {@link butterflyRotations}.
 */
export function orthogonal(
  data: Float32Array,
  rows: number,
  columns: number,
  random: Random,
): void {
  if (rows > columns) {
    const turned = new Float32Array(data.length);
    orthogonal(turned, columns, rows, random);
    for (let i = 0; i < data.length; i++) {
      data[i] = turned[(i % columns) * rows + Math.floor(i / columns)]!;
    }
    return;
  }
  if (rows > largestGramSchmidt) {
    butterflyRotations(data, rows, columns, random);
    return;
  }
  fillNormal(data, 1, random);
  gramSchmidt(data, rows, columns);
  // Rows of a nearly square matrix come out of one pass only roughly orthogonal; two are enough (Giraud et al. 2005).
  if (columns < 2 * rows) gramSchmidt(data, rows, columns);
}

function gramSchmidt(data: Float32Array, rows: number, columns: number): void {
  const row = (r: number): Float32Array => data.subarray(r * columns, (r + 1) * columns);
  for (let r = 0; r < rows; r++) {
    const current = row(r);
    for (let before = 0; before < r; before++) {
      const other = row(before);
      const along = dot(current, other);
      for (let c = 0; c < columns; c++) current[c]! -= along * other[c]!;
    }
    const norm = Math.sqrt(dot(current, current));
    for (let c = 0; c < columns; c++) current[c]! /= norm;
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function fillUniform(data: Float32Array, limit: number, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = random.uniform(-limit, limit);
}

function fillNormal(data: Float32Array, deviation: number, random: Random): void {
  for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
}
