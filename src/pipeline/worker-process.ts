import type { Tinypool } from "tinypool";
import type { MemoryWatch } from "../core/memory-watch.js";
import { killTrees } from "../core/process-tree.js";

/** A child process that does one task at a time. It starts with the first one, and is replaced once it has ended. */
export interface WorkerProcess {
  /**
   * Does a task. However it fails, the process that did it is gone then, with all that it had started.
   *
   * @throws WorkerEnded; the signal's reason on abort.
   */
  run(name: string, task: unknown, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** Why a process ended under a task: it died by itself, took too long, or held too much memory. */
export type EndingKind = "died" | "timeout" | "memory";

/** The error of a task whose process ended under it. */
export class WorkerEnded extends Error {
  readonly kind: EndingKind;

  /** @param how what is known of it: "ended by SIGSEGV" */
  constructor(kind: EndingKind, how: string) {
    super(how);
    this.kind = kind;
  }
}

/** Options of {@link openWorkerProcess}. */
export interface WorkerProcessOptions {
  /** Seconds a task may take, the start of its process included. */
  readonly timeout: number;
  readonly memory: MemoryWatch;
}

/** Tasks a process does before it is replaced, so that what a damaged file leaks in native code stays bounded. */
const tasksPerProcess = 256;

/** Milliseconds a process without work is kept. */
const idleTime = 10_000;

/** Milliseconds that a killed process is waited for: one that hangs in the system's own code ends when that returns. */
const killingTime = 5000;

/**
 * How V8 collects garbage in a process: by the one thread that computes, since every core has a process of its own;
 * and with a young generation of 8 MB, in which what a video leaves behind is still found. It saves 8 % of the CPU
 * time of many short clips.
 */
const engineFlags = ["--single-threaded-gc", "--min-semi-space-size=8"];

/** A child process, as tinypool holds it. */
type PooledProcess = Tinypool["threads"][number];

/** The process at work, and how it ended. */
interface Child {
  readonly worker: PooledProcess;
  readonly pid: number;
  /** Resolves when it is gone, to how that came. */
  readonly ended: Promise<string>;
}

/**
 * Opens such a process: a tinypool of one, since of several it does not tell which of them has which task, and so
 * which is to be watched and killed.
 */
export function openWorkerProcess({ timeout, memory }: WorkerProcessOptions): WorkerProcess {
  let pool: Tinypool | undefined;
  let child: Child | undefined;
  let tasks = 0;
  const close = async (): Promise<void> => {
    const ending = pool;
    pool = undefined;
    child = undefined;
    tasks = 0;
    await ending?.destroy();
  };

  return {
    async run(name, task, signal) {
      if (tasks >= tasksPerProcess) await close();
      pool ??= await startPool();
      tasks += 1;
      const done = pool.run(task, { name });
      const [worker] = pool.threads;
      if (!worker) return done;
      if (child?.worker !== worker) child = follow(worker);
      const { pid, ended } = child;
      /** Why the process was killed, if it was. */
      let reason: unknown;
      let kill = (_why: unknown): void => {};
      const gone = new Promise<string>((resolve) => {
        void ended.then(resolve);
        kill = (why) => {
          reason ??= why;
          void killTrees([pid]);
          setTimeout(resolve, killingTime, "not to be ended").unref();
        };
      });
      const late = new WorkerEnded("timeout", `not done within ${timeout} s`);
      const timer = setTimeout(() => kill(late), timeout * 1000);
      const unwatch = memory.watch(pid, () => kill(new WorkerEnded("memory", "too large")));
      const onAbort = (): void => kill(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        // tinypool says nothing to a task whose process ends while it is still starting.
        const value = await Promise.race([done, gone.then(() => never)]);
        if (value !== never && reason === undefined) return value;
      } catch (error) {
        // What is no Error comes from the other process as plain data: it is a fault of ours, and the process lives.
        if (!(error instanceof Error)) {
          throw new Error(`A worker cannot do ${name}: ${JSON.stringify(error)}`);
        }
      } finally {
        clearTimeout(timer);
        unwatch();
        signal?.removeEventListener("abort", onAbort);
      }
      // The one waited for is the process, not the task: what comes next finds it gone.
      const how = await gone;
      void close().catch(() => undefined);
      throw reason ?? new WorkerEnded("died", how);
    },
    close,
  };
}

/** Stands for the result of a task whose process ended. */
const never = Symbol("no result");

/** Learns of a process's end, and ends one that can no longer be spoken with. */
function follow(worker: PooledProcess): Child {
  const pid = worker.threadId;
  const ended = new Promise<string>((resolve) => {
    worker.once("exit", (code: number | null, signal: NodeJS.Signals | null) =>
      resolve(signal ? `ended by ${signal}` : `ended with code ${code}`),
    );
  });
  // Its results could not come any more, and it would be waited for until the time is up.
  worker.once("disconnect", () => void killTrees([pid]));
  return { worker, pid, ended };
}

async function startPool(): Promise<Tinypool> {
  const { Tinypool } = await import("tinypool");
  const pool = new Tinypool({
    runtime: "child_process",
    filename: new URL("./worker.js", import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
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
