import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrictJson } from "../../src/core/strict-json.js";

test("whatever JSON says is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: "binary" }), fc.constantFrom(0, 1, "\t"), (json, space) => {
      const text = JSON.stringify(JSON.parse(json), undefined, space);
      if (text.includes('"__proto__"')) return;
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    }),
    { numRuns: 200 },
  );
});

test("a field that is added once more is found in any object, wherever the other one is", () => {
  const name = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('"', "\\", "\\\\", '{"', ","),
  );
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { minKeys: 1, noNullPrototype: true }),
      fc.nat(),
      (fields, index) => {
        const entries = Object.entries(fields);
        const [twice] = entries[index % entries.length]!;
        const lines = [...entries, [twice, []] as const].map(
          ([key, value]) => `${JSON.stringify(key)} : ${JSON.stringify(value)}`,
        );
        const text = `[{"in":{${lines.join(" , ")}}}]`;
        expect(() => parseStrictJson(text, true)).toThrow(/is there twice$/);
      },
    ),
    { numRuns: 200 },
  );
});

test("equal names in different objects, and texts like names, are no repetition", () => {
  const text = '{"a":{"a":[{"a":"a"},{"a":"\\\\\\"a\\":"}]},"b":["a","a"],"c":"a"}';
  expect(parseStrictJson(text)).toEqual(JSON.parse(text));
});

test("a name is the same however it is written", () => {
  expect(() => parseStrictJson('{"ab":1,"\\u0061b":2}')).toThrow('the field "ab" is there twice');
});

test("the field __proto__ is refused unless any name will do", () => {
  expect(() => parseStrictJson('{"a":{"__proto__":1}}')).toThrow('"__proto__" is of no format');
  expect(Object.keys(parseStrictJson('{"__proto__":1}', true) as object)).toEqual(["__proto__"]);
});

test("what is no JSON is refused as by JSON.parse", () => {
  for (const text of ["", "{", '{"a":1,}', "[1 2]", '{"a" 1}', "nul"]) {
    expect(() => parseStrictJson(text)).toThrow(SyntaxError);
  }
});
