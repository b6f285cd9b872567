import { randomUUID } from "node:crypto";
import { appendFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unlessAbsent } from "../core/store-layout.js";

/** How often a stage was asked for what the cache holds, and for what it does not. */
export interface StageCounts {
  readonly hits: number;
  readonly misses: number;
}

/**
 * The file that tells how much the cache was of use: a line of JSON a run. A line is appended in one write when a
 * run ends, which costs nothing a video and needs no lock; the counts of a run that is killed are lost.
 */
const fileName = "use.jsonl";

/** Bytes of the file above which its lines become one: some 600 runs. */
const foldAbove = 2 ** 16;

/** Adds the counts of a run. */
export async function addCounts(
  directory: string,
  counts: ReadonlyMap<string, StageCounts>,
): Promise<void> {
  if (counts.size === 0) return;
  const path = join(directory, fileName);
  const old = await unlessAbsent(stat(path));
  if (old && old.size > foldAbove) await fold(directory, path);
  await append(path, counts);
}

/** The counts of all runs, by stage. A line that is damaged counts as none. */
export async function readCounts(directory: string): Promise<Map<string, StageCounts>> {
  return sum(await readFile(join(directory, fileName), "utf8").catch(() => ""));
}

/** Forgets the counts. */
export async function forgetCounts(directory: string): Promise<void> {
  await rm(join(directory, fileName), { force: true });
}

/** Sums up the lines. The file is moved aside first, so that of several processes one alone does it. */
async function fold(directory: string, path: string): Promise<void> {
  const aside = join(directory, `use-${randomUUID()}.jsonl`);
  const moved = await unlessAbsent(rename(path, aside).then(() => true));
  if (!moved) return;
  await append(path, sum(await readFile(aside, "utf8")));
  await rm(aside, { force: true });
}

async function append(path: string, counts: ReadonlyMap<string, StageCounts>): Promise<void> {
  // The line break comes first: the line of a process that had no more space then spoils no other.
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, `\n${JSON.stringify(Object.fromEntries(counts))}`);
}

function sum(text: string): Map<string, StageCounts> {
  const all = new Map<string, StageCounts>();
  for (const line of text.split("\n")) {
    for (const [stage, counts] of Object.entries(parse(line))) {
      const { hits, misses } = counts as Partial<StageCounts>;
      if (!isCount(hits) || !isCount(misses)) continue;
      const before = all.get(stage) ?? { hits: 0, misses: 0 };
      all.set(stage, { hits: before.hits + hits, misses: before.misses + misses });
    }
  }
  return all;
}

function parse(line: string): object {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
