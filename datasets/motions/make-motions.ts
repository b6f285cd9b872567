import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import pMap from "p-map";
import { writeFileAtomically } from "../../src/core/atomic-file.js";
import { digestOf } from "../../src/core/digest.js";
import { MuybridgeError, messageOf } from "../../src/core/errors.js";
import type { LongCallOptions } from "../../src/core/progress.js";
import { motionClasses } from "./actions.js";
import { type ClipPlan, planMotions } from "./clip-plan.js";
import { renderMotionsClip } from "./render-clip.js";

/** Options of {@link makeMotions}. */
export interface MakeMotionsOptions extends LongCallOptions {
  /** Default 60. */
  readonly clipsPerClass?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Clips rendered at once. Default: one per core. */
  readonly jobs?: number;
  /** Renders a clip to a file; default: in this process. */
  readonly render?: (plan: ClipPlan, path: string, signal?: AbortSignal) => Promise<void>;
}

/** What was made. */
export interface MotionsDataset {
  readonly directory: string;
  readonly manifest: string;
  readonly clips: number;
  readonly classes: readonly string[];
  /** How many of the clips were there already. */
  readonly kept: number;
}

/** Version of the drawing; a new one draws everything anew. */
const drawingVersion = 1;

/** The file that says which data set a directory holds. */
const recordName = ".motions.json";

/**
 * Makes the motions data set: DIR/<class>/<clip>.mp4 and DIR/manifest.csv (path, label, group, split; the group
 * is the performer). The manifest is written last; an interrupted run goes on where it was. The same options
 * give the same files, byte for byte.
 *
 * @throws MuybridgeError ERR_USAGE where the directory holds anything else, or a data set of other options.
 */
export async function makeMotions(
  directory: string,
  options: MakeMotionsOptions = {},
): Promise<MotionsDataset> {
  const { clipsPerClass, seed, signal, onProgress, jobs = availableParallelism() } = options;
  const render =
    options.render ?? ((plan, path) => renderMotionsClip(plan, path, signal ? { signal } : {}));
  const plans = planMotions({
    ...(clipsPerClass === undefined ? {} : { clipsPerClass }),
    ...(seed === undefined ? {} : { seed }),
  });
  await claim(directory, digestOf({ drawingVersion, plans }));
  let done = 0;
  let kept = 0;
  await pMap(
    plans,
    async (plan) => {
      signal?.throwIfAborted();
      const path = join(directory, clipPath(plan));
      // A file gets its name when it is complete, so that one that is there is whole.
      if (await stat(path).catch(() => undefined)) kept += 1;
      else await render(plan, path, signal);
      done += 1;
      onProgress?.({ stage: "render", done, total: plans.length, unit: "clips" });
    },
    { concurrency: jobs },
  );
  const manifest = join(directory, "manifest.csv");
  const rows = plans.map((plan) => [
    clipPath(plan),
    plan.label,
    `performer ${plan.performer}`,
    plan.split,
  ]);
  await writeFileAtomically(manifest, stringify([["path", "label", "group", "split"], ...rows]));
  return { directory, manifest, clips: plans.length, classes: motionClasses, kept };
}

/** The clip's path within the data set, with forward slashes. */
function clipPath(plan: ClipPlan): string {
  return `${plan.label}/${plan.name}.mp4`;
}

/** Makes sure that the directory is new, empty, or holds this very data set. */
async function claim(directory: string, digest: string): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw new MuybridgeError("ERR_USAGE", `${directory} cannot be made: ${messageOf(error)}`, {
      path: directory,
      parameter: "out",
      cause: error,
    });
  });
  const record = join(directory, recordName);
  const known = await readFile(record, "utf8").catch(() => undefined);
  if (known !== undefined) {
    if (known.includes(digest)) return;
    throw new MuybridgeError(
      "ERR_USAGE",
      `${directory} holds a motions data set of other options or another version; choose another directory, or remove it.`,
      { path: directory, parameter: "out" },
    );
  }
  if ((await readdir(directory)).length > 0) {
    throw new MuybridgeError("ERR_USAGE", `${directory} is not empty; choose another directory.`, {
      path: directory,
      parameter: "out",
    });
  }
  await writeFileAtomically(record, `${JSON.stringify({ motions: digest })}\n`);
}
