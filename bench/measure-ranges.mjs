/**
 * Measures the ranges that mobilenet-v2 takes, for int8, and writes them to src/features/mobilenet-v2-ranges.ts.
 * They belong to the network as it is prepared: where the conversion gives its tensors other names or values,
 * they have to be measured again.
 *
 * Run: npm run build && node bench/measure-ranges.mjs UCF101_DIR
 * UCF101_DIR holds one folder a class, with UCF101's own file names; its groups 1 to 7, of which the official
 * split 1 makes its test part, are left out.
 */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultCacheDirectory } from "../dist/src/core/cache-directory.js";
import { openContentStore } from "../dist/src/core/content-store.js";
import { openCnnMeter } from "../dist/src/features/calibration.js";
import { joinRanges } from "../dist/src/features/quantise/measure-ranges.js";
import { makeMotions, sampleFrames } from "../dist/src/index.js";

/** Videos looked at of each class of UCF101, rendered clips of each class of motions, and frames of each. */
const videosPerClass = 18;
const clipsPerClass = 2;
const framesEach = 4;

const firstTrainingGroup = 8;
const directory = process.argv[2];
if (!directory) throw new Error("Usage: node bench/measure-ranges.mjs UCF101_DIR");

const temporary = await mkdtemp(join(tmpdir(), "muybridge-ranges-"));
const meter = await openCnnMeter(
  { cnn: "mobilenet-v2" },
  openContentStore(defaultCacheDirectory()),
);
const parts = [];
try {
  const motions = join(temporary, "motions");
  await makeMotions(motions, { clipsPerClass });
  const videos = [
    ...(await videosIn(directory, videosPerClass)),
    ...(await videosIn(motions, clipsPerClass)),
  ];
  for (const video of videos) {
    for await (const { frames } of sampleFrames(video, { count: framesEach })) {
      parts.push(await meter.measure(frames));
    }
  }
  console.error(`measured on ${framesEach} frames of each of ${videos.length} videos`);
} finally {
  await meter.close();
  await rm(temporary, { recursive: true });
}
const lines = Object.entries(joinRanges(parts)).map(
  ([value, ends]) =>
    `  ${JSON.stringify(value)}: [${ends.map((end) => Number(end.toPrecision(4)))}],`,
);
const target = fileURLToPath(new URL("../src/features/mobilenet-v2-ranges.ts", import.meta.url));
await writeFile(
  target,
  `import type { ActivationRanges } from "./cnn-choice.js";

/**
 * Least and greatest values of mobilenet-v2's tensors, for int8. Measured by bench/measure-ranges.mjs on
 * ${framesEach} frames of each of ${videosPerClass} videos of five classes of UCF101 (groups 8 to 25: the training part of the
 * official split 1) and of ${clipsPerClass} rendered clips of each class of motions.
 */
export const mobilenetV2Ranges: ActivationRanges = {
${lines.join("\n")}
};
`,
);

/**
 * So many videos of each class, spread over those that may be looked at.
 *
 * @param {string} root
 * @param {number} most
 */
async function videosIn(root, most) {
  const chosen = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const names = (await readdir(join(root, entry.name))).filter((name) => {
      const group = /_g(\d\d)_/.exec(name)?.[1];
      return group === undefined || Number(group) >= firstTrainingGroup;
    });
    names.sort();
    const n = Math.min(most, names.length);
    const spread = names.filter(
      (_, i) => Math.floor((i * n) / names.length) !== Math.floor(((i - 1) * n) / names.length),
    );
    chosen.push(...spread.map((name) => join(root, entry.name, name)));
  }
  return chosen;
}
