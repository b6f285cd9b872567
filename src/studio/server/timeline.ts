import { openModel } from "../../pipeline/model.js";
import { traceClip } from "../../pipeline/report/clip-trace.js";
import { openRun } from "../../pipeline/run.js";
import type { StudioResult, Timeline } from "./messages.js";

/** Classes that a timeline has room for. */
const shownClasses = 8;

/**
 * Probabilities over a video's time: those of its windows where it was labelled by windows; else what the model says as
 * it sees more and more of it, from features that are in the cache.
 *
 * @throws MuybridgeError of `openModel` and of the features.
 */
export async function timelineOf(
  result: Extract<StudioResult, { label: string }>,
  directory: string,
): Promise<Timeline> {
  if (result.track) return shown({ ...result.track, of: "windows" });
  await using model = await openModel(directory);
  await using run = await openRun(model.settings, { jobs: 1 });
  const { times, probabilities } = await traceClip(model, run, { path: result.path });
  return shown({
    classes: [...model.classes],
    times: [...times],
    probabilities: probabilities.map((row) => Array.from(row, (p) => Number(p.toFixed(4)))),
    of: "seen",
  });
}

/** The classes that are most likely at any time, the likeliest first. */
function shown({ classes, times, probabilities, of }: Timeline): Timeline {
  const peak = classes.map((_, c) => Math.max(...probabilities.map((row) => row[c]!)));
  const chosen = [...classes.keys()].sort((a, b) => peak[b]! - peak[a]!).slice(0, shownClasses);
  return {
    classes: chosen.map((c) => classes[c]!),
    times,
    probabilities: probabilities.map((row) => chosen.map((c) => row[c]!)),
    of,
  };
}
