/** Whole numbers at which readers go wrong. */
const edges = [
  0,
  1,
  2,
  4,
  7,
  8,
  16,
  127,
  128,
  255,
  256,
  32767,
  65535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];

/** Longest file that is made. */
const maxLength = 1 << 14;

/**
 * A file that is a little like another: some bytes changed, cut out, doubled or put in, numbers replaced, words of
 * the format put in, or the end of another file behind its beginning.
 *
 * @param {Uint8Array} file
 * @param {Uint8Array} other
 * @param {readonly string[]} words
 * @param {import("../../dist/src/core/random.js").Random} random
 * @returns {Buffer}
 */
export function mutate(file, other, words, random) {
  let bytes = Buffer.from(file);
  const steps = 1 << random.integer(0, 3);
  for (let step = 0; step < steps; step++) {
    const at = random.integer(0, bytes.length);
    const size = Math.min(bytes.length - at, 1 << random.integer(0, 6));
    switch (random.integer(0, 8)) {
      case 0:
        if (at < bytes.length) bytes[at] = random.integer(0, 255);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        break;
      case 3: {
        const part = bytes.subarray(at, at + size);
        bytes = Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
        break;
      }
      case 4: {
        const edge = edges[random.integer(0, edges.length - 1)] ?? 0;
        const width = [1, 2, 4][random.integer(0, 2)] ?? 1;
        if (at + width <= bytes.length) bytes.writeUIntLE(edge % 256 ** width, at, width);
        break;
      }
      case 5: {
        const word = Buffer.from(words[random.integer(0, words.length - 1)] ?? "");
        bytes = Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at)]);
        break;
      }
      case 6: {
        const word = Buffer.from(words[random.integer(0, words.length - 1)] ?? "");
        bytes = Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at + word.length)]);
        break;
      }
      case 7: {
        const from = random.integer(0, other.length);
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from)]);
        break;
      }
      default:
        bytes = bytes.subarray(0, at);
    }
  }
  return bytes.subarray(0, maxLength);
}
