import { isAbsolute, resolve } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { defaultCacheDirectory } from "../../src/core/cache-directory.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("MUYBRIDGE_CACHE_DIR is the cache's directory", () => {
  vi.stubEnv("MUYBRIDGE_CACHE_DIR", "kept/here");
  expect(defaultCacheDirectory()).toBe(resolve("kept/here"));
});

test.each([undefined, ""])("without it (%j) it is the platform's, for muybridge alone", (value) => {
  vi.stubEnv("MUYBRIDGE_CACHE_DIR", value);
  expect(isAbsolute(defaultCacheDirectory())).toBe(true);
  expect(defaultCacheDirectory()).not.toBe(resolve(""));
  expect(defaultCacheDirectory()).toContain("muybridge");
});
