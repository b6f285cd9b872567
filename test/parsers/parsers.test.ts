import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeTflite } from "../features/tflite-file.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { isRefusal, parserTargets } from "./parser-targets.mjs";
import { tfliteSeed } from "./tflite-seed.js";

const targets = await parserTargets(sharedDirectory());

test("small.tflite is the file that is written of its network", async () => {
  const file = await readFile("test/fixtures/small.tflite");
  expect(file).toEqual(Buffer.from(writeTflite(tfliteSeed)));
});

test.each(targets)("$name: what is whole is read", async ({ seeds, parse }) => {
  for (const seed of seeds) await parse(seed);
  expect(seeds.length).toBeGreaterThan(0);
});

/** What is done to a file at a place in it, as a part of its length. */
type Change = readonly [
  kind: "byte" | "cut" | "double" | "word" | "end",
  at: number,
  value: number,
];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom("byte", "byte", "word", "word", "cut", "double", "end"),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(255),
);

function changed(file: Uint8Array, [kind, part, value]: Change, words: readonly string[]): Buffer {
  const at = Math.floor(part * file.length);
  const before = file.subarray(0, at);
  switch (kind) {
    case "byte":
      return Buffer.concat([before, Uint8Array.of(value), file.subarray(at + 1)]);
    case "cut":
      return Buffer.concat([before, file.subarray(at + (value % 16))]);
    case "double":
      return Buffer.concat([before, file.subarray(at - (value % 16))]);
    case "word":
      return Buffer.concat([before, Buffer.from(words[value % words.length]!), file.subarray(at)]);
    case "end":
      return Buffer.from(before);
  }
}

test.each(targets)(
  "$name: a file with bytes, words and parts changed is read, or refused with one of its codes",
  async (target) => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...target.seeds),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (seed, changes, mended) => {
          let file: Uint8Array = seed;
          for (const one of changes) file = changed(file, one, target.words);
          if (mended && target.mend) file = target.mend(file);
          try {
            await target.parse(file);
          } catch (error) {
            // Else it is passed on, and shown with the file that brought it about.
            if (!isRefusal(error, target)) throw error;
            refused += 1;
          }
        },
      ),
      { numRuns: 120, seed: 1 },
    );
    expect(refused).toBeGreaterThan(12);
  },
);

test.each(targets)("$name: any bytes at all are refused with one of its codes", async (target) => {
  // Where nothing is asked of the bytes, few of them may be a file.
  const mayBeRead = ["log of trials", "sequence"].includes(target.name);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const thrown = await Promise.resolve()
        .then(() => target.parse(bytes))
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      if (thrown === undefined) expect(mayBeRead).toBe(true);
      else if (!isRefusal(thrown, target)) throw thrown;
    }),
    { numRuns: 50, seed: 2 },
  );
});
