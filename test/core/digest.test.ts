import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf, sha256 } from "../../src/core/digest.js";

test("sha256 is the standard's (FIPS 180-2, appendix B.1), of text as of its bytes", () => {
  const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(sha256("abc")).toBe(expected);
  expect(sha256(Uint8Array.of(97, 98, 99))).toBe(expected);
  expect(sha256("ü")).toBe(sha256(Uint8Array.of(0xc3, 0xbc)));
});

test("the order of keys makes no difference, at any depth", () => {
  expect(digestOf({ a: 1, b: { c: 2, d: [3, { e: 4, f: 5 }] } })).toBe(
    digestOf({ b: { d: [3, { f: 5, e: 4 }], c: 2 }, a: 1 }),
  );
});

test("undefined fields count as absent, null ones do not", () => {
  expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
  expect(digestOf({ a: { b: undefined } })).toBe(digestOf({ a: {} }));
  expect(digestOf({ a: 1, b: null })).not.toBe(digestOf({ a: 1 }));
});

test.each<[string, unknown, unknown]>([
  ["a list's order", [1, 2], [2, 1]],
  ["a list's nesting", [1, [2]], [[1], 2]],
  ["a number and its text", 1, "1"],
  ["a list and an object of its indices", ["a"], { 0: "a" }],
  ["an empty list and an empty object", [], {}],
  ["a key and a value", { a: "b" }, { b: "a" }],
  ["text that looks like two fields", { a: '1,"b":2' }, { a: "1", b: 2 }],
  ["a key that looks like two fields", { "a:1,b": 2 }, { a: 1, b: 2 }],
  ["false and absent", { a: false }, {}],
  ["numbers that are nearly equal", 0.1 + 0.2, 0.3],
])("%s makes a difference", (_, one, other) => {
  expect(digestOf(one)).not.toBe(digestOf(other));
});

test("values have the same digest exactly when they are the same JSON", () => {
  const value = fc
    .jsonValue({ maxDepth: 2 })
    .map((json): unknown => JSON.parse(JSON.stringify(json)));
  fc.assert(
    fc.property(value, value, (one, other) => {
      const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
      expect(digestOf(one) === digestOf(other)).toBe(same);
      expect(digestOf(sorted(one))).toBe(digestOf(one));
    }),
  );
});

/** A copy with its keys in another order: sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([key, field]) => [key, sorted(field)]));
}
