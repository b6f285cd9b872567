import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import {
  type LabelResult,
  label,
  labelByQueue,
  type Model,
  openDataset,
  openModel,
  runQueueWorker,
  type SubmitOptions,
  train,
} from "muybridge";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProgramResult, program, runProgram } from "../../cli/run-program.js";
import { slowVideo } from "../../cli/slow-video.js";
import { sharedDirectory } from "../../frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "../growing-squares.js";
import { hasRedis, openRedisServer, type RedisServer } from "./redis-server.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const modelPath = join(root, "model");
const videos = join(root, "videos");
let server: RedisServer;
let model: Model;
let good: string[];
let all: string[];
let started: ChildProcess[] = [];
/** Every test has a queue of its own. */
let queues = 0;

const collect = async (results: AsyncIterable<LabelResult>): Promise<LabelResult[]> => {
  const lines: LabelResult[] = [];
  for await (const line of results) lines.push(line);
  return lines;
};

/** What must be the same wherever and however often a video was labelled. */
const judged = (line: LabelResult) =>
  "error" in line ? line : { ...line, cached: undefined, elapsedMs: undefined };

const submit = (
  paths: string[],
  options: Partial<SubmitOptions> & { readonly queue: string },
): Promise<LabelResult[]> =>
  collect(labelByQueue(paths, { model, cacheDir }, { redis: server.url, modelPath, ...options }));

/** A worker in this process, which ends with the work that is given. */
async function withWorker<T>(
  queue: string,
  work: () => Promise<T>,
  options: Partial<Parameters<typeof runQueueWorker>[0]> = {},
): Promise<T> {
  const end = new AbortController();
  const worker = runQueueWorker({
    redis: server.url,
    queue,
    models: [modelPath],
    places: { root },
    cacheDir,
    jobs: 1,
    signal: end.signal,
    ...options,
  });
  try {
    return await Promise.race([work(), worker.then(() => Promise.reject(new Error("it ended")))]);
  } finally {
    end.abort(new DOMException("enough", "AbortError"));
    await worker.catch((error: Error) => expect(error.name).toBe("AbortError"));
  }
}

/** A worker in a process of its own, once it waits for videos. */
async function startWorker(queue: string, ...more: string[]): Promise<ChildProcess> {
  const place = ["--redis", server.url, "--queue", queue, "--model", modelPath, "--root", root];
  const args = [program, "worker", ...place, "--jobs", "1", "--lock", "1", ...more];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, MUYBRIDGE_CACHE_DIR: join(root, "cold", queue) },
  });
  started.push(child);
  await new Promise<void>((resolve) => {
    child.stderr?.on("data", (text: Buffer) => {
      if (text.includes("Waiting for videos")) resolve();
    });
  });
  return child;
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once("exit", resolve));

async function withQueue<T>(name: string, work: (queue: Queue) => Promise<T>): Promise<T> {
  const connection = new Redis(server.url, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection });
  try {
    return await work(queue);
  } finally {
    await queue.close();
    connection.disconnect();
  }
}

const untilActive = (name: string): Promise<void> =>
  withQueue(name, async (queue) => {
    while ((await queue.getActiveCount()) === 0) await sleep(20);
  });

describe.skipIf(!hasRedis)("a queue in Redis", () => {
  beforeAll(async () => {
    server = await openRedisServer(root);
    await writeGrowingSquares(join(root, "training"), 3);
    const settings = { rnn: "meanpool", count: 4, epochs: 1, cacheDir } as const;
    const trained = await train(await openDataset(join(root, "training")), settings);
    await trained.save(modelPath);
    await trained.close();
    model = await openModel(modelPath);
    await mkdir(videos);
    good = ["a", "b", "c"].map((name) => join(videos, `${name}.mp4`));
    for (const path of good) await writeSquare(path, "grow", path);
    const copy = join(videos, "copy of a.mp4");
    await copyFile(good[0]!, copy);
    const text = join(videos, "text.mp4");
    await writeFile(text, "this is no video");
    all = [good[0]!, text, good[1]!, copy, join(videos, "not there.mp4"), good[2]!, good[0]!];
  });
  afterAll(async () => {
    for (const child of started) child.kill("SIGKILL");
    started = [];
    await model?.close();
    await server?.stop();
  });

  test("two submitters get the lines of label, in their orders, and share one job a content", async () => {
    const queue = `q${queues++}`;
    const expected = (await collect(label(all, { model, cacheDir }))).map(judged);
    const backwards = [...all].reverse();
    const [lines, others] = await withWorker(queue, () =>
      Promise.all([submit(all, { queue }), submit(backwards, { queue, priority: 3 })]),
    );
    expect(lines.map(judged)).toEqual(expected);
    expect(others.map(judged)).toEqual([...expected].reverse());
    // Three contents, and what is none; the file that is not there needs no worker.
    await withQueue(queue, async (jobs) => {
      expect(await jobs.getJobCounts("completed", "failed", "waiting")).toEqual({
        completed: 3,
        failed: 1,
        waiting: 0,
      });
      const [poison] = await jobs.getFailed();
      expect(poison).toMatchObject({ attemptsMade: 1 });
      expect(poison?.failedReason).toMatch(/^ERR_NOT_A_VIDEO: <video> is not a video/);
    });
    // The results are still there for a submitter that comes later, without any worker.
    expect((await submit(all, { queue })).map(judged)).toEqual(expected);
  });

  test("a job that asks for what is not allowed fails with a code, and at once", async () => {
    const queue = `q${queues++}`;
    const outside = join(sharedOutside, "a.mp4");
    await copyFile(good[0]!, outside);
    const add = (data: unknown): Promise<string | undefined> =>
      withQueue(queue, async (jobs) => {
        const job = await jobs.add("label", data, { attempts: 4 });
        while (!(await job.isFailed())) await sleep(10);
        return (await jobs.getJob(job.id!))?.failedReason;
      });
    const job = { version: 1, options: "0".repeat(16), choices: {}, video: { path: good[0]! } };
    await withWorker(queue, async () => {
      expect(await submit([outside], { queue })).toMatchObject([
        { error: { code: "ERR_USAGE", message: expect.stringContaining("--root") } },
      ]);
      const unknown = { digest: "f".repeat(64), path: modelPath };
      expect(await add({ ...job, model: unknown })).toMatch(/^ERR_MODEL_MISMATCH: .*ffff/);
      const known = { digest: model.digest, path: modelPath };
      expect(await add({ ...job, model: known })).toMatch(/^ERR_USAGE: .*same version/);
      expect(await add({ ...job, model: known, shell: "rm" })).toMatch(/^ERR_USAGE: [\s\S]*shell/);
      expect(await add("nonsense")).toMatch(/^ERR_USAGE: /);
    });
  });

  test("videos come by their addresses, too, if the worker takes those", async () => {
    const queue = `q${queues++}`;
    const web = createServer((request, response) => {
      response.end(readFileSync(join(root, decodeURIComponent(request.url ?? ""))));
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const home = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    try {
      const copy = join(videos, "copy of a.mp4");
      const [sent, named, refused] = await withWorker(
        queue,
        async () => [
          ...(await submit([copy], { queue, root, url: home })),
          ...(await submit([`${home}/videos/b.mp4`, `${home}/model/model.json`], { queue })),
        ],
        { places: { urls: [`${home}/videos/`] } },
      );
      const expected = await collect(label([copy, good[1]!], { model, cacheDir }));
      expect(judged(sent!)).toEqual(judged(expected[0]!));
      expect(judged(named!)).toEqual({ ...judged(expected[1]!), path: `${home}/videos/b.mp4` });
      expect(refused).toMatchObject({ error: { code: "ERR_USAGE" } });
    } finally {
      web.close();
    }
  });

  test("a file that is another for the worker is not labelled as the one that was meant", async () => {
    const queue = `q${queues++}`;
    const [here, there] = [join(root, "here"), join(root, "there")];
    for (const directory of [here, there]) await mkdir(directory);
    await copyFile(good[0]!, join(here, "a.mp4"));
    await copyFile(good[1]!, join(there, "a.mp4"));
    const other = submit([join(here, "a.mp4")], { queue, root: here });
    await withWorker(
      queue,
      () =>
        withQueue(queue, async (jobs) => {
          while ((await jobs.getDelayedCount()) === 0) await sleep(20);
          const [job] = await jobs.getDelayed();
          expect(job?.failedReason).toMatch(/^ERR_FILE_NOT_FOUND: <video> holds something else/);
          await copyFile(good[0]!, join(there, "a.mp4"));
        }).then(() => other),
      { places: { root: there } },
    );
    const [expected] = await collect(label([join(here, "a.mp4")], { model, cacheDir }));
    expect((await other).map(judged)).toEqual([judged(expected!)]);
  });

  test("the jobs of a killed worker, and of one that is told to end, are done by others", async () => {
    const queue = `q${queues++}`;
    const slow = join(videos, "slow.avi");
    await writeFile(slow, slowVideo(1));
    const lines = submit([slow, good[0]!], { queue });
    const killed = await startWorker(queue);
    await untilActive(queue);
    killed.kill("SIGKILL");
    await ended(killed);
    const told = await startWorker(queue, "--grace", "0");
    await untilActive(queue);
    told.kill("SIGTERM");
    expect(await ended(told)).toBe(130);
    await withWorker(queue, () => lines, { lock: 1 });
    const expected = await collect(label([slow, good[0]!], { model, cacheDir }));
    expect((await lines).map(judged)).toEqual(expected.map(judged));
  });

  test("a submitter that was killed goes on, over a Redis that was killed, too", async () => {
    const queue = `q${queues++}`;
    const out = join(root, "labels.jsonl");
    const args = ["submit", "--redis", server.url, "--queue", queue, "--model", modelPath];
    const run = (onStart?: (child: ChildProcess) => unknown): Promise<ProgramResult> =>
      runProgram([...args, ...all, "--out", out, "--resume", "--quiet"], {
        cacheDir,
        ...(onStart ? { onStart } : {}),
      });
    // The worker has only the first of them yet, so that the submitter is killed with a line written and others to come.
    await withWorker(queue, () => submit([good[0]!], { queue }));
    await run(async (child) => {
      while (!existsSync(out) || !readFileSync(out, "utf8").includes("\n")) await sleep(10);
      child.kill("SIGKILL");
    });
    const again = run();
    await server.stop("SIGKILL");
    await server.start();
    const { code } = await withWorker(queue, () => again);
    expect(code).toBe(3);
    const lines = readFileSync(out, "utf8").trim().split("\n");
    const expected = await collect(label(all, { model, cacheDir }));
    expect(lines.map((line) => judged(JSON.parse(line) as LabelResult))).toEqual(
      expected.map((line) => JSON.parse(JSON.stringify(judged(line)))),
    );
  });

  test("a worker ends by itself when there was no work for long enough", async () => {
    const queue = `q${queues++}`;
    const lines = submit([good[1]!], { queue });
    const tally = await runQueueWorker({
      redis: server.url,
      queue,
      cacheDir,
      jobs: 1,
      idleExit: 0.3,
    });
    // Without a model of its own, it takes the one that the job names.
    expect(tally).toEqual({ labelled: 1, failed: 0 });
    expect(await lines).toMatchObject([{ path: good[1], label: expect.any(String) }]);
  });
});

const sharedOutside = sharedDirectory();

test("without a server, both commands say so and what to do", async () => {
  const redis = ["--redis", "redis://:secret@127.0.0.1:1"];
  const { code, stderr } = await runProgram(["worker", ...redis], { cacheDir });
  expect(code).toBe(2);
  expect(stderr).toMatch(/ERR_USAGE: Redis at 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/);
  expect(stderr).not.toContain("secret");
});
