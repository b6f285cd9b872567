/**
 * Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding/), looked through without building
 * anything: a file of two-byte messages would become objects of a hundred times its size.
 */

/** A field as it lies in a message. */
export interface WireField {
  readonly id: number;
  /** Where its bytes begin and end, of a text, bytes, a message or a packed list; nothing between them otherwise. */
  readonly start: number;
  readonly end: number;
  /** Of a whole number. */
  readonly value: number;
}

/** Bytes that the longest whole number takes. */
const maxVarintSize = 10;

/**
 * Calls back for each field of the message that lies in a part of a file, in their order. A field may be there several
 * times, also one that should be there once.
 *
 * @throws RangeError where the message is cut off, or holds what no such message has
 */
export function eachField(
  file: Uint8Array,
  start: number,
  end: number,
  found: (field: WireField) => void,
): void {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < maxVarintSize; i++) {
      if (at >= end) throw new RangeError(`a message is cut off at ${end}`);
      const byte = file[at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new RangeError(`a number at ${at} has no end`);
  };
  while (at < end) {
    const tag = varint();
    const id = Math.floor(tag / 8);
    let value = 0;
    let size = 0;
    switch (tag % 8) {
      case 0:
        value = varint();
        break;
      case 1:
        size = 8;
        break;
      case 2:
        size = varint();
        break;
      case 5:
        size = 4;
        break;
      default:
        // Groups, of which ONNX has none.
        throw new RangeError(`a field at ${at} is of the kind ${tag % 8}`);
    }
    if (size > end - at) throw new RangeError(`a field at ${at} reaches past the end`);
    const isBlock = tag % 8 === 2;
    found({ id, start: isBlock ? at : 0, end: isBlock ? at + size : 0, value });
    at += size;
  }
}
