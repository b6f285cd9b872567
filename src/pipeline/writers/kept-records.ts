import { createReadStream } from "node:fs";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { splitBytes } from "../../core/split-bytes.js";
import { checkOrigin } from "./check-origin.js";
import type { RecordFormat } from "./record-format.js";
import type { ResultFormatName, ResultOrigin } from "./result-writer.js";
import { outError } from "./unwritable.js";

/** What an earlier run left in a file. */
export interface KeptRecords {
  /** How often each path has a record. */
  readonly paths: ReadonlyMap<string, number>;
  readonly labelled: number;
  readonly failed: number;
  /** Bytes up to the end of the last complete record, or of the opening; what follows is cut off. */
  readonly end: number;
  /** Whether the last record lacks its line break. */
  readonly unended: boolean;
}

const lineBreak = 10;

/**
 * Reads, as a stream, what an earlier run wrote. A record that was cut off at the end of the file is left out.
 *
 * @throws MuybridgeError ERR_USAGE where the file holds something else, or results of another origin.
 */
export async function readKeptRecords(
  path: string,
  format: RecordFormat,
  name: ResultFormatName,
  origin: ResultOrigin,
): Promise<KeptRecords> {
  const paths = new Map<string, number>();
  let [labelled, failed, end, number] = [0, 0, 0, 0];
  let unended = false;
  /** The closing, or what is no record: the last line, or none. */
  let tail: string | undefined;
  const foreign = (line: number): MuybridgeError =>
    outError(
      `Line ${line} of ${path} is no result of label --format ${name}, so it cannot be gone on with. Name another file, or leave out --resume to replace it.`,
    );
  const pieces = splitBytes(createReadStream(path), lineBreak, {
    ...(format.quote === undefined ? {} : { quote: format.quote }),
  });
  try {
    for await (const piece of pieces) {
      if (tail !== undefined) throw foreign(number);
      number += 1;
      const line = piece.bytes.toString().replace(/\r$/, "");
      const record = format.read(line, piece.ended);
      const opens = number === 1 && format.opening !== "";
      if (record === undefined || (record === "frame") !== opens) {
        // Of the first line all must be known; what follows a record was a record when it was cut off.
        const known = opens
          ? format.opening.startsWith(line)
          : paths.size > 0 || format.mayBegin(line);
        if (!known) throw foreign(number);
        tail = line;
        continue;
      }
      end = piece.end;
      unended = !piece.ended;
      if (record === "frame") continue;
      checkOrigin(path, record, origin);
      paths.set(record.path, (paths.get(record.path) ?? 0) + 1);
      if (record.failed) failed += 1;
      else labelled += 1;
    }
  } catch (error) {
    if (error instanceof MuybridgeError) throw error;
    throw outError(`${path} cannot be gone on with: ${messageOf(error)}`, error);
  }
  return { paths, labelled, failed, end, unended };
}
