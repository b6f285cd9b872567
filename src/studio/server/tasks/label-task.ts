import { label } from "../../../pipeline/label.js";
import { chooseLabelSettings, settingsDigest } from "../../../pipeline/label-settings.js";
import { openModel } from "../../../pipeline/model.js";
import type { Ground } from "../ground.js";
import type { JobContext } from "../job-queue.js";
import { listedResultSchema } from "../messages.js";
import type { Outcome, WorkRequest } from "../work-messages.js";

/** Labels videos; each result is kept and told as soon as it is there. */
export async function labelTask(
  { paths, model: id, window }: Extract<WorkRequest, { kind: "label" }>,
  { files, shelf, results, events }: Ground,
  { signal, onProgress, onWarning, resumed }: JobContext,
): Promise<Outcome> {
  await using model = await openModel(await shelf.directoryOf(id));
  const { videos, outside } = await files.expand(paths);
  if (outside.length > 0) {
    onWarning(`${outside.length} links lead out of the served folders and are left out.`);
  }
  // A model that labels each frame has something to say of each moment without windows.
  const track = window !== undefined || model.isPerFrame;
  const choices = {
    ...(window === undefined ? {} : { window }),
    ...(track ? { track } : {}),
  };
  const options = settingsDigest(chooseLabelSettings(choices, model), model);
  const isDone = (path: string): boolean => {
    const result = results.get(path);
    return result !== undefined && "label" in result && result.options === options;
  };
  const wanted = resumed ? videos.filter((path) => !isDone(path)) : videos;
  onProgress({ stage: "label", done: 0, total: wanted.length, failed: 0, unit: "videos" });
  let failed = 0;
  for await (const result of label(wanted, { model, ...choices, signal, onProgress, onWarning })) {
    if ("error" in result) failed += 1;
    await results.add(result);
    events.tell({ type: "result", result: listedResultSchema.parse(result) });
  }
  return { kind: "label", labelled: videos.length - failed, failed };
}
