import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  evaluate,
  type LabelledVideo,
  type LabelOptions,
  label,
  type Model,
  openDataset,
  openModel,
  train,
} from "muybridge";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { type PatternPart, patternClasses, writePatternSet, writePatterns } from "./pattern-clips.js";

const root = sharedDirectory();
const data = join(root, "patterns");
const cacheDir = join(root, "cache");
const film = join(root, "film.mp4");
const settings = { count: 8, hidden: 16, epochs: 20, batchSize: 6, seed: 1, jobs: 2, cacheDir };
const parts: readonly PatternPart[] = (
  [
    ["checks", 3.7],
    ["rings", 2.3],
    ["stripes", 4.1],
    ["checks", 2.4],
    ["stripes", 3],
    ["rings", 4.5],
  ] as const
).map(([label, seconds], index) => ({ label, seconds, seed: `unseen ${index}` }));
const duration = 20;

beforeAll(async () => {
  await writePatternSet(data, 10);
  await writePatterns(film, parts);
});

async function labelOne(
  path: string,
  options: Partial<LabelOptions> & Pick<LabelOptions, "model">,
): Promise<LabelledVideo> {
  for await (const result of label([path], { cacheDir, jobs: 2, ...options })) {
    if ("error" in result) throw new Error(JSON.stringify(result));
    return result;
  }
  throw new Error("There is no result.");
}

/** Part of the film whose label is the true one. */
function frameAccuracy({ segments }: LabelledVideo): number {
  let right = 0;
  let from = 0;
  for (const { label, seconds } of parts) {
    for (const segment of segments) {
      if (segment.label !== label) continue;
      right += Math.max(0, Math.min(segment.end, from + seconds) - Math.max(segment.start, from));
    }
    from += seconds;
  }
  return right / from;
}

/** Times at which one part follows another. */
function cuts(): number[] {
  let time = 0;
  return parts.slice(0, -1).map(({ seconds }) => {
    time += seconds;
    return time;
  });
}

test("x", async () => {
  for (const output of ["last", "sequence"] as const) {
  await using model = await train(await openDataset(data), {...settings, output});
  for (const [window, st] of [[1,.5], [1, 0.25], [2, 0.5],[2,.25], [undefined, undefined]]) {
    if (!window && output === "last") continue;
  const result = await labelOne(film, { model, ...(window ? {window, stride: st!} : {}) });
  console.log(window, st, frameAccuracy(result), cuts(), result.label, result.confidence, JSON.stringify(result.segments), result.cached, result.frames, result.elapsedMs, model.record.validation);
  }}
});
