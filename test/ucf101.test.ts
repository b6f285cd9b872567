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
  "five classes of UCF101, official split 1: label agrees with evaluate, two seeds are above 92 %",
  async () => {
    const dataset = await openDataset(`ucf101:${join(shared, "ucf101-5class")}`, {
      lists: join(shared, "ucf101-splits"),
    });
    const accuracies: number[] = [];
    for (const seed of [1, 2]) {
      await using model = await train(dataset, { seed, cacheDir, head: "recurrent" });
      const { n, accuracy, baseline, predictions } = await evaluate(model, dataset, { cacheDir });
      expect(n).toBe(70);
      accuracies.push(accuracy);
      console.log(
        `seed ${seed}: BiLSTM ${(100 * accuracy).toFixed(1)} %, mean pool ${(100 * baseline.meanPool.accuracy).toFixed(1)} %`,
      );
      if (seed > 1) continue;
      const labels: string[] = [];
      for await (const result of label(
        predictions.map(({ path }) => path),
        { model, cacheDir },
      )) {
        labels.push((result as LabelledVideo).label);
      }
      expect(labels).toEqual(predictions.map((judged) => judged.label));
    }
    expect(Math.min(...accuracies)).toBeGreaterThanOrEqual(0.92);
    expect(accuracies.reduce((a, b) => a + b, 0) / accuracies.length).toBeGreaterThanOrEqual(0.95);
  },
  900_000,
);
