import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import type { Tinypool } from "tinypool";
import { isAbort, MuybridgeError } from "../core/errors.js";
import type { TaskFailure, WorkerTasks } from "./worker-tasks.js";

/** Child processes that decode and compute, one task each at a time. */
export interface WorkerPool extends AsyncDisposable {
  /** Processes at most. */
  readonly jobs: number;
  /**
   * Runs a task in one of the processes. A process that dies under it is replaced and the task is tried once
   * more; one that takes longer than the pool's timeout is killed and replaced.
   *
   * @throws MuybridgeError of the task; ERR_DECODER_CRASHED, ERR_TIMEOUT; the signal's reason on abort.
   */
  run<Name extends keyof WorkerTasks>(
    name: Name,
    task: Parameters<WorkerTasks[Name]>[0],
    path: string,
    signal?: AbortSignal,
  ): Promise<Exclude<Awaited<ReturnType<WorkerTasks[Name]>>, TaskFailure>>;
  close(): Promise<void>;
}

/** Options of {@link openWorkerPool}. */
export interface WorkerPoolOptions {
  /** Processes at most. Default: one per core. */
  readonly jobs?: number;
  /** Seconds a task may take. */
  readonly timeout?: number;
}

/** Seconds a video may take where no timeout is given: enough for hours of film, an end for a decoder that hangs. */
export const defaultTimeout = 1800;

/** Tasks a process does before it is replaced, so that what a damaged file leaks in native code stays bounded. */
const tasksPerProcess = 256;

/** Milliseconds a process without work is kept. */
const idleTime = 10_000;

/**
 * How V8 collects garbage in a process: by the one thread that computes, since every core has a process of its own;
 * and with a young generation of 8 MB, in which what a video leaves behind is still found. It saves 8 % of the CPU
 * time of many short clips.
 */
const engineFlags = ["--single-threaded-gc", "--min-semi-space-size=8"];

/** Opens a pool. No process starts before the first task. */
export function openWorkerPool(options: WorkerPoolOptions = {}): WorkerPool {
  const jobs = options.jobs ?? availableParallelism();
  const timeout = options.timeout ?? defaultTimeout;
  // A slot of our own before tinypool's queue, so that a task's time starts when its process does.
  const slots = pLimit(jobs);
  let pool: Promise<Tinypool> | undefined;
  let started = 0;

  const attempt = async (
    name: string,
    task: unknown,
    path: string,
    signal?: AbortSignal,
  ): Promise<unknown> => {
    pool ??= startPool(jobs);
    const processes = await pool;
    if (++started % (tasksPerProcess * jobs) === 0) await processes.recycleWorkers();
    const limit = AbortSignal.timeout(timeout * 1000);
    const either = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      return await processes.run(task, { name, signal: either });
    } catch (error) {
      signal?.throwIfAborted();
      if (limit.aborted && isAbort(error)) {
        throw new MuybridgeError(
          "ERR_TIMEOUT",
          `${path} was not done within ${timeout} s and was given up. Raise --timeout if it is only long.`,
          { path },
        );
      }
      throw error;
    }
  };

  const close = async (): Promise<void> => {
    if (pool) await (await pool).destroy();
  };

  return {
    jobs,
    run: (name, task, path, signal) =>
      slots(async () => {
        signal?.throwIfAborted();
        let result: unknown;
        try {
          result = await attempt(name, task, path, signal).catch((error: unknown) => {
            if (!isCrash(error)) throw error;
            return attempt(name, task, path, signal);
          });
        } catch (error) {
          if (!isCrash(error)) throw error;
          throw new MuybridgeError(
            "ERR_DECODER_CRASHED",
            `The process that decoded ${path} died, twice. The file is likely damaged in a way the decoder cannot survive.`,
            { path, cause: error },
          );
        }
        if (isFailure(result)) {
          const { code, message, ...subject } = result.failure;
          throw new MuybridgeError(code, message, subject);
        }
        return result as never;
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function startPool(jobs: number): Promise<Tinypool> {
  const { Tinypool } = await import("tinypool");
  const pool = new Tinypool({
    runtime: "child_process",
    filename: new URL("./worker.js", import.meta.url).href,
    minThreads: 0,
    maxThreads: jobs,
    idleTimeout: idleTime,
    concurrentTasksPerWorker: 1,
    serialization: "advanced",
    env: process.env as Record<string, string>,
    execArgv: engineFlags,
  });
  // A process that dies while idle concerns no task; the pool replaces it when it is needed.
  pool.on("error", () => {});
  return pool;
}

/** Tinypool's message for a child process that ended under a task. */
function isCrash(error: unknown): boolean {
  return error instanceof Error && error.message === "Worker exited unexpectedly";
}

function isFailure(result: unknown): result is TaskFailure {
  return typeof result === "object" && result !== null && "failure" in result;
}
