/**
 * Fuzzes every parser of files that may come from anywhere, guided by coverage: an input that makes code run that had
 * not run before is kept, and changed further. Prints Markdown; any input that ends in something else than a result or
 * one of the parser's errors, or takes long, is written beside the work directory's other files, and the run fails.
 *
 * Run: node bench/fuzz-parsers.mjs [--seconds S] [--only NAME] [--seed N]
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCoverage } from "./fuzz/code-coverage.mjs";
import { mutate } from "./fuzz/mutate.mjs";
import { defaultWorkDirectory, describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    only: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});

/** Milliseconds after which an input counts as one that hangs. */
const longest = 5000;

/** Bytes by which the memory may grow with one input. */
const most = 2 ** 28;

/** Inputs after which there is a look at what has run; to look takes longer than to read most inputs. */
const batch = 32;

/** Most inputs that are kept of a parser. */
const maxCorpus = 2000;

// Before the modules are loaded, so that all their functions are told.
const coverage = await openCoverage((path) => path.includes("/dist/"));
const { createRandom } = await import("../dist/src/core/random.js");
const { isRefusal, parserTargets } = await import("../test/parsers/parser-targets.mjs");

const directory = await mkdtemp(join(tmpdir(), "muybridge-fuzz-"));
const found = join(options.work, "fuzz-findings");
const rows = [];
let findings = 0;
for (const target of await parserTargets(directory)) {
  if (!target.name.includes(options.only)) continue;
  const random = createRandom(`${options.seed} ${target.name}`);
  /** @type {Uint8Array[]} */
  const corpus = [];
  let runs = 0;
  let accepted = 0;
  let own = 0;
  /** @type {(file: Uint8Array) => Promise<void>} */
  const attempt = async (file) => {
    const began = performance.now();
    const memory = process.memoryUsage();
    /** @type {string | undefined} */
    let wrong;
    try {
      await target.parse(file);
      accepted += 1;
    } catch (error) {
      if (!isRefusal(error, target)) wrong = String(error instanceof Error ? error.stack : error);
    }
    runs += 1;
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.external - memory.heapUsed - memory.external;
    if (performance.now() - began > longest) wrong ??= "it took too long";
    if (grown > most) wrong ??= `it took ${grown} bytes`;
    if (wrong !== undefined) {
      findings += 1;
      own += 1;
      await mkdir(found, { recursive: true });
      const path = join(found, `${target.name.replaceAll(/\W+/g, "-")}-${own}`);
      await writeFile(path, file);
      process.stderr.write(`${target.name}: ${path}\n${wrong}\n`);
    }
  };
  /** @type {(file: Uint8Array) => Promise<void>} */
  const keepIfNew = async (file) => {
    await attempt(file);
    if ((await coverage.take(true)) && corpus.length < maxCorpus) corpus.push(file);
  };
  for (const seed of target.seeds) {
    corpus.push(seed);
    await attempt(seed);
  }
  await coverage.take(true);
  const end = performance.now() + 1000 * Number(options.seconds);
  // A parser that fails this often is broken as a whole.
  while (performance.now() < end && own < 20) {
    /** @type {Uint8Array[]} */
    const files = [];
    for (let i = 0; i < batch; i++) {
      // Those found last are furthest in.
      const recent = random.next() < 0.5 ? Math.max(0, corpus.length - 10) : 0;
      const file = corpus[random.integer(recent, corpus.length - 1)] ?? new Uint8Array(0);
      const other = corpus[random.integer(0, corpus.length - 1)] ?? file;
      let fresh = mutate(file, other, target.words, random);
      if (target.mend && random.next() < 0.5) fresh = Buffer.from(target.mend(fresh));
      files.push(fresh);
      await attempt(fresh);
    }
    if (await coverage.take(false)) for (const file of files) await keepIfNew(file);
  }
  let functions = 0;
  let known = 0;
  let reached = 0;
  let size = 0;
  for (const [path, module] of coverage.modules) {
    if (!target.modules.some((name) => path.endsWith(`/${name}`))) continue;
    functions += module.functions.size;
    known += module.known.size;
    reached += module.reached.reduce((sum, one) => sum + one, 0);
    size += module.reached.length;
  }
  rows.push([
    target.name,
    String(runs),
    String(accepted),
    String(corpus.length),
    `${functions} of ${known}`,
    `${((100 * reached) / Math.max(size, 1)).toFixed(0)} %`,
    String(own),
  ]);
  process.stderr.write(`${rows.at(-1)?.join(" | ")}\n`);
}
coverage.close();
await rm(directory, { recursive: true, force: true });
process.stdout.write(`${describeMachine()}\n\n`);
const head = ["parser", "inputs", "read", "kept", "functions reached", "code reached", "crashes"];
process.stdout.write(markdownTable(head, rows));
process.exitCode = findings > 0 ? 1 : 0;
