import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { DecodeSummary } from "../../src/frames/decoder.js";
import { probeVideo } from "../../src/frames/probe-video.js";
import { sampleFrames } from "../../src/frames/sample-frames.js";

/** Clips of UCF101, where they lie beside the project. */
const clips = fileURLToPath(new URL("../../../shared/data/ucf101-5class", import.meta.url));
const arePresent = existsSync(clips);
if (!arePresent) {
  console.warn("SKIPPED: real videos are not decoded, as ../shared/data/ucf101-5class is missing.");
}

/** The first clip of each of the first three classes. */
function someClips(): string[] {
  const classes = readdirSync(clips, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  return classes.slice(0, 3).map(({ name }) => {
    const [first] = readdirSync(join(clips, name)).filter((file) => file.endsWith(".avi"));
    return join(clips, name, first!);
  });
}

test.skipIf(!arePresent)("16 frames of real clips come in order, and differ", async () => {
  const paths = someClips();
  expect(paths).toHaveLength(3);
  for (const path of paths) {
    const info = await probeVideo(path);
    expect(info).toMatchObject({ width: 320, height: 240 });
    let summary: DecodeSummary | undefined;
    const onEnd = (end: DecodeSummary): void => void (summary = end);
    const batches = [];
    for await (const batch of sampleFrames(path, { count: 16, onEnd })) batches.push(batch);
    expect(batches).toHaveLength(1);
    const { frames, timestamps, n } = batches[0]!;
    expect(n).toBe(16);
    expect([...timestamps]).toEqual([...new Set(timestamps)].sort((a, b) => a - b));
    expect(timestamps[15]).toBeLessThan(info.duration);
    expect(timestamps[15]).toBeGreaterThan(info.duration * 0.9);
    const size = frames.length / n;
    const pictures = Array.from({ length: n }, (_, i) =>
      Buffer.from(frames.subarray(i * size, (i + 1) * size)).toString("latin1"),
    );
    expect(new Set(pictures).size).toBe(16);
    expect(summary).toMatchObject({ truncated: false });
  }
});
