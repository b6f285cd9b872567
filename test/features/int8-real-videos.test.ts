import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openContentStore } from "../../src/core/content-store.js";
import { openFeatureExtractor } from "../../src/features/open-feature-extractor.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { cosine } from "./int8-networks.js";

const clips = fileURLToPath(new URL("../../../shared/data/ucf101-5class", import.meta.url));
const present = existsSync(clips);
if (!present) {
  console.warn(
    "SKIPPED: int8 is not compared on real videos, as ../shared/data/ucf101-5class is missing.",
  );
}
const store = openContentStore(join(sharedDirectory(), "cache"));

/** Groups of the official split 1's test part: the ranges were measured on none of them. */
const testGroup = /_g0[1-7]_c01\.avi$/;

test.skipIf(!present)(
  "frames of test videos: the features in int8 point where those in float32 do",
  async () => {
    const names = (await readdir(clips, { recursive: true })).filter((name) =>
      testGroup.test(name),
    );
    await using float32 = await openFeatureExtractor("mobilenet-v2", { store });
    await using int8 = await openFeatureExtractor("mobilenet-v2", { store, precision: "int8" });
    const likeness: number[] = [];
    for (const name of names.sort()) {
      for await (const { frames, n } of sampleFrames(join(clips, name), { count: 2 })) {
        const [a, b] = [await float32.extract(frames, n), await int8.extract(frames, n)];
        for (let i = 0; i < n; i++) {
          const [from, to] = [i * 1280, (i + 1) * 1280];
          likeness.push(cosine(a.subarray(from, to), b.subarray(from, to)));
        }
      }
    }
    likeness.sort((a, b) => a - b);
    const middle = likeness[likeness.length >> 1]!;
    console.log(
      `int8: cosine ${middle.toFixed(4)} in the middle of ${likeness.length} frames, ${likeness[0]!.toFixed(4)} at least`,
    );
    expect(likeness.length).toBeGreaterThanOrEqual(60);
    expect(middle).toBeGreaterThan(0.995);
    expect(likeness[0]).toBeGreaterThan(0.985);
  },
);
