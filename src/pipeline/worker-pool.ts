import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { MuybridgeError } from "../core/errors.js";
import { defaultMemoryLimit, openMemoryWatch } from "../core/memory-watch.js";
import { openWorkerProcess, WorkerEnded, type WorkerProcess } from "./worker-process.js";
import type { TaskFailure, WorkerTasks } from "./worker-tasks.js";

/** Child processes that decode and compute, one task each at a time. */
export interface WorkerPool extends AsyncDisposable {
  /** Processes at most. */
  readonly jobs: number;
  /**
   * Runs a task in one of the processes. A process that dies under it is replaced and the task is tried once
   * more; one that takes longer than the pool's timeout, or more memory than its limit, is killed and replaced.
   *
   * @throws MuybridgeError of the task; ERR_DECODER_CRASHED, ERR_TIMEOUT, ERR_TOO_LARGE; the signal's reason on abort.
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
  /** Bytes of memory a process, with what it starts, may hold. Default: 4 GiB, or 80 % of a smaller machine's memory. */
  readonly maxMemory?: number;
  /** Told of a process that died under a task which is then tried once more. */
  readonly onWarning?: (message: string) => void;
}

/** Seconds a video may take where no timeout is given: enough for hours of film, an end for a decoder that hangs. */
export const defaultTimeout = 1800;

/** Opens a pool. No process starts before the first task. */
export function openWorkerPool(options: WorkerPoolOptions = {}): WorkerPool {
  const jobs = options.jobs ?? availableParallelism();
  const { timeout = defaultTimeout, maxMemory = defaultMemoryLimit() } = options;
  const { onWarning = () => {} } = options;
  const slots = pLimit(jobs);
  const memory = openMemoryWatch(maxMemory);
  const all: WorkerProcess[] = [];
  /** The last one to become idle is the first to work again: it is the likeliest to be still there. */
  const idle: WorkerProcess[] = [];
  const openAnother = (): WorkerProcess => {
    const another = openWorkerProcess({ timeout, memory });
    all.push(another);
    return another;
  };

  const refusal = (path: string, { kind, message }: WorkerEnded, before?: string): Error => {
    if (kind === "timeout") {
      const why = `${path} was not done within ${timeout} s and was given up. Raise --timeout if it is only long.`;
      return new MuybridgeError("ERR_TIMEOUT", why, { path });
    }
    if (kind === "memory") {
      const megabytes = Math.floor(maxMemory / 2 ** 20);
      const why = `The process that worked on ${path} took more than ${megabytes} MiB of memory and was ended. Raise --max-memory if the machine has more.`;
      return new MuybridgeError("ERR_TOO_LARGE", why, { path });
    }
    const why = `The process that worked on ${path} died, twice: it was ${before}, then ${message}. The file is likely damaged in a way that its reader cannot survive.`;
    return new MuybridgeError("ERR_DECODER_CRASHED", why, { path });
  };

  /** Does a task; once more where its process dies by itself, which another file or the system may be the cause of. */
  const attempt = async (
    worker: WorkerProcess,
    name: string,
    task: unknown,
    path: string,
    signal?: AbortSignal,
  ): Promise<unknown> => {
    let before: string | undefined;
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await worker.run(name, task, signal);
      } catch (error) {
        if (!(error instanceof WorkerEnded)) throw error;
        if (error.kind !== "died" || before !== undefined) throw refusal(path, error, before);
        before = error.message;
        onWarning(`The process that worked on ${path} was ${before}; another one tries once more.`);
      }
    }
  };

  const close = async (): Promise<void> => {
    await Promise.all(all.map((worker) => worker.close()));
  };

  return {
    jobs,
    run: (name, task, path, signal) =>
      slots(async () => {
        signal?.throwIfAborted();
        const worker = idle.pop() ?? openAnother();
        try {
          const result = await attempt(worker, name, task, path, signal);
          if (!isFailure(result)) return result as never;
          const { code, message, ...subject } = result.failure;
          throw new MuybridgeError(code, message, subject);
        } finally {
          idle.push(worker);
        }
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isFailure(result: unknown): result is TaskFailure {
  return typeof result === "object" && result !== null && "failure" in result;
}
