import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import pLimit from "p-limit";
import { z } from "zod";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { isAbort, MuybridgeError, messageOf } from "../../core/errors.js";
import type { ProgressEvent } from "../../core/progress.js";
import { mostKeptJobs, mostWaiting } from "./limits.js";
import { type Job, type Outcome, requestSchema, type WorkRequest } from "./work-messages.js";

/** What work is given besides its request. */
export interface JobContext {
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly onWarning: (message: string) => void;
  /** Whether somebody has ended it, so that it does not go on when the server begins again. */
  readonly isStopped: () => boolean;
  /** Whether it was begun before an end of the server. */
  readonly resumed: boolean;
}

/** Does what a request asks for. */
export type Worker = (request: WorkRequest, context: JobContext) => Promise<Outcome>;

/** Work that is asked for: one at a time, the others wait. */
export interface JobQueue {
  readonly all: () => Job[];
  /** @throws MuybridgeError ERR_USAGE where too much waits. */
  readonly add: (request: WorkRequest) => Promise<Job>;
  /** Ends it; what is done of it is kept. @throws MuybridgeError ERR_USAGE where there is no such work. */
  readonly stop: (id: string) => Promise<Job>;
  /** Ends what is under way, which goes on when the queue is opened again. */
  readonly close: () => Promise<void>;
}

/** Milliseconds between two messages about progress: more often nobody can read. */
const tellInterval = 100;

/** Warnings that are told of one job. */
const mostWarnings = 50;

/**
 * Opens the queue, and goes on with what was under way or waited when the server ended.
 *
 * @param path where that is kept
 */
export async function openJobQueue(
  path: string,
  work: Worker,
  tell: (job: Job) => void,
  onFault: (error: unknown) => void,
): Promise<JobQueue> {
  const turns = pLimit(1);
  const jobs = new Map<string, Job>();
  const controllers = new Map<string, AbortController>();
  let closing = false;
  const isOpen = ({ state }: Job): boolean => state === "waiting" || state === "running";
  let saved: Promise<unknown> = Promise.resolve();
  const save = (): Promise<unknown> => {
    const requests = [...jobs.values()].filter(isOpen).map(({ request }) => request);
    saved = saved.then(() => writeFileAtomically(path, JSON.stringify(requests))).catch(onFault);
    return saved;
  };
  const update = (id: string, change: Partial<Job>): Job => {
    const job = { ...jobs.get(id)!, ...change };
    jobs.set(id, job);
    tell(job);
    return job;
  };

  const run = async (id: string, resumed: boolean): Promise<void> => {
    const { signal } = controllers.get(id)!;
    if (signal.aborted) return;
    update(id, { state: "running" });
    let lastTold = 0;
    const onProgress = ({ note: _, figures, ...progress }: ProgressEvent): void => {
      const before = jobs.get(id)!;
      const { loss, ...others } = figures ?? {};
      const epoch =
        loss === undefined
          ? []
          : [{ stage: progress.stage, epoch: progress.done, loss, ...others }];
      const job = { ...before, progress, epochs: [...before.epochs, ...epoch] };
      jobs.set(id, job);
      const now = performance.now();
      if (now - lastTold < tellInterval && progress.done !== progress.total) return;
      lastTold = now;
      tell(job);
    };
    const onWarning = (message: string): void => {
      const { warnings } = jobs.get(id)!;
      if (warnings.length < mostWarnings) update(id, { warnings: [...warnings, message] });
    };
    try {
      const { request } = jobs.get(id)!;
      const outcome = await work(request, {
        signal,
        onProgress,
        onWarning,
        resumed,
        isStopped: () => signal.aborted && !closing,
      });
      update(id, { state: "done", outcome });
    } catch (error) {
      // What the end of the server cut off is still open when it begins again.
      if (closing) return;
      if (isAbort(error) && signal.aborted) update(id, { state: "stopped" });
      else update(id, { state: "failed", error: told(error) });
      if (!(error instanceof MuybridgeError) && !isAbort(error)) onFault(error);
    } finally {
      controllers.delete(id);
      if (!closing) await save();
    }
  };

  const enqueue = (request: WorkRequest, resumed: boolean): Job => {
    const id = randomUUID();
    const job: Job = { id, request, state: "waiting", epochs: [], warnings: [] };
    jobs.set(id, job);
    controllers.set(id, new AbortController());
    const ended = [...jobs.values()].filter((each) => !isOpen(each));
    for (const old of ended.slice(0, -mostKeptJobs)) jobs.delete(old.id);
    tell(job);
    turns(() => run(id, resumed)).catch(onFault);
    return job;
  };

  for (const request of await readRequests(path)) enqueue(request, true);
  return {
    all: () => [...jobs.values()],
    async add(request) {
      if ([...jobs.values()].filter(isOpen).length >= mostWaiting) {
        const why = `${mostWaiting} jobs wait already; stop some, or wait.`;
        throw new MuybridgeError("ERR_USAGE", why);
      }
      const job = enqueue(request, false);
      await save();
      return job;
    },
    async stop(id) {
      const job = jobs.get(id);
      if (!job) throw new MuybridgeError("ERR_USAGE", "There is no such work any more.");
      if (!isOpen(job)) return job;
      controllers.get(id)?.abort(new DOMException("Stopped", "AbortError"));
      if (job.state !== "waiting") return job;
      controllers.delete(id);
      const stopped = update(id, { state: "stopped" });
      await save();
      return stopped;
    },
    async close() {
      closing = true;
      for (const controller of controllers.values()) {
        controller.abort(new DOMException("The server ends", "AbortError"));
      }
      // Whose turn comes now finds that it is not wanted.
      await turns(() => {});
      await saved;
    },
  };
}

function told(error: unknown): { code: string; message: string } {
  if (error instanceof MuybridgeError) return { code: error.code, message: error.message };
  return { code: "ERR_BUG", message: `This is a bug in Muybridge: ${messageOf(error)}` };
}

async function readRequests(path: string): Promise<WorkRequest[]> {
  try {
    return z
      .array(requestSchema)
      .max(mostWaiting)
      .parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // There was none, or it is of another version: what it was to do is asked for again by whoever wants it.
    return [];
  }
}
