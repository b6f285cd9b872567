import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import {
  makeOriginals,
  secret,
  writeHostileKinds,
  writeMutations,
  writeTruncated,
} from "../frames/hostile-corpus.js";
import { openLoopbackServer } from "../frames/loopback-server.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "../pipeline/growing-squares.js";
import { childrenOf, isRunning, losePipe, openFiles } from "./child-processes.js";
import { runProgram } from "./run-program.js";
import { slowVideo } from "./slow-video.js";

const root = sharedDirectory();
const model = join(root, "model");
const { port, connectionsSeen } = await openLoopbackServer();

/** A line of the output, as far as these tests look at it. */
interface Line {
  readonly path: string;
  readonly label?: string;
  readonly confidence?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

function linesOf(stdout: string): Line[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

beforeAll(async () => {
  const data = join(root, "squares");
  await writeGrowingSquares(data, 2);
  const args = ["train", data, "--out", model, "--rnn", "meanpool", "--count", "4", "--quiet"];
  expect(await runProgram(args, { cacheDir: join(root, "cache") })).toMatchObject({ code: 0 });
});

test("among hundreds of hostile files the good ones are labelled as if these were not there", async () => {
  const videos = join(root, "videos");
  const originals = await makeOriginals(join(root, "originals"));
  const hostile = [
    ...(await writeHostileKinds(join(videos, "kinds"), originals, port)),
    ...(await writeTruncated(join(videos, "cut"), originals)),
    ...(await writeMutations(join(videos, "mutated"), originals, 200)),
  ];
  const good = ["a.mp4", "kinds/m.mp4", "z.mp4"].map((name) => join(videos, name));
  for (const [i, path] of good.entries())
    await writeSquare(path, i === 1 ? "shrink" : "grow", path);

  const alone = await runProgram(["label", model, ...good], { cacheDir: join(root, "alone") });
  expect(alone.code).toBe(0);
  const all = await runProgram(["label", model, videos], { cacheDir: join(root, "among") });
  expect(all.code).toBe(3);
  const told = new Map(linesOf(all.stdout).map((line) => [line.path, line]));
  expect(told.size).toBe(hostile.length + good.length);
  for (const { path, label, confidence } of linesOf(alone.stdout)) {
    expect(told.get(path)).toMatchObject({ label, confidence });
  }
  const wrong = hostile.filter(({ path, fates }) => {
    const line = told.get(path);
    return !fates.some((fate) => fate === (line?.error?.code ?? (line && "labelled")));
  });
  expect(wrong.map(({ path, fates }) => ({ fates, line: told.get(path) }))).toEqual([]);
  expect(all.stdout + all.stderr).not.toContain(secret);
  expect(await connectionsSeen()).toBe(0);
});

/** Something that is done to a process. */
type Blow = (pid: number) => void | Promise<void>;

/** Waits for a process of the program that has a file open, and does something to it. */
async function strike(
  program: number,
  path: string,
  blow: Blow,
  spared: ReadonlySet<number> = new Set(),
): Promise<number> {
  for (;;) {
    const pid = childrenOf(program).find(
      (one) => !spared.has(one) && openFiles(one).includes(path),
    );
    if (pid !== undefined) {
      await blow(pid);
      return pid;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const signal =
  (name: NodeJS.Signals): Blow =>
  (pid) =>
    void process.kill(pid, name);

const isLinux = process.platform === "linux";
if (!isLinux)
  console.warn("SKIPPED: what a batch makes of workers that die. It takes /proc to find them.");

test.skipIf(!isLinux)(
  "a worker that dies, hangs or loses its pipe costs one video at most",
  async () => {
    const directory = join(root, "faults");
    await mkdir(directory, { recursive: true });
    const names = [
      "1",
      "2-segfault",
      "3",
      "4-once",
      "5",
      "6-killed",
      "7",
      "8-pipe",
      "9-stopped",
      "good",
    ];
    const paths = names.map((name) =>
      join(directory, `${name}.${name.length > 1 ? "avi" : "mp4"}`),
    );
    for (const [i, path] of paths.entries()) {
      if (path.endsWith(".mp4")) await writeSquare(path, "grow", path);
      else await writeFile(path, slowVideo(i));
    }
    const [, segfault, once, killed, pipe, stopped] = [0, 1, 3, 5, 7, 8].map((i) => paths[i]!);
    const struck: number[] = [];
    const { code, stdout, stderr } = await runProgram(
      ["label", model, directory, "--jobs", "2", "--timeout", "6"],
      {
        cacheDir: join(root, "faults-cache"),
        onStart: ({ pid = 0 }) => {
          const twice = async (path: string, ...blows: Blow[]): Promise<void> => {
            const spared = new Set<number>();
            for (const blow of blows) spared.add(await strike(pid, path, blow, spared));
            struck.push(...spared);
          };
          void twice(segfault!, signal("SIGSEGV"), signal("SIGSEGV"));
          void twice(once!, signal("SIGSEGV"));
          void twice(killed!, signal("SIGKILL"), signal("SIGKILL"));
          void twice(pipe!, losePipe, losePipe);
          void twice(stopped!, signal("SIGSTOP"));
        },
      },
    );
    expect(code).toBe(3);
    const told = new Map(linesOf(stdout).map((line) => [line.path, line]));
    expect(told.get(segfault!)?.error).toMatchObject({
      code: "ERR_DECODER_CRASHED",
      message: expect.stringContaining("ended by SIGSEGV, then ended by SIGSEGV"),
    });
    expect(stderr).toContain(`${once} was ended by SIGSEGV; another one tries once more`);
    expect(told.get(killed!)?.error?.message).toContain("ended by SIGKILL, then ended by SIGKILL");
    // Where the second blow comes too late, the second try has ended well.
    expect(told.get(pipe!)?.error?.code).toBe("ERR_DECODER_CRASHED");
    expect(told.get(stopped!)?.error?.code).toBe("ERR_TIMEOUT");
    const failed = [segfault, killed, pipe, stopped];
    for (const path of paths.filter((one) => !failed.includes(one))) {
      expect(told.get(path), path).toHaveProperty("label");
    }
    expect(struck).toHaveLength(8);
    expect(struck.filter(isRunning)).toEqual([]);
  },
);
