import { checkDataset } from "../../../../datasets/check-dataset.js";
import { compare } from "../../../pipeline/compare.js";
import { evaluate } from "../../../pipeline/evaluate.js";
import { type Model, openModel } from "../../../pipeline/model.js";
import { probeItem } from "../../../pipeline/probe-item.js";
import { openStageCache } from "../../../pipeline/stage-cache.js";
import { suggest } from "../../../pipeline/suggest.js";
import type { Ground } from "../ground.js";
import type { JobContext } from "../job-queue.js";
import type { Outcome, WorkRequest } from "../work-messages.js";
import { openServedDataset } from "./served-dataset.js";

/** Looks for what would spoil a training. */
export async function checkTask(
  { dataset: path }: Extract<WorkRequest, { kind: "check" }>,
  { files }: Ground,
  { signal, onProgress, onWarning }: JobContext,
): Promise<Outcome> {
  const dataset = await openServedDataset(files, path);
  const cache = openStageCache({ onWarning });
  try {
    const { classes, findings } = await checkDataset(dataset, {
      probe: (file) => probeItem(file, cache),
      digest: (file) => cache.contentDigest(file),
      signal,
      onProgress,
    });
    return {
      kind: "check",
      clips: dataset.items.length,
      classes: classes.map(({ label, clips }) => ({ label, clips })),
      findings: [...findings],
    };
  } finally {
    await cache.close();
  }
}

/** Judges a model by the clips that were kept for test. */
export async function evaluateTask(
  { model: id, dataset: path }: Extract<WorkRequest, { kind: "evaluate" }>,
  { files, shelf }: Ground,
  { signal, onProgress, onWarning }: JobContext,
): Promise<Outcome> {
  await using model = await openModel(await shelf.directoryOf(id));
  const dataset = await openServedDataset(files, path);
  const result = await evaluate(model, dataset, {
    split: partToJudge([model]),
    signal,
    onProgress,
    onWarning,
  });
  return {
    kind: "evaluate",
    split: result.split,
    n: result.n,
    accuracy: result.accuracy,
    interval: result.interval,
    meanPool: result.baseline.meanPool.accuracy,
    classes: [...result.classes],
    confusion: result.confusion.map((row) => [...row]),
    clips: result.predictions.map(({ path: clip, span, truth, label, confidence }) => ({
      path: clip,
      ...span,
      truth,
      label,
      confidence,
    })),
    failed: [...result.failed],
  };
}

/** Judges two models by the same clips. */
export async function compareTask(
  { a, b, dataset: path }: Extract<WorkRequest, { kind: "compare" }>,
  { files, shelf }: Ground,
  { signal, onProgress, onWarning }: JobContext,
): Promise<Outcome> {
  await using first = await openModel(await shelf.directoryOf(a));
  await using second = await openModel(await shelf.directoryOf(b));
  const dataset = await openServedDataset(files, path);
  const result = await compare(first, second, dataset, {
    split: partToJudge([first, second]),
    signal,
    onProgress,
    onWarning,
  });
  const { n, onlyA, onlyB, difference, interval, pValue } = result;
  return {
    kind: "compare",
    n,
    a: { model: a, accuracy: result.a.accuracy },
    b: { model: b, accuracy: result.b.accuracy },
    onlyA,
    onlyB,
    difference,
    interval,
    pValue,
  };
}

/** Chooses what to label next, among the videos of a folder that nobody has said anything of. */
export async function suggestTask(
  { folder, model: id, count }: Extract<WorkRequest, { kind: "suggest" }>,
  { files, shelf, corrections }: Ground,
  { signal, onProgress, onWarning }: JobContext,
): Promise<Outcome> {
  await using model = await openModel(await shelf.directoryOf(id));
  const known = new Set(corrections.all().videos.map(({ path }) => path));
  const { videos } = await files.expand([folder]);
  const open = videos.filter((path) => !known.has(path));
  const result = await suggest(open, count, { model, signal, onProgress, onWarning });
  return { kind: "suggest", videos: [...result.videos], failed: [...result.failed] };
}

/** Small data sets have no clips for test; then all there are must do, those of the training too. */
function partToJudge(models: readonly Model[]): "test" | "all" {
  return models.every(({ record }) => record.training.data.clips.test > 0) ? "test" : "all";
}
