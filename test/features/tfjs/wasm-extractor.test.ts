import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { openContentStore } from "../../../src/core/content-store.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { useBackend } from "../../tfjs/use-backend.js";
import { testExtractor } from "../extractor-conformance.js";

const backend = "@tensorflow/tfjs-backend-wasm";

beforeAll(async () => {
  expect(await useBackend(backend)).toBeUndefined();
});

testExtractor("tfjs", openContentStore(join(sharedDirectory(), "cache")));

test("the WebAssembly back end computed it", async () => {
  const tf = await import("@tensorflow/tfjs-core");
  expect(tf.getBackend()).toBe("wasm");
});
