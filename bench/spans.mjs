// What it costs to decode a few frames of a span, by where in a long video it lies: node bench/spans.mjs [MINUTES]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sampleFrames } from "../dist/src/frames/sample-frames.js";
import { writeVideo } from "../dist/src/frames/video-writer.js";

const minutes = Number(process.argv[2] ?? 10);
const [width, height, frameRate] = [320, 240, 25];
const frames = minutes * 60 * frameRate;

/** A bar that moves over a ground of stripes. */
function* pictures() {
  for (let i = 0; i < frames; i++) {
    const picture = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const bar = Math.abs(x - (i % width)) < 12;
        picture.fill(bar ? 220 : 60 + ((x * y) % 97), (y * width + x) * 3, (y * width + x + 1) * 3);
      }
    }
    yield picture;
  }
}

const directory = await mkdtemp(join(tmpdir(), "muybridge-bench-"));
try {
  const path = join(directory, "long.mp4");
  await writeVideo(path, pictures(), { width, height, frameRate, keyframeInterval: 50 });
  const length = minutes * 60;
  for (const start of [0, length / 2, length - 4]) {
    const times = [];
    for (let run = 0; run < 5; run++) {
      const began = performance.now();
      for await (const _ of sampleFrames(path, { count: 16, start, end: start + 4 })) {
        // Decoding is what is timed.
      }
      times.push(performance.now() - began);
    }
    console.log(`16 frames of 4 s from ${start} s: ${Math.min(...times).toFixed(0)} ms`);
  }
  const began = performance.now();
  for await (const _ of sampleFrames(path, { fps: 1 })) {
    // As above.
  }
  console.log(`a frame of each second, once: ${(performance.now() - began).toFixed(0)} ms`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
