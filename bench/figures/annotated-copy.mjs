/**
 * Draws docs/figures/annotated-copy.jpg: three frames of an annotated copy of a video in which rendered people sit down,
 * stand up and pick something up, one after the other. The segments are written by hand.
 *
 * Run: node bench/figures/annotated-copy.mjs (some seconds)
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { frameHeight, frameWidth } from "../../dist/datasets/motions/camera.js";
import { frameRate, planMotions } from "../../dist/datasets/motions/clip-plan.js";
import { renderFrames } from "../../dist/datasets/motions/render-clip.js";
import { createDecoder } from "../../dist/src/frames/open-decoder.js";
import { writeVideo } from "../../dist/src/frames/video-writer.js";
import { annotate } from "../../dist/src/pipeline/annotation/annotate.js";

const target = fileURLToPath(new URL("../../docs/figures/annotated-copy.jpg", import.meta.url));

/** What is done, and how sure a model could be of it. */
const actions = [
  { label: "sit-down", confidence: 0.98 },
  { label: "stand-up", confidence: 0.91 },
  { label: "pick-up", confidence: 0.74 },
];

/** Between two frames of the figure, pixels. */
const gap = 8;

const plans = actions.map(({ label }) =>
  planMotions({ clipsPerClass: 1 }).find((plan) => plan.label === label),
);
const frames = plans.map((plan) => {
  if (!plan) throw new Error("There is no such action.");
  return Array.from(renderFrames(plan), (frame) => frame.slice());
});
let end = 0;
const segments = actions.map((action, i) => {
  const start = end;
  end += (frames[i]?.length ?? 0) / frameRate;
  return { ...action, start, end };
});

const scratch = await mkdtemp(join(tmpdir(), "muybridge-figure-"));
try {
  const clip = join(scratch, "clip.mp4");
  const copy = join(scratch, "annotated.mp4");
  await writeVideo(clip, frames.flat(), { width: frameWidth, height: frameHeight, frameRate });
  const classes = actions.map(({ label }) => label);
  await annotate(clip, { top: actions, segments, duration: end }, copy, { classes });
  const raw = /** @type {const} */ ({ width: frameWidth, height: frameHeight, channels: 3 });
  const tiles = [];
  for await (const batch of createDecoder().decode(copy, [
    {
      plan: { count: 3 },
      width: frameWidth,
      height: frameHeight,
      pixelFormat: "rgb24",
      fit: "stretch",
    },
  ])) {
    const bytes = frameWidth * frameHeight * 3;
    for (let i = 0; i < batch.n; i++) {
      const frame = batch.frames.slice(i * bytes, (i + 1) * bytes);
      tiles.push({ input: await sharp(frame, { raw }).png().toBuffer() });
    }
  }
  const width = tiles.length * (frameWidth + gap) - gap;
  await sharp({ create: { width, height: frameHeight, channels: 3, background: "#fff" } })
    .composite(tiles.map((tile, i) => ({ ...tile, left: i * (frameWidth + gap), top: 0 })))
    .jpeg({ quality: 85, chromaSubsampling: "4:4:4" })
    .toFile(target);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
