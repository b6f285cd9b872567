import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openContentStore } from "../../../src/core/content-store.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { useBackend } from "../../tfjs/use-backend.js";
import { testExtractor } from "../extractor-conformance.js";

const whyNot = await useBackend("@tensorflow/tfjs-node");
if (whyNot !== undefined) {
  console.warn(`SKIPPED: nothing is computed on @tensorflow/tfjs-node: ${whyNot}`);
}

describe.skipIf(whyNot !== undefined)("on @tensorflow/tfjs-node", () => {
  testExtractor("tfjs", openContentStore(join(sharedDirectory(), "cache")));

  test("the native back end computed it", async () => {
    const tf = await import("@tensorflow/tfjs-core");
    expect(tf.getBackend()).toBe("tensorflow");
  });
});
