import { createReadStream } from "node:fs";
import { unreadableFile } from "../core/unreadable-file.js";
import {
  checkSequenceSize,
  type FileSequence,
  fileSequence,
  invalidSequence,
} from "./file-sequence.js";

/** Longest row that is read, in bytes: the most values of a vector with all their digits. */
const maxRowSize = 2 ** 22;

/** A number as it is usually written; no hexadecimal ones, no infinity, nothing empty. */
const numeral = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** What stands in the cells of a column that holds nothing: it makes no header. */
const nothing = /^(?:|[+-]?(?:nan|inf|infinity)|na|null|none)$/i;

/** Names of the column that says when a step is. */
const timeColumn = /^time(?:stamp)?$/i;

/** Rows after which there is a look at whether it is to be given up. */
const rowsBetweenLooks = 4096;

/**
 * Reads a sequence from a CSV file (RFC 4180): one row a step, numbers; a first row of names is a header. Its column
 * `time` or `timestamp` is taken for seconds, and left out of the vectors.
 *
 * @param check called now and then; what it throws ends the reading
 * @throws MuybridgeError ERR_DATASET_INVALID naming row and column; ERR_TOO_LARGE.
 */
export async function csvSequence(path: string, check: () => void): Promise<FileSequence> {
  const { CsvError, parse } = await import("csv-parse");
  const rows = createRows(path);
  const source = createReadStream(path);
  const records = parse({
    bom: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: maxRowSize,
  });
  source.on("error", (error) => records.destroy(error)).pipe(records);
  let seen = 0;
  try {
    for await (const cells of records as AsyncIterable<readonly string[]>) {
      if (seen++ % rowsBetweenLooks === 0) check();
      rows.add(cells);
    }
  } catch (error) {
    if (error instanceof CsvError) throw invalidSequence(path, error.message, error);
    throw (error as NodeJS.ErrnoException).syscall === undefined
      ? error
      : unreadableFile(path, error);
  } finally {
    source.destroy();
  }
  return rows.finish();
}

/** Rows on their way to a sequence. */
interface Rows {
  add(cells: readonly string[]): void;
  finish(): FileSequence;
}

function createRows(path: string): Rows {
  let first = true;
  let row = 0;
  let timeIndex = -1;
  let dimension = 0;
  let n = 0;
  let values = new Float32Array(1024);
  const times: number[] = [];
  const startWith = (cells: readonly string[]): boolean => {
    const isHeader = cells.some((cell) => !numeral.test(cell) && !nothing.test(cell));
    if (isHeader) {
      const unnamed = cells.indexOf("");
      // Most likely the row numbers that a table was written with: to learn from them would be to cheat.
      if (unnamed >= 0)
        throw invalidSequence(path, `column ${unnamed + 1} has no name in its header`);
      const named = cells.flatMap((cell, index) => (timeColumn.test(cell) ? [index] : []));
      if (named.length > 1) throw invalidSequence(path, "it has more than one column of times");
      timeIndex = named[0] ?? -1;
    }
    dimension = cells.length - (timeIndex < 0 ? 0 : 1);
    return isHeader;
  };
  return {
    add(cells) {
      row += 1;
      const isFirst = first;
      first = false;
      if (isFirst && startWith(cells)) return;
      checkSequenceSize(path, n + 1, dimension);
      if ((n + 1) * dimension > values.length) values = grown(values, (n + 1) * dimension);
      let at = n * dimension;
      for (const [index, cell] of cells.entries()) {
        if (!numeral.test(cell)) {
          const found = cell === "" ? "empty" : `no number: "${cell.slice(0, 40)}"`;
          throw invalidSequence(path, `column ${index + 1} of row ${row} is ${found}`);
        }
        if (index === timeIndex) times.push(Number(cell));
        else values[at++] = Number(cell);
      }
      n += 1;
    },
    finish: () =>
      fileSequence(
        path,
        values.slice(0, n * dimension),
        n > 0 ? dimension : 1,
        timeIndex < 0 ? undefined : times,
      ),
  };
}

function grown(values: Float32Array<ArrayBuffer>, least: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(Math.max(2 * values.length, least));
  larger.set(values);
  return larger;
}
