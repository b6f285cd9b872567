/**
 * What the cache does under faults, with whole programs, many times: several at once with `cache verify` and
 * `cache prune` beside them, kill -9 at random moments, flipped bits and cut files in contents and index, a disk that
 * fills up (needs root on Linux). Every features file is compared with that of an undisturbed run. Prints Markdown; ends
 * with 1 where anything was wrong.
 *
 * Run: node bench/cache-faults.mjs [--data DIR] [--clips N] [--rounds N] [--processes N] [--seed N] [--work DIR]
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRandom } from "../dist/src/core/random.js";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureProgram, program } from "./measured-command.mjs";
import { say } from "./videos.mjs";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    clips: { type: "string", default: "24" },
    rounds: { type: "string", default: "20" },
    processes: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
const rounds = Number(options.rounds);
const random = createRandom(options.seed);
const work = join(options.work, "cache-faults");
await rm(work, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const data = options.data ?? join(options.work, "few-motions");
if (!existsSync(data)) {
  say(`Rendering clips into ${data} ...`);
  const args = ["datasets", "make", "motions", "--out", data, "--clips", "3"];
  await measureProgram(args, join(options.work, "cache"));
}
const list = join(work, "clips.txt");
const videos = (await listVideoFiles(data)).slice(0, Number(options.clips));
await writeFile(list, `${videos.join("\n")}\n`);

/**
 * Runs the program to its end, or to its death.
 *
 * @param {string[]} args
 * @param {string} cache
 * @param {number} [killAfter] milliseconds
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
function run(args, cache, killAfter) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, MUYBRIDGE_CACHE_DIR: cache },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const timer =
      killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("error", reject).on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

let outs = 0;

/** @param {string} cache @param {number} [killAfter] */
async function features(cache, killAfter) {
  const out = join(work, `out-${outs++}`);
  const how = ["--count", "4", "--cache-frames", "lossless", "--jobs", "1", "--progress", "none"];
  const { code, stderr } = await run(
    ["features", `@${list}`, "--out", out, ...how],
    cache,
    killAfter,
  );
  /** @type {Map<string, string>} */
  const digests = new Map();
  const files = existsSync(out) ? await readdir(out, { recursive: true }) : [];
  for (const name of files.filter((file) => file.endsWith(".safetensors"))) {
    digests.set(
      name,
      createHash("sha256")
        .update(await readFile(join(out, name)))
        .digest("hex"),
    );
  }
  await rm(out, { recursive: true, force: true });
  return { code, stderr, digests };
}

say("An undisturbed run ...");
const clean = await features(join(work, "clean"));
if (clean.code !== 0 || clean.digests.size !== videos.length) throw new Error(clean.stderr);

/** What one kind of fault came to. */
class Account {
  runs = 0;
  compared = 0;
  wrong = 0;
  failed = 0;
  warnings = 0;
  /** @param {Awaited<ReturnType<typeof features>>} result @param {boolean} [killed] */
  add({ code, stderr, digests }, killed = false) {
    this.runs += 1;
    for (const [name, digest] of digests) {
      this.compared += 1;
      if (clean.digests.get(name) !== digest) this.wrong += 1;
    }
    this.warnings += stderr.split("\n").filter((line) => line.startsWith("warning: ")).length;
    if (!killed && (code !== 0 || digests.size !== videos.length)) {
      this.failed += 1;
      say(`A run ended with ${code}: ${stderr}`);
    }
  }
}

/** @param {string} cache @param {Account} account */
async function verify(cache, account) {
  const { code, stdout, stderr } = await run(["cache", "verify", "--json", "--quiet"], cache);
  if (code === 0) return JSON.parse(stdout);
  account.failed += 1;
  say(`verify ended with ${code}: ${stderr}`);
  return { damagedFiles: 0, lostEntries: 0, damagedLines: 0 };
}

async function atOnce() {
  const account = new Account();
  for (let round = 0; round < rounds; round++) {
    const cache = join(work, "at-once");
    let running = true;
    const keeper = (async () => {
      while (running) {
        await verify(cache, account);
        await run(["cache", "prune", "--max-size", "3MB", "--quiet"], cache);
      }
    })();
    const processes = Array.from({ length: Number(options.processes) }, () => features(cache));
    for (const result of await Promise.all(processes)) account.add(result);
    running = false;
    await keeper;
    await rm(cache, { recursive: true, force: true });
  }
  return account;
}

async function killed() {
  const account = new Account();
  const cache = join(work, "killed");
  for (let round = 0; round < rounds; round++) {
    const moments = [0, 1].map(() => random.integer(300, 4000));
    const results = await Promise.all(moments.map((moment) => features(cache, moment)));
    for (const result of results) account.add(result, true);
    const { damagedFiles } = await verify(cache, account);
    account.wrong += damagedFiles;
    if (round % 5 === 4) {
      account.add(await features(cache));
      await rm(cache, { recursive: true, force: true });
    }
  }
  return account;
}

async function damaged() {
  const account = new Account();
  const cache = join(work, "damaged");
  for (let round = 0; round < rounds; round++) {
    await cp(join(work, "clean"), cache, { recursive: true });
    const files = await readdir(cache, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      if (random.integer(0, 2) === 0) continue;
      const path = join(file.parentPath, file.name);
      const bytes = await readFile(path);
      const at = random.integer(0, Math.max(0, bytes.length - 1));
      if (random.integer(0, 3) === 0) await truncate(path, at);
      else await writeFile(path, bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.integer(0, 7))));
    }
    if (round % 2 === 1) await verify(cache, account);
    account.add(await features(cache));
    await rm(cache, { recursive: true, force: true });
  }
  return account;
}

async function full() {
  const account = new Account();
  const disk = join(work, "disk");
  await mkdir(disk);
  for (let round = 0; round < rounds; round++) {
    const size = Math.round(2 ** (14 + 10 * random.uniform(0, 1)));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk], {
        stdio: "pipe",
      });
    } catch (error) {
      say(`Skipped: a full disk. A tmpfs cannot be mounted: ${error}`);
      return account;
    }
    try {
      const cache = join(disk, "cache");
      account.add(await features(cache));
      account.add(await features(cache));
      const { damagedFiles } = await verify(cache, account);
      account.wrong += damagedFiles;
    } finally {
      await sleep(100);
      execFileSync("umount", ["-l", disk]);
    }
  }
  return account;
}

const faults = {
  [`${options.processes} programs at once, verify and prune beside them`]: atOnce,
  "kill -9 at random moments, two programs": killed,
  "flipped bits and cut files": damaged,
  "a disk of 16 kB to 16 MB": full,
};
const rows = [];
let bad = 0;
for (const [name, inject] of Object.entries(faults)) {
  say(`${name} ...`);
  const { runs, compared, wrong, failed, warnings } = await inject();
  rows.push([name, `${runs}`, `${compared}`, `${wrong}`, `${failed}`, `${warnings}`]);
  bad += wrong + failed;
}
await rm(work, { recursive: true, force: true });
process.stdout.write(`${describeMachine()}\n\n`);
const head = ["fault", "runs", "files compared", "wrong", "failed runs", "warnings"];
process.stdout.write(markdownTable(head, rows));
process.exitCode = bad > 0 ? 1 : 0;
