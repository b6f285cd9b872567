import { existsSync } from "node:fs";
import { join } from "node:path";
import { evaluate, type LabelledVideo, label, openDataset, train } from "muybridge";
import { expect, test } from "vitest";
import { sharedDirectory } from "./frames/shared-directory.js";

const shared = new URL("../../shared/data/", import.meta.url).pathname;
const present = existsSync(join(shared, "ucf101-5class"));
if (!present) {
  console.warn(
    "SKIPPED: real videos. The five UCF101 classes are not in ../shared/data/ucf101-5class.",
  );
}
const cacheDir = join(sharedDirectory(), "cache");

test.skipIf(!present)(
  "five classes of UCF101, official split 1: label agrees with evaluate, and is right of 94 % at least",
  async () => {
    const dataset = await openDataset(`ucf101:${join(shared, "ucf101-5class")}`, {
      lists: join(shared, "ucf101-splits"),
    });
    const options = { seed: 1, cacheDir, head: "recurrent", precision: "int8" } as const;
    await using model = await train(dataset, options);
    const { n, accuracy, baseline, predictions } = await evaluate(model, dataset, { cacheDir });
    console.log(
      `BiLSTM ${(100 * accuracy).toFixed(1)} %, mean pool ${(100 * baseline.meanPool.accuracy).toFixed(1)} %`,
    );
    expect(n).toBe(70);
    expect(accuracy).toBeGreaterThanOrEqual(0.94);
    const labels: string[] = [];
    for await (const result of label(
      predictions.map(({ path }) => path),
      { model, cacheDir },
    )) {
      labels.push((result as LabelledVideo).label);
    }
    expect(labels).toEqual(predictions.map((judged) => judged.label));
  },
  900_000,
);
