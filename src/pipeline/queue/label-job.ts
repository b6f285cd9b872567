import { MuybridgeError } from "../../core/errors.js";
import { type Labeller, openLabeller, type VideoLabel } from "../label.js";
import { chooseLabelSettings, settingsDigest } from "../label-settings.js";
import { type Model, openModel } from "../model.js";
import type { RunOptions } from "../run.js";
import { type AllowedPlaces, allowedPath } from "./allowed-places.js";
import { type DownloadLimits, withDownload } from "./download-video.js";
import type { KeptLabellers } from "./kept-labellers.js";
import type { VideoJob } from "./video-job.js";

/** What a worker labels with. */
export interface JobTools {
  /** Models by digest. Undefined: each job's own, from the path it names. */
  readonly models?: ReadonlyMap<string, Model>;
  readonly labellers: KeptLabellers;
  readonly places: AllowedPlaces;
  readonly limits: DownloadLimits;
  readonly run: RunOptions;
}

/** What a worker found out, as it stands in Redis. */
export interface JobResult {
  readonly label: VideoLabel;
  /** Milliseconds, downloading included. */
  readonly elapsedMs: number;
}

/** Most bytes of a result: it stands in Redis twice, in the job and in the stream of events. */
const largestResult = 2 ** 20;

/**
 * Labels the video of a job.
 *
 * @param onPath told the path under which the video is read, which messages of errors hold
 * @throws MuybridgeError ERR_MODEL_MISMATCH for a model that is not here; ERR_USAGE for a place that is not allowed, and
 * settings that this version understands otherwise; ERR_FILE_NOT_FOUND also where the file's content is not what the
 * submitter saw; ERR_TOO_LARGE; the decoder's; the signal's reason on abort.
 */
export async function labelJob(
  job: VideoJob,
  tools: JobTools,
  onPath: (path: string) => void,
  signal: AbortSignal,
): Promise<JobResult> {
  const began = performance.now();
  const label = await tools.labellers.use(
    job.options,
    () => openFor(job, tools),
    (labeller) =>
      withVideo(
        job,
        tools,
        async (path) => {
          onPath(path);
          await checkContent(path, job, labeller);
          return labeller.label(path, path, signal);
        },
        signal,
      ),
  );
  const result = { label, elapsedMs: Math.round((performance.now() - began) * 10) / 10 };
  const size = Buffer.byteLength(JSON.stringify(result));
  if (size > largestResult) {
    throw new MuybridgeError(
      "ERR_TOO_LARGE",
      `The result takes ${size} bytes; the queue carries ${largestResult}. Leave out --track, or use muybridge label.`,
    );
  }
  return result;
}

async function withVideo<T>(
  { video }: VideoJob,
  { places, limits }: JobTools,
  work: (path: string) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return "url" in video
    ? withDownload(video.url, places, limits, work, signal)
    : work(await allowedPath(video.path, places));
}

async function checkContent(path: string, { content }: VideoJob, { run }: Labeller): Promise<void> {
  if (content === undefined || (await run.cache.contentDigest(path)) === content) return;
  throw new MuybridgeError(
    "ERR_FILE_NOT_FOUND",
    `${path} holds something else for the worker than for the submitter: it was changed since, or is another file there.`,
    { path },
  );
}

async function openFor(job: VideoJob, { models, places, run }: JobTools): Promise<Labeller> {
  const known = models?.get(job.model.digest);
  if (models && !known) throw mismatch(job, "none of this worker's --model");
  const model = known ?? (await openModel(await allowedPath(job.model.path, places)));
  const close = async (): Promise<void> => {
    if (!known) await model.close();
  };
  try {
    if (model.digest !== job.model.digest) {
      throw mismatch(job, `another than ${job.model.path}, which has ${model.digest}`);
    }
    if (model.settings.kind !== "video") {
      throw new MuybridgeError("ERR_USAGE", "The queue labels videos; this model is of sequences.");
    }
    const options = settingsDigest(chooseLabelSettings(job.choices, model), model);
    if (options !== job.options) {
      throw new MuybridgeError(
        "ERR_USAGE",
        "The job's settings mean something else to this worker. Use the same version for worker and submit.",
        { parameter: "options" },
      );
    }
    const labeller = await openLabeller({ ...run, ...job.choices, model });
    return {
      ...labeller,
      async [Symbol.asyncDispose]() {
        await labeller[Symbol.asyncDispose]();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function mismatch({ model }: VideoJob, what: string): MuybridgeError {
  return new MuybridgeError(
    "ERR_MODEL_MISMATCH",
    `The job asks for the model ${model.digest}, which is ${what}.`,
    { parameter: "model" },
  );
}
