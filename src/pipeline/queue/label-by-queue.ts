import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";
import pLimit from "p-limit";
import { MuybridgeError } from "../../core/errors.js";
import { parseImageSequence } from "../../frames/image-sequence.js";
import type { LabelInput, LabelOptions } from "../label.js";
import type { LabelResult } from "../label-result.js";
import { chooseLabelSettings, labelChoicesOf, settingsDigest } from "../label-settings.js";
import { mapVideos } from "../map-videos.js";
import { openStageCache, type StageCache } from "../stage-cache.js";
import { type AwaitedJobs, openAwaitedJobs } from "./awaited-jobs.js";
import { isLocal, readFailure } from "./job-failure.js";
import type { QueueOptions } from "./queue-options.js";
import { openRedisQueue } from "./redis-queue.js";
import { jobIdOf, type VideoJob, type VideoPlace } from "./video-job.js";

/** Options of {@link labelByQueue}. */
export interface SubmitOptions extends QueueOptions {
  /** Path of the model, for workers that have none of their own. */
  readonly modelPath: string;
  /** Directory that the workers see as their root: paths are sent as they are from there. Default: absolute paths. */
  readonly root?: string;
  /** Address under which the workers find what is under `root`. */
  readonly url?: string;
  /** From 0, the first, to 2097152. Default 0. */
  readonly priority?: number;
}

/** Jobs of a submitter in the queue at once. Bounds what stands in Redis, and keeps hundreds of processes busy. */
const mostJobs = 1000;

/** Files that are hashed at once. */
const hashedAtOnce = 4;

/**
 * Labels videos by the workers of a queue: like `label`, with the same results in the same order, one each, however
 * often a job is done. Jobs of the same content and settings are shared, also with other submitters.
 *
 * An address (http:, https:) is a video, too.
 *
 * @throws MuybridgeError ERR_USAGE for options out of range, a server that does not answer or refuses; the signal's
 * reason on abort. What is in the queue then stays there, and its results wait for the next submission.
 */
export async function* labelByQueue(
  inputs: Iterable<LabelInput> | AsyncIterable<LabelInput>,
  labelOptions: LabelOptions,
  options: SubmitOptions,
): AsyncGenerator<LabelResult, void> {
  const { model, onWarning = () => {} } = labelOptions;
  const trouble = new AbortController();
  const signal = AbortSignal.any([
    trouble.signal,
    ...(labelOptions.signal ? [labelOptions.signal] : []),
  ]);
  const task = {
    version: 1,
    model: { digest: model.digest, path: await realpath(options.modelPath) },
    options: settingsDigest(chooseLabelSettings(labelOptions, model), model),
    choices: labelChoicesOf(labelOptions),
  } as const;
  if (model.settings.kind !== "video") {
    const why = "The queue labels videos; this model is of sequences. Use muybridge label.";
    throw new MuybridgeError("ERR_USAGE", why, { parameter: "model" });
  }
  const places = await openPlaces(options);
  await using queue = await openRedisQueue({ ...options, onWarning });
  await using jobs = await openAwaitedJobs(queue, {
    priority: options.priority ?? 0,
    onWarning,
    onTrouble: (error) => trouble.abort(error),
    signal,
  });
  const cache = openStageCache({
    ...(labelOptions.cacheDir === undefined ? {} : { cacheDir: labelOptions.cacheDir }),
    onWarning,
  });
  const hashing = pLimit(hashedAtOnce);
  const total = Array.isArray(inputs) ? inputs.length : labelOptions.total;
  const outcomes = mapVideos(
    names(inputs),
    async ({ name }) => {
      const job = { ...task, ...(await hashing(() => describe(name, places, cache))) };
      signal.throwIfAborted();
      return labelledBy(jobs, job, name);
    },
    {
      stage: "label",
      concurrency: mostJobs,
      signal,
      ...(total === undefined ? {} : { total }),
      onProgress(event) {
        // What is given up is not done.
        if (!signal.aborted) labelOptions.onProgress?.(event);
      },
    },
  );
  try {
    for await (const outcome of outcomes) {
      if ("value" in outcome) yield { path: outcome.name, ...outcome.value };
      else {
        const { code, message } = outcome.error;
        yield { path: outcome.name, error: { code, message } };
      }
    }
  } finally {
    await cache.close();
  }
}

/** Waits for a video's label; of one that another submitter named otherwise, by a job of its own where that failed. */
async function labelledBy(
  jobs: AwaitedJobs,
  job: VideoJob,
  name: string,
): Promise<Omit<LabelResult & { error?: never }, "path">> {
  const shared = jobIdOf(job);
  let end = await jobs.end(shared, job);
  if ("failure" in end && isLocal(readFailure(end.failure, name)) && job.content !== undefined) {
    const theirs = await jobs.video(shared);
    if (JSON.stringify(theirs) !== JSON.stringify(job.video)) {
      end = await jobs.end(jobIdOf(job, true), job);
    }
  }
  if ("failure" in end) throw readFailure(end.failure, name);
  return { ...end.result.label, elapsedMs: end.result.elapsedMs };
}

/** How paths are told to workers. */
interface Places {
  readonly root?: string;
  readonly url?: string;
}

async function openPlaces({ root, url }: SubmitOptions): Promise<Places> {
  if (url !== undefined && root === undefined) {
    const why = "--url stands for a directory: name it by --root.";
    throw new MuybridgeError("ERR_USAGE", why, { parameter: "url" });
  }
  if (root === undefined) return {};
  const real = await realpath(root).catch((cause: unknown) => {
    throw new MuybridgeError("ERR_USAGE", `--root ${root} cannot be read.`, {
      parameter: "root",
      path: root,
      cause,
    });
  });
  return { root: real, ...(url === undefined ? {} : { url: url.replace(/\/?$/, "/") }) };
}

/** Where a video is for the workers, and what is in it. */
async function describe(
  name: string,
  places: Places,
  cache: StageCache,
): Promise<{ readonly video: VideoPlace; readonly content?: string }> {
  if (/^https?:\/\//i.test(name)) return { video: { url: name } };
  if (parseImageSequence(name)) {
    const why = `${name} is a directory of pictures, which the queue does not carry; use muybridge label.`;
    throw new MuybridgeError("ERR_USAGE", why, { path: name });
  }
  const content = await cache.contentDigest(name);
  const path = await realpath(name);
  const { root, url } = places;
  if (root === undefined) return { content, video: { path } };
  const under = relative(root, path);
  if (under === ".." || under.startsWith(`..${sep}`)) {
    throw new MuybridgeError("ERR_USAGE", `${name} is not under --root ${root}.`, { path: name });
  }
  const parts = under.split(sep);
  return url === undefined
    ? { content, video: { path: parts.join("/") } }
    : { content, video: { url: url + parts.map(encodeURIComponent).join("/") } };
}

async function* names(
  inputs: Iterable<LabelInput> | AsyncIterable<LabelInput>,
): AsyncGenerator<{ readonly name: string }, void> {
  for await (const input of inputs) {
    if (typeof input !== "string") {
      throw new MuybridgeError("ERR_USAGE", "The queue labels files and addresses, not bytes.");
    }
    yield { name: input };
  }
}
