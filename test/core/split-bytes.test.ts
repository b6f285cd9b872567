import fc from "fast-check";
import { expect, test } from "vitest";
import { splitBytes } from "../../src/core/split-bytes.js";

const lineBreak = 10;
const quote = 34;

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (let i = 0; from < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

test("pieces are those of the whole text, wherever its chunks end, and tell where they end", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "ü", "\0"), maxLength: 40 });
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(text, sizes, async (given, cuts) => {
      const bytes = Buffer.from(given);
      const expected = given.split("\n");
      const seen: string[] = [];
      let end = 0;
      for await (const piece of splitBytes(inChunks(bytes, cuts), lineBreak)) {
        seen.push(piece.bytes.toString());
        expect(bytes.subarray(end, piece.end)).toEqual(
          Buffer.concat([piece.bytes, Buffer.from(piece.ended ? "\n" : "")]),
        );
        end = piece.end;
      }
      if (expected.at(-1) === "") expected.pop();
      expect([seen, end]).toEqual([expected, bytes.length]);
    }),
  );
});

test("a quoted line break is part of its piece", async () => {
  const bytes = Buffer.from('a,"b\nc"\n"d""\n"\ne,"f\n');
  for (const size of [1, 2, 3, 100]) {
    const seen: [string, boolean][] = [];
    for await (const piece of splitBytes(inChunks(bytes, [size]), lineBreak, { quote })) {
      seen.push([piece.bytes.toString(), piece.ended]);
    }
    expect(seen).toEqual([
      ['a,"b\nc"', true],
      ['"d""\n"', true],
      ['e,"f\n', false],
    ]);
  }
});

test("a piece longer than is allowed is refused before it is held whole", async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 100;
      yield new Uint8Array(100);
    }
  }
  const read = async (): Promise<void> => {
    for await (const _ of splitBytes(endless(), lineBreak, { longest: 1000 }));
  };
  await expect(read()).rejects.toThrow(RangeError);
  expect(given).toBe(1100);
});
