import { histogramBins } from "./orientation-histograms.js";

/** Cells across and down. */
export interface Cells {
  readonly columns: number;
  readonly rows: number;
}

/** Values of a motion vector of so many cells. */
export function motionSize({ columns, rows }: Cells): number {
  return columns * rows * histogramBins.reduce((sum, bins) => sum + bins, 0);
}

/**
 * Histograms of fewer, larger cells of a motion vector: the mean of the cells that each is made of.
 *
 * @param vector float32 HOF and twice MBH of fine cells, {@link motionSize}
 * @param fine of cells that all have as many pixels
 * @param coarse divides `fine` across and down
 * @param into float32 the same of coarse cells, written
 */
export function mergeCells(
  vector: Float32Array,
  fine: Cells,
  coarse: Cells,
  into: Float32Array,
): void {
  const across = fine.columns / coarse.columns;
  const down = fine.rows / coarse.rows;
  into.fill(0);
  let from = 0;
  let to = 0;
  for (const bins of histogramBins) {
    for (let row = 0; row < fine.rows; row++) {
      for (let column = 0; column < fine.columns; column++) {
        const cell = Math.floor(row / down) * coarse.columns + Math.floor(column / across);
        for (let bin = 0; bin < bins; bin++) into[to + cell * bins + bin]! += vector[from++]!;
      }
    }
    to += coarse.columns * coarse.rows * bins;
  }
  const parts = across * down;
  for (let i = 0; i < into.length; i++) into[i]! /= parts;
}
