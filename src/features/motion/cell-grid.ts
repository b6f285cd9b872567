/** Equal cells laid over a picture. */
export interface CellGrid {
  readonly width: number;
  readonly height: number;
  /** How many there are. */
  readonly cells: number;
  /** uint16 [width] how far a column's cell is along its row of cells. */
  readonly columnOf: Uint16Array;
  /** uint16 [height] the first cell of a row's row of cells. */
  readonly rowOf: Uint16Array;
  /** float32 [cells] pixels in each. */
  readonly pixels: Float32Array;
}

/** Lays `columns` by `rows` cells over a picture; they are counted row by row. */
export function createCellGrid(
  width: number,
  height: number,
  columns: number,
  rows: number,
): CellGrid {
  const columnOf = Uint16Array.from({ length: width }, (_, x) => Math.floor((x * columns) / width));
  const rowOf = Uint16Array.from(
    { length: height },
    (_, y) => Math.floor((y * rows) / height) * columns,
  );
  const pixels = new Float32Array(columns * rows);
  for (const row of rowOf) for (const column of columnOf) pixels[row + column]! += 1;
  return { width, height, cells: columns * rows, columnOf, rowOf, pixels };
}
