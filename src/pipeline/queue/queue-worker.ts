import { availableParallelism } from "node:os";
import type { Job } from "bullmq";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { type Model, openModel } from "../model.js";
import type { RunOptions } from "../run.js";
import { defaultTimeout } from "../worker-pool.js";
import type { AllowedPlaces } from "./allowed-places.js";
import { failureOf, failureText, videoName } from "./job-failure.js";
import { openKeptLabellers } from "./kept-labellers.js";
import { type JobTools, labelJob } from "./label-job.js";
import type { QueueOptions } from "./queue-options.js";
import { openRedisQueue } from "./redis-queue.js";
import { parseVideoJob, type VideoJob } from "./video-job.js";

/** Options of {@link runQueueWorker}. */
export interface QueueWorkerOptions extends QueueOptions, RunOptions {
  /** Directories of the models it labels with. Default: each job's own, from the path the job names. */
  readonly models?: readonly string[];
  readonly places?: AllowedPlaces;
  /** Bytes of a download. Default 2 GiB. */
  readonly maxDownload?: number;
  /** Seconds of silence after which another worker takes this one's jobs. Default 30. */
  readonly lock?: number;
  /** Seconds that running jobs may go on for after the signal aborts; then they are handed back. Default 20. */
  readonly grace?: number;
  /** Ends after so many seconds without a job. Default: only when the signal aborts. */
  readonly idleExit?: number;
  /** Told once it takes jobs. */
  readonly onReady?: () => void;
  /** Told of each video that failed for good, or for now. */
  readonly onFailure?: (message: string) => void;
}

/** What a worker has done. */
export interface WorkerTally {
  readonly labelled: number;
  readonly failed: number;
}

/** Seconds, of {@link QueueWorkerOptions.lock}. */
const defaultLock = 30;

/** Seconds: Kubernetes kills a pod 30 s after it has asked it to end. */
const defaultGrace = 20;

/** Seconds that handing back may take. */
const patience = 8;

/** How often a job may be taken from workers that fell silent: machines that are reclaimed must not fail it soon. */
const mostStalls = 5;

/** Jobs beyond one a process, so that none waits for the next one to come from Redis. */
const spareJobs = 1;

/**
 * Takes jobs and labels their videos until it is told to end.
 *
 * Decoding and the CNN run in child processes, as those of `label` do, so that this process is always free to renew
 * its jobs' locks: BullMQ's sandboxed processors would put a third process between the two.
 *
 * @returns after `idleExit`
 * @throws MuybridgeError ERR_USAGE, ERR_MODEL_INVALID; the signal's reason once it aborts, when running jobs are done
 * or handed back.
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<WorkerTally> {
  const { signal, onFailure = () => {} } = options;
  const { places = {}, lock = defaultLock, grace = defaultGrace } = options;
  signal?.throwIfAborted();
  await using models = await openModels(options.models);
  await using labellers = openKeptLabellers();
  const tools: JobTools = {
    ...(models ? { models: models.byDigest } : {}),
    labellers,
    places,
    limits: {
      maxSize: options.maxDownload ?? 2 ** 31,
      timeout: options.timeout ?? defaultTimeout,
    },
    run: runOptions(options),
  };
  await using queue = await openRedisQueue(options);
  const handBack = new AbortController();
  const tally = { labelled: 0, failed: 0 };
  let [running, lastWork] = [0, performance.now()];
  const tell = (): void => {
    options.onProgress?.({
      stage: "work",
      done: tally.labelled + tally.failed,
      failed: tally.failed,
      unit: "videos",
    });
  };
  const processor = async (job: Job, token?: string, lost?: AbortSignal): Promise<unknown> => {
    const names: string[] = [];
    running += 1;
    try {
      const task = parseVideoJob(job.data);
      names.push(...namesOf(task));
      const stop = AbortSignal.any([handBack.signal, ...(lost ? [lost] : [])]);
      const result = await labelJob(task, tools, (path) => names.push(path), stop);
      tally.labelled += 1;
      return result;
    } catch (error) {
      if (handBack.signal.aborted) {
        await job.moveToWait(token);
        throw new queue.bullmq.WaitingError();
      }
      // Another worker has it by now; nobody takes what this one says.
      if (lost?.aborted) throw error;
      const failure = failureOf(error, names);
      const text = failureText(failure);
      tally.failed += 1;
      onFailure(text.replaceAll(videoName, names[0] ?? `job ${job.id}`));
      throw failure.passing ? new Error(text) : new queue.bullmq.UnrecoverableError(text);
    } finally {
      running -= 1;
      lastWork = performance.now();
      tell();
    }
  };
  const worker = new queue.bullmq.Worker(queue.name, processor, {
    connection: queue.connection,
    concurrency: (options.jobs ?? availableParallelism()) + spareJobs,
    lockDuration: lock * 1000,
    stalledInterval: lock * 1000,
    maxStalledCount: mostStalls,
  });
  worker.on("error", (error) => {
    if (!queue.isPassing(error)) options.onWarning?.(`The queue says: ${messageOf(error)}`);
  });
  // What is lost is not worth its time.
  worker.on("lockRenewalFailed", (ids) => {
    for (const id of ids) worker.cancelJob(id, "lock lost");
  });
  try {
    await worker.waitUntilReady();
    options.onReady?.();
    await untilEnd(() => (running > 0 ? 0 : performance.now() - lastWork), options);
  } finally {
    const timers = [
      setTimeout(() => handBack.abort(), grace * 1000),
      // Where Redis is away, nothing can be handed back; the locks will run out.
      setTimeout(() => queue.connection.disconnect(), (grace + patience) * 1000),
    ];
    await worker.close().finally(() => timers.forEach(clearTimeout));
  }
  signal?.throwIfAborted();
  return tally;
}

/** What a video may be called in a message, beside the path it is read at. */
function namesOf({ video }: VideoJob): string[] {
  return ["url" in video ? video.url : video.path];
}

/** The models a worker stays with. */
interface OpenModels extends AsyncDisposable {
  readonly byDigest: ReadonlyMap<string, Model>;
}

async function openModels(directories?: readonly string[]): Promise<OpenModels | undefined> {
  if (!directories) return undefined;
  const byDigest = new Map<string, Model>();
  const close = async (): Promise<void> => {
    for (const model of byDigest.values()) await model.close();
  };
  try {
    for (const directory of directories) {
      const model = await openModel(directory);
      await byDigest.get(model.digest)?.close();
      byDigest.set(model.digest, model);
      if (model.settings.kind !== "video") {
        const why = `${directory} is a model of sequences; the queue labels videos.`;
        throw new MuybridgeError("ERR_USAGE", why, { parameter: "model", path: directory });
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { byDigest, [Symbol.asyncDispose]: close };
}

/** Those of each job's run. The run outlives the signal: a job under way may go on for a while. */
function runOptions({ jobs, timeout, maxMemory, cacheDir, ...rest }: RunOptions): RunOptions {
  const { cacheFrames, device, onWarning } = rest;
  return {
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(cacheFrames === undefined ? {} : { cacheFrames }),
    ...(device === undefined ? {} : { device }),
    ...(onWarning === undefined ? {} : { onWarning }),
  };
}

/** Resolves when the signal aborts, or when there was no work for long enough. */
function untilEnd(idleTime: () => number, { signal, idleExit }: QueueWorkerOptions): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (idleExit !== undefined && idleTime() >= idleExit * 1000) end();
    };
    const timer = setInterval(look, 250);
    const end = (): void => {
      clearInterval(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
  });
}
