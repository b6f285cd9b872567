import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluate, type Model, openDataset, train } from "muybridge";
import { beforeAll, expect, test } from "vitest";
import { openStageCache } from "../../src/pipeline/stage-cache.js";
import { smallCnnSize, writeSmallCnn } from "../features/small-cnn.js";
import { writeNumberedClip } from "../frames/numbered-clip.js";
import { sharedDirectory } from "../frames/shared-directory.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const manifest = join(root, "set.csv");
const videos = 10;
let options: Parameters<typeof train>[1];
let model: Model;

/** Clips that grow brighter: the first half of each is dark, the second bright. */
beforeAll(async () => {
  const rows = ["path,label,start,end"];
  for (let i = 0; i < videos; i++) {
    await mkdir(join(root, "clips"), { recursive: true });
    const clip = await writeNumberedClip(root, { frames: 30 + 2 * i });
    await rename(clip, join(root, "clips", `${i}.mp4`));
    const half = (30 + 2 * i) / 20;
    rows.push(`clips/${i}.mp4,dark,0,${half}`, `clips/${i}.mp4,bright,${half},`);
  }
  await writeFile(manifest, `${rows.join("\n")}\n`);
  const cnn = join(root, "small.tflite");
  await writeFile(cnn, writeSmallCnn());
  const preprocessing = { inputSize: smallCnnSize } as const;
  options = { cnn, preprocessing, count: 4, rnn: "meanpool", cacheDir, jobs: 1 };
  model = await train(await openDataset(manifest), options);
  return () => model.close();
});

test("parts of videos are learned from and told apart, each video on one side", async () => {
  const { n, accuracy, split, predictions } = await evaluate(model, await openDataset(manifest), {
    cacheDir,
    jobs: 1,
  });
  expect(model.record.training.data.split).toBe("groups");
  expect({ accuracy, split }).toEqual({ accuracy: 1, split: "test" });
  expect(n).toBeGreaterThanOrEqual(2);
  expect(n % 2).toBe(0);
  // Both parts of each, named by their spans.
  const names = predictions.map(({ name }) => name);
  expect(names.filter((name) => name.includes("#t=0,"))).toHaveLength(n / 2);
  expect(new Set(names.map((name) => name.replace(/#.*/, ""))).size).toBe(n / 2);
});

test("the same part is computed once, another part of the same video anew", async () => {
  const entries = async (): Promise<number> =>
    (await openStageCache({ cacheDir }).use()).features?.entries ?? 0;
  const trainOn = async (seconds: number): Promise<void> => {
    const path = join(root, "other.csv");
    const rows = Array.from({ length: videos }, (_, i) => [
      `clips/${i}.mp4,dark,train,0,${seconds}`,
      `clips/${i}.mp4,bright,train,1.2,`,
    ]).flat();
    await writeFile(path, `path,label,split,start,end\n${rows.join("\n")}\n`);
    await using _ = await train(await openDataset(path), { ...options });
  };
  await trainOn(1);
  const first = await entries();
  await trainOn(1);
  expect(await entries()).toBe(first);
  await trainOn(0.8);
  expect(await entries()).toBe(first + videos);
});

test("a video of which parts were trained on is not taken for new when it is divided otherwise", async () => {
  const path = join(root, "finer.csv");
  const rows = Array.from({ length: videos }, (_, i) => `clips/${i}.mp4,dark,0,1`);
  await writeFile(path, `path,label,start,end\n${rows.join("\n")}\n`);
  const { n, split } = await evaluate(model, await openDataset(path), { cacheDir, jobs: 1 });
  expect(split).toBe("test");
  expect(n).toBe(model.record.training.data.clips.test / 2);
});

test("a part behind the end of its video is told by name, and the others are judged", async () => {
  const path = join(root, "behind.csv");
  await writeFile(path, "path,label,start,end\nclips/0.mp4,dark,0,1\nclips/0.mp4,bright,99,100\n");
  const { n, failed } = await evaluate(model, await openDataset(path), {
    cacheDir,
    jobs: 1,
    split: "all",
  });
  expect(n).toBe(1);
  expect(failed).toEqual([
    {
      path: "clips/0.mp4#t=99,100",
      error: {
        code: "ERR_DATASET_INVALID",
        message: expect.stringMatching(/#t=99,100 begins after the end.*3\.00 s/),
      },
    },
  ]);
});
