import { expect, test } from "vitest";
import { byteSize, formatBytes } from "../../src/cli/byte-size.js";

test.each([
  ["0", 0],
  ["1000000", 1_000_000],
  ["500MB", 5e8],
  ["2GB", 2e9],
  ["2 gb", 2e9],
  ["1.5GiB", 1.5 * 2 ** 30],
  ["64 KiB", 65_536],
  ["12 B", 12],
  ["1TB", 1e12],
])("%s is %i bytes", (text, bytes) => {
  expect(byteSize(text)).toBe(bytes);
});

test.each(["", "GB", "2XB", "-1", "1e3", "0x10", "1,5GB", "99999999TB", "2GB of it"])(
  "%j is no number of bytes",
  (text) => {
    expect(() => byteSize(text)).toThrow("It must be a number of bytes");
  },
);

test("bytes are told in the largest unit of which there is one", () => {
  expect([0, 999, 1000, 2_345_000, 7.25e9].map(formatBytes)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "2.3 MB",
    "7.3 GB",
  ]);
});
