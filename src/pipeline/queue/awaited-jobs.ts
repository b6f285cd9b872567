import type { Job, JobsOptions } from "bullmq";
import { z } from "zod";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { isLasting } from "./job-failure.js";
import type { JobResult } from "./label-job.js";
import type { RedisQueue } from "./redis-queue.js";
import type { VideoJob } from "./video-job.js";

/** How a job ended: its result, or the text of its failure. */
export type JobEnd = { readonly result: JobResult } | { readonly failure: string };

/** Jobs whose ends are waited for. Whoever opens it closes it. */
export interface AwaitedJobs extends AsyncDisposable {
  /**
   * Adds a job, unless it is in the queue already, and waits for its end. Who asks for the same joins.
   *
   * @throws the signal's reason; MuybridgeError ERR_USAGE where Redis refuses to go on.
   */
  end(id: string, job: VideoJob): Promise<JobEnd>;
  /** The video that a job of the queue is for, which another submitter may have added. */
  video(id: string): Promise<VideoJob["video"] | undefined>;
}

/** Options of {@link openAwaitedJobs}. */
export interface AwaitedJobsOptions {
  /** From 0, the first, to 2097152. */
  readonly priority: number;
  readonly onWarning: (message: string) => void;
  /** Told of what no later try will mend. */
  readonly onTrouble: (error: Error) => void;
  /** Ends all waiting; the jobs stay in the queue. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks at all jobs that are waited for: events may be missed while Redis is away. */
const sweepInterval = 5000;

/** Jobs that are looked at in one go. */
const sweepSize = 100;

/** Milliseconds without any end after which it is looked whether there are workers at all. */
const quietTime = 15_000;

/** Most events that Redis keeps; each of a finished job holds its result. */
const mostEvents = 2000;

/** How jobs are tried and kept. Results wait a day for a submitter that is started again. */
const jobOptions = {
  attempts: 4,
  // 2, 4 and 8 seconds.
  backoff: { type: "exponential", delay: 2000 },
  removeOnComplete: { age: 86_400, count: 200_000 },
  removeOnFail: { age: 7 * 86_400, count: 20_000 },
  stackTraceLimit: 0,
} satisfies JobsOptions;

/** What is looked at of a result; the rest is what a worker of this version writes. */
const resultSchema = z.looseObject({
  label: z.looseObject({
    label: z.string(),
    confidence: z.number(),
    top: z.array(z.looseObject({ label: z.string(), confidence: z.number() })),
    segments: z.array(z.looseObject({ start: z.number(), end: z.number(), label: z.string() })),
    duration: z.number(),
    frames: z.number(),
    model: z.string(),
    options: z.string(),
  }),
  elapsedMs: z.number(),
});

interface Waiting {
  readonly job: VideoJob;
  readonly promise: Promise<JobEnd>;
  readonly settle: (end: JobEnd) => void;
  readonly fail: (reason: unknown) => void;
}

/** Opens them on a queue. */
export async function openAwaitedJobs(
  redis: RedisQueue,
  { priority, onWarning, onTrouble, signal }: AwaitedJobsOptions,
): Promise<AwaitedJobs> {
  const { Queue, QueueEvents } = redis.bullmq;
  const { connection } = redis;
  const queue = new Queue(redis.name, {
    connection,
    streams: { events: { maxLen: mostEvents } },
  });
  const events = new QueueEvents(redis.name, { connection });
  const waiting = new Map<string, Waiting>();
  let lastEnd = performance.now();
  let told = false;
  const settle = (id: string, end: JobEnd): void => {
    lastEnd = performance.now();
    waiting.get(id)?.settle(end);
    waiting.delete(id);
  };
  const complete = (id: string, value: unknown): void => {
    const one = waiting.get(id);
    if (!one) return;
    const parsed = resultSchema.safeParse(value);
    if (parsed.success && parsed.data.label.options === one.job.options) {
      settle(id, { result: value as JobResult });
      return;
    }
    const why = `The result of the job ${id} is none of this version of Muybridge. Use the same version for worker and submit.`;
    onTrouble(new MuybridgeError("ERR_USAGE", why, { parameter: "redis" }));
  };
  const add = async (id: string, job: VideoJob): Promise<void> => {
    const limits = { jobId: id, ...(priority > 0 ? { priority } : {}) };
    await queue.add("label", job, { ...jobOptions, ...limits });
  };
  /** Settles a job that has ended, and adds one that is not there. */
  const look = async (id: string, isNew: boolean): Promise<void> => {
    const one = waiting.get(id);
    const job = await queue.getJob(id);
    if (!one || !waiting.has(id)) return;
    if (!job) return add(id, one.job);
    if (job.finishedOn === undefined) return;
    if (!isFailed(job)) return complete(id, job.returnvalue);
    // Of an earlier submission; what was wrong may have been mended.
    if (isNew && !isLasting(job.failedReason)) return retry(job);
    settle(id, { failure: job.failedReason });
  };
  const sweep = async (): Promise<void> => {
    const ids = [...waiting.keys()];
    for (let from = 0; from < ids.length; from += sweepSize) {
      await Promise.all(ids.slice(from, from + sweepSize).map((id) => look(id, false)));
    }
    if (told || ids.length === 0 || performance.now() - lastEnd < quietTime) return;
    if ((await queue.getWorkersCount()) > 0) return;
    told = true;
    onWarning(`No worker is at the queue ${redis.name}; waiting for one (muybridge worker).`);
  };
  const onError = (error: Error): void => {
    if (!redis.isPassing(error)) onWarning(`The queue says: ${messageOf(error)}`);
  };
  queue.on("error", onError);
  events.on("error", onError);
  events.on("completed", ({ jobId, returnvalue }) => complete(jobId, returnvalue));
  events.on("failed", ({ jobId, failedReason }) => settle(jobId, { failure: failedReason }));
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  const giveUp = (): void => {
    for (const { fail } of waiting.values()) fail(signal.reason);
    waiting.clear();
  };
  signal.addEventListener("abort", giveUp, { once: true });
  let sweeping: Promise<void> | undefined;
  const timer = setInterval(() => {
    sweeping ??= sweep()
      .catch((error: Error) => {
        if (!redis.isPassing(error)) onTrouble(refused(error));
      })
      .finally(() => {
        sweeping = undefined;
      });
  }, sweepInterval);
  return {
    async end(id, job) {
      const twin = waiting.get(id);
      if (twin) return twin.promise;
      signal.throwIfAborted();
      const one = { job, ...openEnd() };
      waiting.set(id, one);
      try {
        await look(id, true);
      } catch (error) {
        // The next sweep tries again.
        if (!redis.isPassing(error)) onTrouble(refused(error));
      }
      return one.promise;
    },
    async video(id) {
      return ((await queue.getJob(id))?.data as VideoJob | undefined)?.video;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      signal.removeEventListener("abort", giveUp);
      connection.disconnect();
      await Promise.allSettled([sweeping, events.close(), queue.close()]);
    },
  };
}

function isFailed({ failedReason, returnvalue }: Job): boolean {
  return failedReason !== undefined && failedReason !== "" && !returnvalue;
}

/** Once more from the beginning; another submitter may have done it already. */
async function retry(job: Job): Promise<void> {
  const options = { resetAttemptsMade: true, resetAttemptsStarted: true };
  await job.retry("failed", options).catch(async (error: unknown) => {
    if (await job.isFailed()) throw error;
  });
}

function refused(error: unknown): Error {
  if (error instanceof MuybridgeError) return error;
  const why = `Redis refuses to go on: ${messageOf(error)}`;
  return new MuybridgeError("ERR_USAGE", why, { parameter: "redis", cause: error });
}

function openEnd(): Omit<Waiting, "job"> {
  let settle: Waiting["settle"] = () => {};
  let fail: Waiting["fail"] = () => {};
  const promise = new Promise<JobEnd>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  return { promise, settle, fail };
}
