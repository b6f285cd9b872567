/** A piece of a stream of bytes, up to and without its delimiter. */
export interface Piece {
  readonly bytes: Buffer;
  /** Bytes of the stream up to the end of this piece, its delimiter included. */
  readonly end: number;
  /** False for what follows the last delimiter. */
  readonly ended: boolean;
}

/** Options of {@link splitBytes}. */
export interface SplitOptions {
  /** A delimiter between an odd number of these bytes and the next one is part of the piece: a quoted line break. */
  readonly quote?: number;
  /** Longest piece in bytes; a longer one is thrown as a RangeError. Default {@link longestPiece}. */
  readonly longest?: number;
}

/** Longest piece where none is given, in bytes: longer than any line that is meant as one. */
export const longestPiece = 2 ** 26;

/**
 * Cuts a stream of bytes at a delimiter, such as a line break. What follows the last one comes as a piece that is not
 * ended, unless it is empty.
 *
 * @throws RangeError for a piece that is too long; errors of the stream.
 */
export async function* splitBytes(
  chunks: AsyncIterable<Uint8Array>,
  delimiter: number,
  { quote, longest = longestPiece }: SplitOptions = {},
): AsyncGenerator<Piece, void> {
  /** Of the piece under way. */
  let parts: Uint8Array[] = [];
  let length = 0;
  let quoted = false;
  let end = 0;
  const grow = (part: Uint8Array): void => {
    length += part.length;
    if (length > longest) throw new RangeError(`A line is longer than ${longest} bytes.`);
    if (part.length > 0) parts.push(part);
  };
  for await (const chunk of chunks) {
    let begin = 0;
    for (let i = chunk.indexOf(delimiter); i !== -1; i = chunk.indexOf(delimiter, i + 1)) {
      const part = chunk.subarray(begin, i);
      if (quote !== undefined && odd(part, quote)) quoted = !quoted;
      grow(part);
      begin = i;
      if (quoted) continue;
      end += length + 1;
      yield { bytes: Buffer.concat(parts), end, ended: true };
      begin = i + 1;
      parts = [];
      length = 0;
    }
    const rest = chunk.subarray(begin);
    if (quote !== undefined && odd(rest, quote)) quoted = !quoted;
    grow(rest);
  }
  if (length > 0) yield { bytes: Buffer.concat(parts), end: end + length, ended: false };
}

/** Whether a byte occurs an odd number of times. */
function odd(bytes: Uint8Array, byte: number): boolean {
  let count = 0;
  for (let i = bytes.indexOf(byte); i !== -1; i = bytes.indexOf(byte, i + 1)) count += 1;
  return count % 2 === 1;
}
